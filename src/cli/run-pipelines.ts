import type { CaptureConfig, PipelineConfig, SyncConfig } from "../config/config.ts";
import { systemClock } from "../core/clock.ts";
import { asTailraceError, type TailraceError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { createLogger } from "../observe/logger.ts";
import { logStatus, streamStatus } from "../observe/status.ts";
import type { ReportedStatus } from "../observe/status-line.ts";
import type { LoadRequest } from "../pipeline/load/load-control.ts";
import type { ReloadRequests } from "../pipeline/reload-requests.ts";
import { EXIT_OK, type CliContext } from "./context.ts";
import type { OpenConfig } from "./load-location.ts";
import { exitCodeOf, printError } from "./print-error.ts";
import { Reloader } from "./reloader.ts";
import { openRunAdmin } from "./run-admin.ts";
import type { RunView } from "./run-view.ts";
import { assignStart, readStart, type RunStart } from "./start-point.ts";

/** How pipelines are run from the command line. */
export interface RunFlags {
  /** Where to begin instead of at the checkpoint, or at the group's offsets. */
  readonly from?: RunStart;
  /** The same as a time, ms since 1970, less `margin` ms. */
  readonly fromTime?: number;
  readonly margin?: number;
  readonly acceptChanges?: true;
  /** Tables that a direct pipeline loads first of all. */
  readonly loads?: readonly LoadRequest[];
  readonly json?: true | undefined;
  /** Take changes of the configuration over as they are made. Default true. */
  readonly watch?: boolean;
  /** Where a copy is kept of what a config centre gives. */
  readonly configCopy?: string | undefined;
}

/**
 * Runs the pipelines of a configuration side by side until a signal stops them, and returns the exit code. A fatal error of one stops the others, and is the one
 * that is told. Changes of the configuration are taken over meanwhile. Throws CONFIG_INVALID when the flags do not suit the pipelines.
 */
export async function runPipelines(
  open: OpenConfig,
  flags: RunFlags,
  context: CliContext,
): Promise<number> {
  const all = open.load(open.snapshot);
  const configs = open.select(all);
  const sync = all.find((config) => config.topology === "sync");
  const capture = all.find((config) => config.topology === "capture");
  const start = assignStart(readStart(flags), configs);
  const stopped = context.stopSignal();
  const failed = new AbortController();
  const signal = AbortSignal.any([stopped, failed.signal]);
  let failure: TailraceError | null = null;
  const fail = (error: unknown, logger: Logger): void => {
    const known = asTailraceError(error);
    logger.error({ error: known }, "stopped");
    failure ??= known;
    failed.abort();
  };
  const logger = loggerOf(configs);
  const reloader = new Reloader({ open, configs, logger, configCopy: flags.configCopy });
  if (open.copied !== null) {
    logger.warn(
      { err: open.copied, config: open.source.name },
      "beginning with the local copy of the configuration",
    );
  }
  const views: (RunView | undefined)[] = configs.map(() => undefined);
  await using _admin = await openRunAdmin({ configs, views, reloader, signal, logger });
  const following = follow(reloader, { watch: flags.watch !== false, signal, context }).catch(
    (error: unknown) => logger.error({ error }, "the configuration is not followed any more"),
  );
  await Promise.all(
    configs.map(async (config, index) => {
      const part = configs.length > 1 ? { part: config.topology } : {};
      const own = createLogger({ ...config.log, fields: { pipeline: config.name, ...part } });
      logStop(stopped, config, own);
      const reloads = reloader.requestsOf(index);
      const onView = (view: RunView): void => {
        views[index] = view;
      };
      const run = { signal, logger: own, flags, context, start, sync, capture, reloads, onView };
      await runOne(config, run).catch((error: unknown) => fail(error, own));
    }),
  );
  // of a run that ends by itself, without a signal
  failed.abort();
  await following;
  if (failure === null) return EXIT_OK;
  return flags.json ? printError(failure, context, true) : exitCodeOf(failure);
}

/** Keeps the first configuration, then carries out what SIGHUP and, unless told otherwise, the source ask for. */
async function follow(
  reloader: Reloader,
  options: { readonly watch: boolean; readonly signal: AbortSignal; readonly context: CliContext },
): Promise<void> {
  // a refusal is told by then
  options.context.onReloadSignal?.(() => void reloader.reload().catch(() => undefined));
  await reloader.keepFirst();
  if (options.watch) await reloader.watch(options.signal);
}

/** The logger of what concerns all pipelines of the process. */
function loggerOf(configs: readonly PipelineConfig[]): Logger {
  const [first] = configs;
  return createLogger({
    ...(first?.log ?? { level: "info" }),
    fields: { pipeline: first?.name ?? "" },
  });
}

interface RunContext {
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly flags: RunFlags;
  readonly context: CliContext;
  readonly start: ReturnType<typeof assignStart>;
  /** The half that makes documents of what a capture publishes, when that is known, whether it runs here or not. */
  readonly sync: SyncConfig | undefined;
  /** The half that publishes what a sync reads, likewise. */
  readonly capture: CaptureConfig | undefined;
  readonly reloads: ReloadRequests | undefined;
  readonly onView: (view: RunView) => void;
}

/** Runs a pipeline and reports how it is doing. Rejects with what ended it other than the signal. */
async function runOne(config: PipelineConfig, run: RunContext): Promise<void> {
  const { signal, logger, flags, start, sync, capture, reloads, onView } = run;
  const ended = new AbortController();
  let reports: Promise<unknown> | undefined;
  let read: (() => ReportedStatus) | undefined;
  try {
    // Loaded only now: the other commands start faster without it.
    const { runPipeline } = await import("../pipeline/run-pipeline.ts");
    const { readDocumentEpoch } = await import("../pipeline/capture/document-epoch.ts");
    const { releaseStaleBlocks } = await import("../pipeline/rebuild/stale-block.ts");
    if (config.topology !== "capture")
      await releaseStaleBlocks(config, { clock: systemClock, logger });
    await runPipeline(config, {
      signal,
      logger,
      from: config.topology === "sync" ? undefined : start.from,
      seekTo: config.topology === "sync" ? start.seekTo : undefined,
      acceptChanges: flags.acceptChanges,
      loads: config.topology === "direct" ? flags.loads : undefined,
      reloads,
      readKnownEpoch: sync && (() => readDocumentEpoch(sync)),
      capture,
      onReady: (view) => {
        // The pipeline is opened again after a failure that passed: the reports go on with the new one.
        read = view.status;
        onView(view);
        reports ??= report(() => (read ?? view.status)(), ended.signal, run).catch(
          (error: unknown) => {
            logger.warn({ error }, "no more status reports");
          },
        );
      },
    });
  } finally {
    ended.abort();
    await reports;
  }
}

function logStop(stopped: AbortSignal, config: PipelineConfig, logger: Logger): void {
  stopped.addEventListener("abort", () => {
    logger.info(
      { drainTimeoutMs: config.drainTimeoutMs },
      "stopping; a second signal ends at once",
    );
  });
}

/** Reports until the signal aborts. */
async function report(
  read: () => ReportedStatus,
  signal: AbortSignal,
  { logger, flags, context }: RunContext,
): Promise<void> {
  const options = { read, signal };
  const reports = [logStatus(options, logger)];
  if (flags.json) {
    reports.push(
      streamStatus(options, (line) => {
        context.print(`${JSON.stringify(line)}\n`);
      }),
    );
  }
  await Promise.all(reports);
}

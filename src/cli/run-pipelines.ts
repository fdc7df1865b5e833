import type { PipelineConfig, SyncConfig } from "../config/config.ts";
import { asTailraceError, type TailraceError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { createLogger } from "../observe/logger.ts";
import { logStatus, streamStatus } from "../observe/status.ts";
import type { ReportedStatus } from "../observe/status-line.ts";
import { EXIT_OK, type CliContext } from "./context.ts";
import { exitCodeOf, printError } from "./print-error.ts";
import { assignStart, type RunStart } from "./start-point.ts";

/** How pipelines are run from the command line. */
export interface RunFlags {
  /** Where to begin instead of at the checkpoint, or at the group's offsets. */
  readonly from?: RunStart;
  readonly acceptChanges?: true;
  readonly json?: true;
  /** The half that makes documents of what a capture publishes, when that is known, whether it runs here or not. */
  readonly sync?: SyncConfig | undefined;
}

/**
 * Runs the pipelines of a configuration side by side until a signal stops them, and returns the exit code. A fatal error of one stops the others, and is the one
 * that is told. Throws CONFIG_INVALID when the flags do not suit the pipelines.
 */
export async function runPipelines(
  configs: readonly PipelineConfig[],
  flags: RunFlags,
  context: CliContext,
): Promise<number> {
  const start = assignStart(flags.from, configs);
  const stopped = context.stopSignal();
  const failed = new AbortController();
  const signal = AbortSignal.any([stopped, failed.signal]);
  let failure: TailraceError | null = null;
  await Promise.all(
    configs.map(async (config) => {
      const part = configs.length > 1 ? { part: config.topology } : {};
      const logger = createLogger({ ...config.log, fields: { pipeline: config.name, ...part } });
      logStop(stopped, config, logger);
      try {
        await runOne(config, { signal, logger, flags, context, start });
      } catch (error) {
        const known = asTailraceError(error);
        logger.error({ error: known }, "stopped");
        failure ??= known;
        failed.abort();
      }
    }),
  );
  if (failure === null) return EXIT_OK;
  return flags.json ? printError(failure, context, true) : exitCodeOf(failure);
}

interface RunContext {
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly flags: RunFlags;
  readonly context: CliContext;
  readonly start: ReturnType<typeof assignStart>;
}

/** Runs a pipeline and reports how it is doing. Rejects with what ended it other than the signal. */
async function runOne(config: PipelineConfig, run: RunContext): Promise<void> {
  const { signal, logger, flags, start } = run;
  const { sync } = flags;
  const ended = new AbortController();
  let reports: Promise<unknown> | undefined;
  let read: (() => ReportedStatus) | undefined;
  try {
    // Loaded only now: the other commands start faster without it.
    const { runPipeline } = await import("../pipeline/run-pipeline.ts");
    const { readDocumentEpoch } = await import("../pipeline/capture/document-epoch.ts");
    await runPipeline(config, {
      signal,
      logger,
      from: config.topology === "sync" ? undefined : start.from,
      seekTo: config.topology === "sync" ? start.seekTo : undefined,
      acceptChanges: flags.acceptChanges,
      readKnownEpoch: sync && (() => readDocumentEpoch(sync)),
      onReady: (view) => {
        // The pipeline is opened again after a failure that passed: the reports go on with the new one.
        read = view.status;
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

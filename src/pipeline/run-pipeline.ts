import { Backoff } from "../core/backoff.ts";
import { systemClock } from "../core/clock.ts";
import { asTailraceError, TailraceError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { PipelineConfig } from "../config/config.ts";
import { openStages } from "./open-stages.ts";
import { pump } from "./pump.ts";
import type { ReloadRequest } from "./reload-requests.ts";
import { describeRuleChanges } from "./rule-changes.ts";
import type { RunOptions } from "./run-options.ts";
import { serveReloads, type InForce } from "./serve-reloads.ts";
import type { OpenOptions, Stages } from "./stages.ts";

/** A changed configuration whose stages do not open in this time, ms, is refused. */
const RELOAD_PATIENCE_MS = 30_000;

/**
 * Runs a pipeline until the signal aborts; resolves when it has drained. Failures that may pass are retried for ever: those of the connections inside the
 * stages, those of opening (a server that is not up yet, a failover) here. Rejects with a TailraceError that a person must deal with.
 *
 * A changed configuration that takes other stages is opened when the old ones have drained; when it cannot be, the old ones are opened again.
 */
export async function runPipeline<Config extends PipelineConfig>(
  config: Config,
  options: RunOptions<Config>,
): Promise<void> {
  try {
    // what a configuration's stages show is the status of its topology
    await run({ config }, { clock: systemClock, ...(options as unknown as RunOptions) });
  } finally {
    options.reloads?.end();
  }
}

async function run(inForce: InForce, options: RunOptions): Promise<void> {
  const clock = options.clock ?? systemClock;
  const backoff = new Backoff(clock);
  const opened: OpenOptions = { ...options, clock };
  let { from, seekTo } = options;
  let taking: Taking | null = null;
  let acceptChanges = options.acceptChanges === true;
  while (!options.signal.aborted) {
    try {
      const config: PipelineConfig = taking?.request.config ?? inForce.config;
      await using stages = await openStages(config, {
        ...opened,
        from,
        seekTo,
        acceptChanges,
      });
      // from here on the checkpoint, or the group, holds the requested start
      from = undefined;
      seekTo = undefined;
      backoff.reset();
      if (taking !== null) {
        const changes = describeRuleChanges(inForce.config.rules, config.rules);
        inForce.config = config;
        taking.request.accept({ changes, needsReload: changes.some((each) => each.needsReload) });
        taking = null;
      }
      opened.onReady?.({ status: () => stages.status() });
      const request = await runStages(stages, opened, inForce);
      if (request === null) return;
      taking = { request, untilMs: clock.now() + RELOAD_PATIENCE_MS };
      // what the change means for documents that exist is in the answer; and the way back is open when the new stages have saved a checkpoint and then failed
      acceptChanges = true;
    } catch (cause) {
      const error = asTailraceError(cause);
      if (taking !== null && (error.disposition !== "retry" || clock.now() > taking.untilMs)) {
        taking.request.refuse(error);
        taking = null;
        continue;
      }
      if (options.signal.aborted && error.disposition === "retry") break;
      // after a failover opening anew decides whether the new server can serve the checkpoint
      if (error.disposition !== "retry" && error.code !== "SOURCE_REPLACED") throw error;
      const waitMs = backoff.next();
      options.logger[backoff.failures > 5 ? "error" : "warn"](
        { err: error, retryInMs: Math.round(waitMs) },
        "the pipeline cannot run; trying again",
      );
      await clock.sleep(waitMs, options.signal);
    }
  }
  taking?.request.refuse(new TailraceError("CONFIG_RELOAD_REFUSED", "the process is stopping"));
}

/** A changed configuration whose stages are being opened. */
interface Taking {
  readonly request: ReloadRequest;
  readonly untilMs: number;
}

/**
 * Pumps until abort or failure; then drains: stop reading, let the destination finish what it took, save where to go on. One deadline for all of that, for a pump that
 * waits for a sink that stands still does not see the abort. Resolves with the reload that takes other stages, which ends these as an abort does.
 */
async function runStages(
  stages: Stages,
  { signal, logger, reloads }: RunOptions,
  inForce: InForce,
): Promise<ReloadRequest | null> {
  const { drainTimeoutMs } = inForce.config;
  const stop = new AbortController();
  const ended = new AbortController();
  let failure: TailraceError | null = null;
  const fail = (error: unknown): void => {
    failure ??= asTailraceError(error);
    stop.abort();
  };
  const late = Promise.withResolvers<"late">();
  stop.signal.addEventListener(
    "abort",
    () => {
      // a pump that waits for the source wakes up when its connection is closed
      void stages.stream[Symbol.asyncDispose]();
      void stages.clock.sleep(drainTimeoutMs, ended.signal).then(() => late.resolve("late"));
    },
    { once: true },
  );
  const onAbort = (): void => stop.abort();
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) stop.abort();
  stages.onFailure(fail);
  const saving = stages.resume.run(stop.signal).catch(fail);
  let reload: ReloadRequest | null = null;
  const serving =
    reloads &&
    serveReloads(stages, { inForce, reloads }, stop.signal).then((request) => {
      reload = request;
      if (request !== null) stop.abort();
    });
  const finish = async (): Promise<"drained"> => {
    await pump(stages, stop.signal).catch(fail);
    stop.abort();
    await saving;
    if (failure === null) await stages.destination.drain().catch(fail);
    return "drained";
  };
  try {
    const outcome = await Promise.race([finish(), late.promise]);
    if (failure === null) await saveDrained(stages, logger, { outcome, drainTimeoutMs });
    else await stages.resume.save().catch(() => undefined);
  } finally {
    ended.abort();
    signal.removeEventListener("abort", onAbort);
    stop.abort();
    await serving;
  }
  if (failure !== null) {
    (reload as ReloadRequest | null)?.refuse(failure);
    throw failure as TailraceError;
  }
  return reload;
}

async function saveDrained(
  { resume }: Stages,
  logger: Logger,
  {
    outcome,
    drainTimeoutMs,
  }: { readonly outcome: "drained" | "late"; readonly drainTimeoutMs: number },
): Promise<void> {
  await resume.save();
  if (outcome === "late")
    logger.warn(
      { ...resume.place(), drainTimeoutMs },
      "stopped before everything in flight was accepted; it will be read again",
    );
  else logger.info(resume.place(), "drained");
}

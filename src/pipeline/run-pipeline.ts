import { Backoff } from "../core/backoff.ts";
import { systemClock } from "../core/clock.ts";
import { asTailraceError, type TailraceError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { PipelineConfig } from "../config/config.ts";
import { openStages } from "./open-stages.ts";
import { pump } from "./pump.ts";
import type { RunOptions } from "./run-options.ts";
import type { OpenOptions, Stages } from "./stages.ts";

/**
 * Runs a pipeline until the signal aborts; resolves when it has drained. Failures that may pass are retried for ever: those of the connections inside the
 * stages, those of opening (a server that is not up yet, a failover) here. Rejects with a TailraceError that a person must deal with.
 */
export async function runPipeline<Config extends PipelineConfig>(
  config: Config,
  options: RunOptions<Config>,
): Promise<void> {
  const clock = options.clock ?? systemClock;
  const backoff = new Backoff(clock);
  // what a configuration's stages show is the status of its topology
  const opened: OpenOptions = { ...(options as unknown as RunOptions), clock };
  let { from, seekTo } = options;
  while (!options.signal.aborted) {
    try {
      await using stages = await openStages(config, { ...opened, from, seekTo });
      // from here on the checkpoint, or the group, holds the requested start
      from = undefined;
      seekTo = undefined;
      backoff.reset();
      opened.onReady?.({ status: () => stages.status() });
      await runStages(stages, opened, config.drainTimeoutMs);
      return;
    } catch (cause) {
      const error = asTailraceError(cause);
      if (options.signal.aborted && error.disposition === "retry") return;
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
}

/**
 * Pumps until abort or failure; then drains: stop reading, let the destination finish what it took, save where to go on. One deadline for all of that, for a pump that
 * waits for a sink that stands still does not see the abort.
 */
async function runStages(
  stages: Stages,
  { signal, logger }: RunOptions,
  drainTimeoutMs: number,
): Promise<void> {
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
  }
  if (failure !== null) throw failure as TailraceError;
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

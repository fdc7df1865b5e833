import { Backoff } from "../core/backoff.ts";
import { systemClock } from "../core/clock.ts";
import { asTailraceError, TailraceError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { PipelineConfig } from "../config/config.ts";
import { openStages } from "./open-stages.ts";
import { pump } from "./pump.ts";
import { Opening, RELOAD_PATIENCE_MS, type Taking } from "./opening.ts";
import type { ReloadRequest } from "./reload-requests.ts";
import { reloadScope } from "./reload-scope.ts";
import { describeRuleChanges } from "./rule-changes.ts";
import type { RunOptions } from "./run-options.ts";
import { serveReloads, type InForce } from "./serve-reloads.ts";
import type { Stages } from "./stages.ts";

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
  const { signal, logger, reloads } = options;
  const backoff = new Backoff(clock);
  let { from, seekTo, loads } = options;
  let taking: Taking | null = null;
  let acceptChanges = options.acceptChanges === true;
  const take = (request: ReloadRequest, wasRunning: boolean): void => {
    taking = { request, wasRunning, untilMs: clock.now() + RELOAD_PATIENCE_MS };
    // what the change means for documents that exist is in the answer; and the way back is open when the new stages have saved a checkpoint and then failed
    acceptChanges = true;
  };
  const accept = (): void => {
    if (taking === null) return;
    const { request } = taking;
    const changes = describeRuleChanges(inForce.config.rules, request.config.rules);
    inForce.config = request.config;
    taking = null;
    request.accept({ changes, needsReload: changes.some((each) => each.needsReload) });
  };
  const refuse = (error: unknown): void => {
    taking?.request.refuse(error);
    taking = null;
  };
  while (!signal.aborted) {
    const opening: Opening = new Opening({ clock, signal, reloads, taking, onBelieved: accept });
    // shown as soon as it stands by, too
    const onReady: RunOptions["onReady"] = (view) => {
      accept();
      options.onReady?.(view);
    };
    try {
      const config: PipelineConfig = (taking as Taking | null)?.request.config ?? inForce.config;
      await using stages = await openStages(config, {
        ...options,
        clock,
        signal: opening.signal,
        onReady,
        from,
        seekTo,
        loads,
        acceptChanges,
      });
      opening.end();
      // from here on the checkpoint, or the group, holds the requested start
      from = undefined;
      seekTo = undefined;
      loads = undefined;
      if (opening.isBrokenOff) throw new TailraceError("CONFIG_RELOAD_REFUSED", "broken off");
      backoff.reset();
      onReady({ status: () => stages.status(), loads: stages.loads });
      const request = await runStages(stages, options, inForce);
      if (request === null) return;
      take(request, true);
    } catch (cause) {
      const error = asTailraceError(cause);
      if (taking !== null && (error.disposition !== "retry" || opening.isBrokenOff)) {
        refuse(error);
        continue;
      }
      if (signal.aborted && error.disposition === "retry") break;
      if (!opening.isBrokenOff) {
        // after a failover opening anew decides whether the new server can serve the checkpoint
        if (error.disposition !== "retry" && error.code !== "SOURCE_REPLACED") throw error;
        const waitMs = backoff.next();
        logger[backoff.failures > 5 ? "error" : "warn"](
          { err: error, retryInMs: Math.round(waitMs) },
          "the pipeline cannot run; trying again",
        );
        await clock.sleep(waitMs, opening.signal);
      }
    } finally {
      opening.end();
    }
    // a reload came while there were no stages to ask
    const request = taking === null && opening.isBrokenOff ? await reloads?.next(signal) : null;
    if (request && isPossible(inForce.config, request)) take(request, false);
  }
  refuse(new TailraceError("CONFIG_RELOAD_REFUSED", "the process is stopping"));
}

/** Can the request be carried out by this process? It is refused when not. */
function isPossible(current: PipelineConfig, request: ReloadRequest): boolean {
  try {
    reloadScope(current, request.config);
    return true;
  } catch (error) {
    request.refuse(error);
    return false;
  }
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
    else {
      stages.noteFailure?.(failure);
      await stages.resume.save().catch(() => undefined);
    }
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

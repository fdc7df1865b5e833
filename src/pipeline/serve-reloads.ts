import { isDeepStrictEqual } from "node:util";
import type { PipelineConfig } from "../config/config.ts";
import { TailraceError } from "../core/errors.ts";
import type { ReloadRequest, ReloadRequests } from "./reload-requests.ts";
import { reloadScope } from "./reload-scope.ts";
import type { Stages } from "./stages.ts";

/** The configuration that a run goes by at the moment. */
export interface InForce {
  config: PipelineConfig;
}

/**
 * Carries out reloads while stages run, until the signal aborts. Other rules are switched to in place; a request that takes stages opened anew is returned, and not
 * answered yet.
 */
export async function serveReloads(
  stages: Stages,
  { inForce, reloads }: { readonly inForce: InForce; readonly reloads: ReloadRequests },
  signal: AbortSignal,
): Promise<ReloadRequest | null> {
  for (;;) {
    const request = await reloads.next(signal);
    if (request === null) return null;
    try {
      const scope = reloadScope(inForce.config, request.config);
      if (scope === "nothing") {
        inForce.config = request.config;
        request.accept({ changes: [], needsReload: false });
        continue;
      }
      if (stages.reloadRules === undefined) return request;
      if (scope === "stages" && !isRuleChangeOf(inForce.config, request.config)) return request;
      const answer = await unlessAborted(stages.reloadRules(request.config.rules), signal);
      // what is wrong with the rules was found out before anything is closed
      if (scope === "stages") return request;
      inForce.config = request.config;
      request.accept(answer);
    } catch (error) {
      request.refuse(error);
    }
  }
}

/** Do the rules change, of a source that stays, so that they can be checked against it? */
function isRuleChangeOf(current: PipelineConfig, next: PipelineConfig): boolean {
  return (
    isDeepStrictEqual(current.source, next.source) && !isDeepStrictEqual(current.rules, next.rules)
  );
}

/** The promise's result, or a refusal as soon as the signal aborts: stages that end may never answer. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void =>
    reject(
      new TailraceError("CONFIG_RELOAD_REFUSED", "the pipeline stopped while it switched rules"),
    );
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

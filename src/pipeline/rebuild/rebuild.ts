import type { RebuildPhase, RebuildState } from "../../core/rebuild.ts";
import type { TableLoad } from "../../core/load.ts";
import type { JsonClient } from "../../core/json-client.ts";
import { openJsonClient } from "../../sink/client.ts";
import { openSyncStateIndex } from "../../state/sync-state-elasticsearch.ts";
import { peekCheckpoint } from "../load/load-epoch.ts";
import { awaitInStep, prepareSecond, secondConfig } from "./build.ts";
import {
  openRebuildStore,
  peekRebuild,
  putState,
  type RebuildContext,
  type RebuildOptions,
} from "./context.ts";
import { type DocumentConfig, findRebuiltIndex } from "./derive-config.ts";
import { planRebuild } from "./plan-rebuild.ts";
import { putAway, undo } from "./put-away.ts";
import { DrivenPipeline } from "../driven-pipeline.ts";
import { hasIndex, impossible, readServedIndex } from "./served-index.ts";
import { swapIndices } from "./swap.ts";
import { verifyNewIndex } from "./verify-new-index.ts";
import { unblockWrites } from "./write-block.ts";

/** How a rebuild, or a rollback, ended. */
export type RebuildOutcome =
  /** The new index is served; the old one is kept or gone. */
  | {
      readonly kind: "swapped";
      readonly oldIndex: string;
      readonly newIndex: string;
      readonly isKept: boolean;
    }
  /** The index is served that was served before. */
  | { readonly kind: "rolled back"; readonly index: string }
  /** The signal came first: it goes on when it is started again. */
  | { readonly kind: "stopped"; readonly phase: RebuildPhase };

/**
 * Builds the index of a rule anew and swaps it in, or goes on with a rebuild that was interrupted. Resolves when the new index is served and the old one is put away, or when the signal
 * has aborted and everything is left as it can be resumed. Throws REBUILD_IMPOSSIBLE when nothing was begun, CONFIG_INVALID, VERIFY_DIFFERENT, and what stages throw.
 */
export async function rebuildIndex(
  config: DocumentConfig,
  ruleName: string,
  options: RebuildOptions,
): Promise<RebuildOutcome> {
  await using open = await openContext(config, ruleName, options);
  const { context } = open;
  let state = await settle(await context.store.load(), context);
  if (state?.kind === "return" && state.phase !== "kept")
    throw impossible(
      `a rollback to ${state.newIndex} is under way: finish it with --rollback first`,
    );
  if (state === null || state.phase === "kept") {
    const planned = await planRebuild(context);
    if (state !== null)
      context.logger.warn(
        { index: state.oldIndex },
        "the index that the last rebuild kept is not needed for a rollback any more: delete it",
      );
    state = await putState(context, planned, {});
    await context.onStep?.("recorded");
  }
  return await complete(state, context);
}

/**
 * Undoes a rebuild. Before the swap the new index goes away; behind it the old one, when it was kept, is brought into step and swapped back. Throws REBUILD_IMPOSSIBLE when there is nothing
 * to go back to.
 */
export async function rollBack(
  config: DocumentConfig,
  ruleName: string,
  options: RebuildOptions,
): Promise<RebuildOutcome> {
  await using open = await openContext(config, ruleName, options);
  const { context } = open;
  const { rebuilt, client } = context;
  const state = await settle(await context.store.load(), context);
  if (state === null)
    throw impossible(`there is no rebuild of ${rebuilt.name} that could be undone`);
  if (state.kind === "return" && state.phase !== "kept")
    return returned(await complete(state, context));
  if (state.phase === "building") {
    await undo(state, context);
    return { kind: "rolled back", index: state.oldIndex };
  }
  if (!state.keepOld)
    throw impossible(`${state.newIndex} is served already, and ${state.oldIndex} was not kept`);
  if (state.phase === "swapped") await complete(state, context);
  const { oldIndex, newIndex, inStep } = state;
  if (!(await hasIndex(client, oldIndex))) throw impossible(`${oldIndex} is gone`);
  if (inStep === null)
    throw impossible(
      `no pipeline kept ${oldIndex} in step when it was swapped out: nobody knows what it lacks`,
    );
  const back = await putState(context, state, {
    kind: "return",
    phase: "building",
    oldIndex: newIndex,
    newIndex: oldIndex,
    keepOld: context.keepOld,
    startedAt: new Date(context.clock.now()).toISOString(),
    swappedAt: null,
  });
  await context.onStep?.("recorded");
  return returned(await complete(back, context));
}

function returned(outcome: RebuildOutcome): RebuildOutcome {
  return outcome.kind === "swapped" ? { kind: "rolled back", index: outcome.newIndex } : outcome;
}

/** Has the second pipeline a state that was not removed yet? */
async function isBegun(config: DocumentConfig, client: JsonClient): Promise<boolean> {
  if (config.topology === "direct") return (await peekCheckpoint(config, client)) !== null;
  const { name: pipeline, state } = config;
  return (await openSyncStateIndex({ client, index: state.index, pipeline }).load()) !== null;
}

/** The rebuild of a rule's index as it is kept, with the loads of its tables; null when there is none. Looks only. Throws CONFIG_INVALID, STATE_*, BULK_*. */
export async function readRebuild(
  config: DocumentConfig,
  ruleName: string,
): Promise<{ readonly state: RebuildState; readonly loads: readonly TableLoad[] } | null> {
  const rebuilt = findRebuiltIndex(config, ruleName);
  await using client = openJsonClient(config.sink);
  const state = await peekRebuild(config, rebuilt.name, client);
  if (state === null) return null;
  const second = secondConfig(state, { config, rebuilt });
  const checkpoint = second.topology === "direct" ? await peekCheckpoint(second, client) : null;
  return { state, loads: checkpoint?.loads ?? [] };
}

interface OpenContext extends AsyncDisposable {
  readonly context: RebuildContext;
}

async function openContext(
  config: DocumentConfig,
  ruleName: string,
  options: RebuildOptions,
): Promise<OpenContext> {
  const rebuilt = findRebuiltIndex(config, ruleName);
  await using resources = new AsyncDisposableStack();
  const client = resources.use(openJsonClient(config.sink));
  const store = resources.use(await openRebuildStore(config, rebuilt.name, client));
  const held = resources.move();
  return {
    context: { ...options, config, rebuilt, client, store },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** Brings what an interruption has left to a phase that can be gone on from: writes are blocked no longer, and what the cluster has done is noted. */
async function settle(
  state: RebuildState | null,
  context: RebuildContext,
): Promise<RebuildState | null> {
  if (state === null) return null;
  const { client, clock } = context;
  if (state.phase === "undoing") {
    await undo(state, context);
    return null;
  }
  if (state.phase !== "building" && state.phase !== "swapping") return state;
  const served = await readServedIndex(client, state.name);
  if (served?.index === state.newIndex) {
    const swappedAt = new Date(clock.now()).toISOString();
    return putState(context, state, { phase: "swapped", blockedUntil: null, swappedAt });
  }
  if (served?.index !== state.oldIndex)
    throw impossible(
      `${state.name} leads to ${served?.index ?? "nothing"} now, not to ${state.oldIndex}: somebody else has changed it since the rebuild began`,
    );
  if (state.phase === "building") return state;
  await unblockWrites(client, state.oldIndex);
  return putState(context, state, { phase: "building", blockedUntil: null });
}

async function complete(first: RebuildState, context: RebuildContext): Promise<RebuildOutcome> {
  const { signal } = context;
  const state = await bringIn(first, context);
  if (state.phase !== "swapped" || signal.aborted) return { kind: "stopped", phase: state.phase };
  await putAway(state, context);
  const { oldIndex, newIndex, keepOld: isKept } = state;
  return { kind: "swapped", oldIndex, newIndex, isKept };
}

/** Fills the new index, swaps it in and fills it up to where the log ends behind that. Resolves with the state: not `swapped` when the signal came first. */
async function bringIn(state: RebuildState, context: RebuildContext): Promise<RebuildState> {
  const { client, clock, logger, capture, rebuilt, signal, onStep } = context;
  if (state.phase === "building") await prepareSecond(state, context);
  const config = secondConfig(state, context);
  const isVersioned = rebuilt.rules.every((rule) => !rule.upsert);
  if (state.phase === "swapped" && !isVersioned) return state;
  // already forgotten: it has caught up
  if (state.phase === "swapped" && !(await isBegun(config, client))) return state;
  await using second = new DrivenPipeline(config, { client, clock, logger, capture });
  let current = state;
  // one that was served before needs no look, and a swap that is tried again no second one
  let isVerified = state.kind === "return";
  while (current.phase === "building") {
    if (!(await awaitInStep(current, second, context))) return current;
    if (!isVerified) await verifyNewIndex(current, second, context);
    if (signal.aborted) return current;
    isVerified = true;
    await onStep?.("verified");
    const swapped = await swapIndices(current, second, context);
    if (swapped === null && signal.aborted) return current;
    current = swapped ?? current;
  }
  if (!isVersioned) return current;
  // what the main pipeline wrote into the old index although it was blocked, because somebody took the block away
  while (!(await second.reaches(await second.readEnd(), { signal, timeoutMs: 60_000 })))
    if (signal.aborted) return current;
  await second.stop();
  await onStep?.("caught up");
  return current;
}

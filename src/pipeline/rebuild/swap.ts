import type { SyncConfig } from "../../config/config.ts";
import { asTailraceError } from "../../core/errors.ts";
import type { InStepPlace, RebuildState } from "../../core/rebuild.ts";
import { openCluster } from "../../kafka/cluster.ts";
import { peekCheckpoint } from "../load/load-epoch.ts";
import { patiently } from "../patiently.ts";
import { putState, type RebuildContext } from "./context.ts";
import { type DrivenPipeline, readEnds } from "../driven-pipeline.ts";
import { bodyOf, impossible, readServedIndex } from "./served-index.ts";
import { swapAliases } from "./swap-aliases.ts";
import { blockWrites, unblockWrites } from "./write-block.ts";

/** Writes wait so long at most while the new index catches up, ms; then the swap is put off. */
const BLOCKED_MS = 30_000;
/** Behind this, ms, a block counts as left behind by a process that is no more. */
const LEASE_MS = 120_000;

/**
 * Swaps the served index for the new one.
 *
 *     main pipeline  ──writes──► old │ writes wait ················│ ──writes──► new
 *     second         ──writes──► new ──────────────► up to H ──────│
 *                                    block   H = log's end      aliases
 *
 * What reached the old index was in the log before, so it is at or before H, which is read behind the block: when the second pipeline has applied H, a reader finds in the new index all
 * that it found in the old one. What the main pipeline could not write it repeats under the same name until it is taken. Pipelines whose documents carry no versions are stopped before the
 * swap, for the main one may write newer values at once.
 *
 * Resolves with the new state, or null when the new index did not catch up in time: then everything is as before. Throws BULK_*, STATE_*, REBUILD_IMPOSSIBLE.
 */
export async function swapIndices(
  state: RebuildState,
  second: DrivenPipeline,
  context: RebuildContext,
): Promise<RebuildState | null> {
  const { client, clock, signal, rebuilt, onStep } = context;
  const { name, oldIndex, newIndex } = state;
  const inStep = await readInStep(context);
  await checkEpochs(second, inStep);
  const blockedUntil = new Date(clock.now() + LEASE_MS).toISOString();
  let current = await putState(context, state, { phase: "swapping", blockedUntil, inStep });
  await onStep?.("announced");
  let isSwapped = false;
  try {
    await blockWrites(client, oldIndex);
    await onStep?.("blocked");
    const end = await second.readEnd();
    if (!(await second.reaches(end, { signal, timeoutMs: BLOCKED_MS }))) return null;
    if (rebuilt.rules.some((rule) => rule.upsert)) await second.stop();
    await onStep?.("applied");
    const path = `/${encodeURIComponent(newIndex)}/_refresh`;
    bodyOf(await client.request("POST", path), path);
    // whoever took the rebuild over meanwhile has taken the block away, and perhaps the new index
    current = await putState(context, current, {});
    await swapAliases(client, { name, newIndex }).catch(async (error: unknown) => {
      // its answer may have been lost
      if ((await readServedIndex(client, name))?.index !== newIndex) throw error;
    });
    isSwapped = true;
    await onStep?.("swapped");
    const swappedAt = new Date(clock.now()).toISOString();
    return await putState(context, current, { phase: "swapped", blockedUntil: null, swappedAt });
  } finally {
    if (!isSwapped) await takeBack(current, context);
  }
}

/** Takes the block away and notes that the rebuild is where it was before the swap, unless it is somebody else's by now. What fails is told: the state then says what is left to do. */
async function takeBack(state: RebuildState, context: RebuildContext): Promise<void> {
  const { client, logger, clock } = context;
  const until = AbortSignal.timeout(10_000);
  try {
    const unblock = async (): Promise<void> => {
      // the block may be that of somebody else who has taken the rebuild over
      await putState(context, state, {});
      await unblockWrites(client, state.oldIndex);
    };
    await patiently("take the write block away", unblock, { clock, logger, signal: until });
    await putState(context, state, { phase: "building", blockedUntil: null });
  } catch (cause) {
    const error = asTailraceError(cause);
    if (error.code === "STATE_FOREIGN") return;
    logger.error(
      { err: error, index: state.oldIndex },
      "the write block could not be taken away: run tailrace rebuild again, or with --rollback",
    );
  }
}

/** Up to where the main pipeline has brought the served index. It lags behind what is written, never ahead: what lies between is written again, harmlessly. */
async function readInStep({ config, client }: RebuildContext): Promise<InStepPlace | null> {
  if (config.topology === "sync") return readCommitted(config);
  const checkpoint = await peekCheckpoint(config, client);
  return checkpoint && { kind: "checkpoint", checkpoint };
}

/** The offsets of the main pipeline's group; null when it has none in one of its partitions. */
async function readCommitted({ source }: SyncConfig): Promise<InStepPlace | null> {
  await using cluster = await openCluster(source.connection);
  const offsets: Record<string, Record<string, number>> = {};
  const ends = await readEnds(source);
  for (const { topic, partition, offset } of await cluster.committedOffsets(source.group, ends))
    (offsets[topic] ??= {})[partition] = offset;
  const isWhole = ends.every(({ topic, partition }) => offsets[topic]?.[partition] !== undefined);
  return isWhole ? { kind: "offsets", offsets } : null;
}

/** Documents whose versions are greater than those of the main pipeline would not be written by it any more. Throws REBUILD_IMPOSSIBLE. */
async function checkEpochs(second: DrivenPipeline, main: InStepPlace | null): Promise<void> {
  if (main?.kind !== "checkpoint") return;
  const { epoch } = await second.readCheckpoint();
  if (epoch > main.checkpoint.epoch)
    throw impossible(
      `versions in the new index are of epoch ${epoch}, those of the pipeline of epoch ${main.checkpoint.epoch}: the source was replaced more than once while the pipeline stood still; run it, or roll back and begin again`,
    );
}

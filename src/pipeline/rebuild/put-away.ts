import type { RebuildState } from "../../core/rebuild.ts";
import type { IndexMeta } from "../../sink/index-meta.ts";
import { forgetSecond } from "./begin-second.ts";
import { putState, type RebuildContext } from "./context.ts";
import { deriveConfig } from "./derive-config.ts";
import { readMappings } from "./index-settings.ts";
import { bodyOf, impossible, readServedIndex } from "./served-index.ts";
import { unblockWrites } from "./write-block.ts";

const GRACE_MS = 5_000;

/**
 * Behind the swap: frees the old index and keeps it, or deletes it when searches that began in it have ended; removes what the second pipeline kept. The rebuild is over when it
 * resolves, with the state that is left of it: null, or `kept`. Throws BULK_*, STATE_*.
 */
export async function putAway(
  state: RebuildState,
  context: RebuildContext,
): Promise<RebuildState | null> {
  const { client, clock, signal, store, graceMs = GRACE_MS, onStep } = context;
  const { oldIndex, newIndex, keepOld } = state;
  // one that bore the name itself went with the swap
  if (oldIndex !== state.name) {
    await unblockWrites(client, oldIndex);
    if (!keepOld) {
      await clock.sleep(graceMs, signal);
      await deleteIndex(context, oldIndex, newIndex);
    }
  }
  await adopt(context, newIndex);
  await forget(context, newIndex);
  await onStep?.("put away");
  if (keepOld) return putState(context, state, { phase: "kept" });
  await store.remove();
  return null;
}

/** Undoes a rebuild that was not swapped yet: the old index takes writes, the new one is gone, nothing is left of the rebuild. Throws BULK_*, STATE_*. */
export async function undo(state: RebuildState, context: RebuildContext): Promise<void> {
  const { client, store, onStep } = context;
  const { oldIndex, newIndex } = state;
  await putState(context, state, { phase: "undoing", blockedUntil: null });
  await unblockWrites(client, oldIndex);
  await deleteIndex(context, newIndex, oldIndex);
  await forget(context, newIndex);
  await onStep?.("put away");
  await store.remove();
}

/** Notes in an index that the main pipeline writes it, not the second one that has filled it. */
async function adopt({ config, client }: RebuildContext, index: string): Promise<void> {
  const { _meta: meta } = (await readMappings(client, index)) as { readonly _meta?: IndexMeta };
  if (meta?.tailrace === undefined) return;
  const path = `/${encodeURIComponent(index)}/_mapping`;
  const _meta = { ...meta, tailrace: { ...meta.tailrace, pipeline: config.name } };
  bodyOf(await client.request("PUT", path, { _meta }), `PUT ${path}`);
}

async function forget({ config, rebuilt, client }: RebuildContext, to: string): Promise<void> {
  await forgetSecond(deriveConfig(config, { rebuilt, to, loads: false }), client);
}

/** Deletes an index, unless it is what is served. */
async function deleteIndex(
  { client, rebuilt }: RebuildContext,
  index: string,
  served: string,
): Promise<void> {
  const now = await readServedIndex(client, rebuilt.name);
  if (now?.index === index)
    throw impossible(`${rebuilt.name} leads to ${index}, and should to ${served}`);
  const path = `/${encodeURIComponent(index)}`;
  const answer = await client.request("DELETE", path);
  if (answer.status !== 404) bodyOf(answer, `DELETE ${path}`);
}

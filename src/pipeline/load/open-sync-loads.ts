import type { SyncConfig } from "../../config/config.ts";
import type { JsonClient } from "../../core/json-client.ts";
import type { SyncStateStore } from "../../core/sync-state.ts";
import type { OpenOptions } from "../stages.ts";
import { loadRules, ownIndices } from "../rule-set.ts";
import { createLoadIndex } from "./load-journal-index.ts";
import { restoreIndices } from "./relax-index.ts";
import { SyncLoads } from "./sync-loads.ts";

/**
 * The loads of a sync as configured, which have not begun; null where tables are loaded only when asked for. Before a sync's state is first written it notes that nothing is loaded yet: a sync that has
 * run without such a note is older than loads, and all that was there counts as loaded. Throws CONFIG_INVALID, STATE_*, BULK_*.
 */
export async function openSyncLoads(
  config: SyncConfig,
  {
    store,
    client,
    ...options
  }: OpenOptions & {
    readonly store: Pick<SyncStateStore, "load">;
    readonly client: JsonClient;
  },
): Promise<SyncLoads | null> {
  const { clock, logger, capture } = options;
  const { name: pipeline, state } = config;
  const isWanted = config.load.mode === "initial";
  const loads = isWanted ? new SyncLoads(config, { capture, client, clock, logger }) : null;
  if ((await store.load()) === null)
    await createLoadIndex({ client, index: state.index, pipeline, kind: "initial-load", clock });
  // what a load that was killed has left behind; where tables are loaded, whoever does it knows better
  if (!isWanted) await restoreIndices(client, ownIndices(await loadRules(config.rules)), logger);
  return loads;
}

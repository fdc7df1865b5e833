import type { SyncConfig } from "../../config/config.ts";
import type { JsonClient } from "../../core/json-client.ts";
import type { SyncStateStore } from "../../core/sync-state.ts";
import type { OpenOptions } from "../stages.ts";
import { loadRules } from "../rule-set.ts";
import { createLoadIndex } from "./load-journal-index.ts";
import { RelaxedLoads } from "./relaxed-loads.ts";
import { SyncLoads } from "./sync-loads.ts";

/** The loads of a sync. */
export interface OpenSyncLoads {
  /** Null where tables are loaded only when asked for. */
  readonly control: SyncLoads | null;
  /** Loads until the signal aborts; where nothing is loaded, puts back what a load that was killed has left of indices. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

/**
 * The loads of a sync as configured, which have not begun. Before a sync's state is first written it notes that nothing is loaded yet: a sync that has
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
): Promise<OpenSyncLoads> {
  const { clock, logger, capture } = options;
  const { name: pipeline, state } = config;
  const isWanted = config.load.mode === "initial";
  const loads = isWanted ? new SyncLoads(config, { capture, client, clock, logger }) : null;
  const loaded = await loadRules(config.rules);
  if ((await store.load()) === null)
    await createLoadIndex({ client, index: state.index, pipeline, kind: "initial-load", clock });
  if (loads !== null) return { control: loads, run: (signal) => loads.run(signal) };
  const rules = { rules: loaded };
  const left = new RelaxedLoads({ client, rules, isWanted, clock, logger });
  return { control: null, run: (signal) => left.restoreOthers(signal) };
}

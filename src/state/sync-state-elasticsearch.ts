import { asTailraceError, TailraceError } from "../core/errors.ts";
import { reasonOf, type JsonClient } from "../core/json-client.ts";
import type { SyncState, SyncStateStore } from "../core/sync-state.ts";
import { conditionOf, StateDocument } from "./state-index.ts";

/** Where a sync's state document is. */
export interface SyncStateIndexOptions {
  /** Stays the caller's. */
  readonly client: JsonClient;
  readonly index: string;
  readonly pipeline: string;
}

/** Removes the state of a sync that does not run. Throws STATE_UNWRITABLE, BULK_*. */
export function removeSyncState({ client, index, pipeline }: SyncStateIndexOptions): Promise<void> {
  const id = `sync:${pipeline}`;
  return new StateDocument<SyncDocument>({ client, index, id }).remove();
}

interface SyncDocument {
  readonly pipeline: string;
  readonly saved_at: string;
  readonly sync: SyncState;
}

/** Tries of one update before it is given up: every instance writes seldom, so each lost race lets another one through. */
const MAX_TRIES = 20;

/**
 * A sync's state as a document of an index. Its id is the pipeline's name behind `sync:`, which no checkpoint's is. Every write states which version of the document it
 * replaces (`if_seq_no`, `if_primary_term`), so that of several instances each builds on what the others wrote.
 */
export function openSyncStateIndex({
  client,
  index,
  pipeline,
}: SyncStateIndexOptions): SyncStateStore {
  const document = new StateDocument<SyncDocument>({ client, index, id: `sync:${pipeline}` });
  const { place } = document;
  const stateOf = (sync: Partial<SyncState> | undefined): SyncState => {
    const isWhole =
      sync?.format === 1 &&
      typeof sync.topics === "object" &&
      typeof sync.generation === "number" &&
      Array.isArray(sync.gaps);
    if (!isWhole)
      throw new TailraceError("STATE_UNREADABLE", `${place}: it is no state of a sync of format 1`);
    if (sync.pipeline !== pipeline)
      throw new TailraceError("STATE_FOREIGN", `${place} belongs to the pipeline ${sync.pipeline}`);
    return sync as SyncState;
  };
  const tryUpdate: SyncStateStore["update"] = async (change) => {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const stored = await document.read();
      const before = stored === null ? null : stateOf(stored._source.sync);
      const state = change(before);
      if (state === before || state === null) return before;
      const answer = await document.write(
        { pipeline, saved_at: state.savedAt, sync: state },
        conditionOf(stored),
      );
      if (answer.status < 300) return state;
      if (answer.status !== 409) throw new Error(`HTTP ${answer.status}${reasonOf(answer.body)}`);
    }
    throw new Error("other instances write it all the time");
  };
  return {
    load: async () => {
      const stored = await document.read();
      return stored === null ? null : stateOf(stored._source.sync);
    },
    update: async (change) => {
      try {
        return await tryUpdate(change);
      } catch (error) {
        if (error instanceof TailraceError) throw error;
        const { message } = asTailraceError(error);
        throw new TailraceError("STATE_UNWRITABLE", `${place}: ${message}`, { cause: error });
      }
    },
  };
}

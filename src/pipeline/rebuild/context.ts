import type { CaptureConfig } from "../../config/config.ts";
import type { Clock } from "../../core/clock.ts";
import type { JsonClient } from "../../core/json-client.ts";
import type { Logger } from "../../core/logger.ts";
import type { RebuildPhase, RebuildState, RebuildStore } from "../../core/rebuild.ts";
import type { LoadProgress } from "../../snapshot/load-progress.ts";
import { openRebuildIndex } from "../../state/rebuild-elasticsearch.ts";
import { openRebuildFile, peekRebuildFile } from "../../state/rebuild-file.ts";
import type { DocumentConfig, RebuiltIndex } from "./derive-config.ts";

/** What a rebuild has just done; each is durable, so each is a place to go on from. */
export type RebuildStep =
  | "recorded"
  | "created"
  | "loaded"
  | "verified"
  | "announced"
  | "blocked"
  | "applied"
  | "swapped"
  | "caught up"
  | "put away";

/** How far a rebuild has come, for people. */
export interface RebuildProgress {
  readonly phase: RebuildPhase | "loading" | "catching up" | "verifying";
  readonly newIndex: string;
  /** Loads of the rules' tables. */
  readonly loads: readonly LoadProgress[];
  /** Seconds; null = unknown. */
  readonly lagSeconds: number | null;
}

/** How an index is built anew. */
export interface RebuildOptions {
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Keep the old index when the new one is served. */
  readonly keepOld: boolean;
  /** Swap although documents differ from their rows. Default false. */
  readonly acceptDifferences?: boolean | undefined;
  /** The half that publishes what a sync reads, where the configuration has it. */
  readonly capture?: CaptureConfig | undefined;
  /** How long searches that began before the swap may go on in the old index before it is deleted, ms. Default 5,000. */
  readonly graceMs?: number | undefined;
  readonly onProgress?: ((progress: RebuildProgress) => void) | undefined;
  /** Called behind each step; what it rejects with breaks the rebuild off. For tests. */
  readonly onStep?: ((step: RebuildStep) => Promise<void> | void) | undefined;
}

/** What the steps of a rebuild work with. */
export interface RebuildContext extends RebuildOptions {
  readonly config: DocumentConfig;
  readonly rebuilt: RebuiltIndex;
  readonly client: JsonClient;
  readonly store: RebuildStore;
}

/** Where the state of a rebuild is kept: where the pipeline keeps its own. Throws STATE_FOREIGN while another process has it, STATE_UNWRITABLE. */
export async function openRebuildStore(
  { name: pipeline, state }: Pick<DocumentConfig, "name" | "state">,
  name: string,
  client: JsonClient,
): Promise<RebuildStore> {
  return state.type === "file"
    ? openRebuildFile({ folder: state.path, pipeline, name })
    : openRebuildIndex({ client, index: state.index, pipeline, name });
}

/** The state of a rebuild as it is, whoever works on it; null when there is none. Throws STATE_UNREADABLE, BULK_*. */
export async function peekRebuild(
  { name: pipeline, state }: Pick<DocumentConfig, "name" | "state">,
  name: string,
  client: JsonClient,
): Promise<RebuildState | null> {
  return state.type === "file"
    ? peekRebuildFile({ folder: state.path, pipeline, name })
    : openRebuildIndex({ client, index: state.index, pipeline, name }).load();
}

/** Saves the state with these changes; durable when it resolves. */
export async function putState(
  { store, clock }: Pick<RebuildContext, "store" | "clock">,
  state: RebuildState,
  changes: Partial<RebuildState>,
): Promise<RebuildState> {
  const next = { ...state, ...changes, savedAt: new Date(clock.now()).toISOString() };
  await store.save(next);
  return next;
}

import type { Checkpoint } from "./checkpoint.ts";

/**
 * How far a rebuild is. `building`: the new index is loaded and kept in step. `swapping`: the served index takes no writes, until `blockedUntil` at most.
 * `swapped`: the new index is served, the old one has not been put away yet. `kept`: all is done, and the old index is there to go back to. `undoing`: the new index
 * goes away, the old one stays.
 */
export type RebuildPhase = "building" | "swapping" | "swapped" | "kept" | "undoing";

/** A rebuild of an index, as it is kept: whatever interrupts it, it goes on or is undone from here. */
export interface RebuildState {
  readonly format: 1;
  readonly pipeline: string;
  /** The index as rules name it: an alias, or an index in whose place an alias comes. */
  readonly name: string;
  /** `rebuild`: into a new index. `return`: back to the one from before, which was kept. */
  readonly kind: "rebuild" | "return";
  readonly phase: RebuildPhase;
  /** What is served at first. */
  readonly oldIndex: string;
  /** What is served in the end. */
  readonly newIndex: string;
  /** Keep the old index when the new one is served. */
  readonly keepOld: boolean;
  /** ISO 8601. */
  readonly startedAt: string;
  /** While `swapping`: behind this moment anybody may take the write block away. ISO 8601. */
  readonly blockedUntil: string | null;
  /** ISO 8601. */
  readonly swappedAt: string | null;
  /** Up to where the old index was in step when it was swapped out; null = not known, nobody kept it in step. */
  readonly inStep: InStepPlace | null;
  /** When it was written, ISO 8601. */
  readonly savedAt: string;
}

/** A place from which an index can be brought into step: the pipeline's checkpoint, or the offsets of its group by topic and partition. */
export type InStepPlace =
  | { readonly kind: "checkpoint"; readonly checkpoint: Checkpoint }
  | {
      readonly kind: "offsets";
      readonly offsets: Readonly<Record<string, Readonly<Record<string, number>>>>;
    };

/** Keeps the state of one rebuild. One process at a time. */
export interface RebuildStore extends AsyncDisposable {
  /** The state, or null when there is no rebuild. Throws STATE_UNREADABLE, STATE_FOREIGN, BULK_*. */
  load(): Promise<RebuildState | null>;
  /** Durable when it resolves. Throws STATE_UNWRITABLE, STATE_FOREIGN. */
  save(state: RebuildState): Promise<void>;
  /** There is no rebuild any more. Throws STATE_UNWRITABLE, BULK_*. */
  remove(): Promise<void>;
}

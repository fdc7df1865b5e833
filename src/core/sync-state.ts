import type { TableGap } from "./checkpoint.ts";

/** What a sync knows of a topic that it follows. */
export interface FollowedTopic {
  /** Changes when the topic is deleted and made anew. */
  readonly id: string;
  readonly partitions: number;
  /**
   * So many partitions had offsets committed by the group when that was looked at last: one behind them was added since and is read from its beginning. Null
   * until the first time: a topic that was there before the sync is read from where `source.start` says.
   */
  readonly begun: number | null;
  /** The high bits of the versions that records without one of their own are given; grows when their offsets stop being comparable. */
  readonly generation: number;
}

/** What the instances of a sync have in common besides offsets, which the consumer group keeps. */
export interface SyncState {
  readonly format: 1;
  readonly pipeline: string;
  /** The consumer group that `begun` is about. */
  readonly group: string;
  /** Fingerprint of the parts of the configuration that give documents their place: rules, ids, indices. */
  readonly fingerprint: string;
  /** Does the MySQL server behind the records tell `Orders` from `orders`? Absent while it was not asked. */
  readonly isCaseSensitive?: boolean;
  /** The generation of a topic that is followed for the first time. */
  readonly generation: number;
  readonly topics: Readonly<Record<string, FollowedTopic>>;
  /** `file` is topic and partition, `position` the offset. */
  readonly gaps: readonly TableGap[];
  /** When it was written, ISO 8601. */
  readonly savedAt: string;
}

/** Keeps one sync's state, which several instances change. */
export interface SyncStateStore {
  /** The state as it is, or null before the first change. Throws STATE_UNREADABLE, STATE_FOREIGN, BULK_*. */
  load(): Promise<SyncState | null>;
  /**
   * Replaces the state by what `change` makes of it, and resolves with that when it is durable. Called again with what another instance wrote meanwhile; the same
   * state as given, or null, writes nothing. Throws STATE_UNWRITABLE (repeat it), and what `change` throws.
   */
  update(change: (state: SyncState | null) => SyncState | null): Promise<SyncState | null>;
}

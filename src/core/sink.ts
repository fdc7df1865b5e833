import type { ActionWriter, Target, TargetOptions } from "./action-writer.ts";
import type { TargetField } from "./target-field.ts";

/** What an index must be able to hold before documents go there. */
export interface TargetSpec {
  readonly target: Target;
  readonly fields: readonly TargetField[];
  /** Create the index when it is missing and add missing fields to its mapping. */
  readonly create: boolean;
  /** Elasticsearch's `dynamic` for an index that we create. */
  readonly dynamic: "strict" | "false";
}

/** Counters of a sink since its start; never reset. */
export interface SinkStats {
  readonly applied: number;
  readonly conflicts: number;
  readonly rejected: number;
  readonly retries: number;
  readonly requests: number;
  readonly bytes: number;
  /** Replaced inside a batch by a later write of the same document. */
  readonly collapsed: number;
  /** Why the sink waits now ("429 from …, try 7"), or null. */
  readonly waitingFor: string | null;
}

/**
 * Takes document actions and answers for each of them: applied, in conflict (already newer) or stored as a dead letter. Actions are
 * numbered in the order in which they are taken; `closed` is the contiguous prefix that is answered for, and the only thing that a
 * checkpoint may rely on.
 */
export interface Sink extends AsyncDisposable {
  readonly writer: ActionWriter;
  /** The place that a rule writes to; the same object for the same options. Throws RULE_PLACE_INVALID when there are too many. */
  target(options: TargetOptions): Target;
  /** Resolves when the index and its mapping are ready for these fields. Throws BULK_*. */
  prepare(spec: TargetSpec): Promise<void>;
  /** Is there such an index, or an alias? A server that is away is waited for. Throws BULK_*. */
  hasIndex(index: string): Promise<boolean>;
  /** How many actions were taken. */
  readonly taken: number;
  /** All actions numbered below this are closed. */
  readonly closed: number;
  /** Nothing more is coming at this moment: idle lanes send what they hold. Cheap; call it as often as you like. */
  kick(): void;
  /** Resolves when an action that was refused may be tried again. Rejects with the sink's fatal error. */
  room(): Promise<void>;
  /** Sends everything taken and resolves when it is closed. Rejects with the sink's fatal error. */
  drain(): Promise<void>;
  /** After a drain: deletes all documents of the target that are not newer than the version (TRUNCATE, DROP). */
  clear(target: Target, versionHigh: number, versionLow: number): Promise<void>;
  /** Breaks off what is in flight at once and sends nothing more, as disposing does; `room`, `drain` and `prepare` reject with the reason from now on. */
  abandon(reason: Error): Promise<void>;
  stats(): SinkStats;
}

/** What the pipeline is told by a sink. Called outside the encoder's call stack. */
export interface SinkEvents {
  /** `closed` has grown. */
  onClosed(): void;
  /** The sink cannot go on (credentials, index missing, on_reject = "stop"); `room` and `drain` reject with the same error. */
  onFatal(error: Error): void;
}

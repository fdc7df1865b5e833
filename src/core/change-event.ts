import type { TableVersion } from "./row-layout.ts";
import type { SourcePosition } from "./checkpoint.ts";

/** What happened to a row. A change of the primary key arrives as an update; the encoder makes delete + index of it. */
export type Operation = "insert" | "update" | "delete";

/**
 * The rows of one binlog event, a view: valid until the next pull, and the object itself is reused. Whoever keeps any of it copies it.
 * Row images lie one after another in `bytes[start, end)`; an update has before and after image of each row in turn.
 */
export interface RowsEvent {
  readonly kind: "rows";
  readonly operation: Operation;
  readonly table: TableVersion;
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  /** False when an image lacks columns or holds JSON diffs: such rows are read again by key (`capture` gives their keys). */
  readonly complete: boolean;
  /** Source-ordered document version, `epoch (8 bits) | file number (20) | end position (35)`, as the high and low 32 bits. */
  readonly versionHigh: number;
  readonly versionLow: number;
}

/** The end of a transaction: everything before it may be acknowledged together. */
export interface CommitEvent {
  readonly kind: "commit";
  readonly position: SourcePosition;
  /** When the source committed, µs since 1970; 0 when the log does not say. */
  readonly commitTimeUs: number;
}

/** The source is idle (or only other tables change) and the log has been read up to here. */
export interface HeartbeatEvent {
  readonly kind: "heartbeat";
  readonly position: SourcePosition;
}

/**
 * Rows of a captured table that the stream cannot deliver: a statement event, an undecodable schema, a TRUNCATE or DROP. Never silent:
 * it becomes a dead letter and an error in the log. `code` says which.
 */
export interface GapEvent {
  readonly kind: "gap";
  readonly code: "BINLOG_STATEMENT" | "SCHEMA_MISMATCH" | "SCHEMA_TABLE_CLEARED";
  readonly database: string;
  readonly table: string;
  readonly detail: string;
  readonly position: SourcePosition;
  readonly versionHigh: number;
  readonly versionLow: number;
}

export type ChangeEvent = RowsEvent | CommitEvent | HeartbeatEvent | GapEvent;

/**
 * A stream of changes, pulled. One consumer. A transaction's events come between two commits; only commits and heartbeats carry a
 * position from which reading can resume.
 */
export interface ChangeStream extends AsyncDisposable {
  /** The next event that is already here, or null: then await `wait()`. */
  poll(): ChangeEvent | null;
  /** Resolves when `poll` may have an event. Rejects with a TailraceError when the source fails for good; never on abort. */
  wait(): Promise<void>;
}

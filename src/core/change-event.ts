import type { TableVersion } from "./row-layout.ts";
import type { SourcePosition } from "./checkpoint.ts";
import type { JsonRow } from "./json-row.ts";

/** What happened to a row. A change of the primary key arrives as an update; the encoder makes delete + index of it. */
export type Operation = "insert" | "update" | "delete";

/** When and in which transaction the source made a change. */
export interface ChangeOrigin {
  /** The statement's time in the log, ms since 1970, whole seconds; what Canal calls `es`. 0 = unknown. */
  readonly timestampMs: number;
  /** When the transaction was committed, µs since 1970; 0 = unknown. */
  readonly commitTimeUs: number;
  /** The transaction's GTID; undefined where the source has none. */
  readonly gtid: string | undefined;
}

/**
 * The rows of one binlog event, or of one Kafka record, a view: valid until the next pull, and the object itself is reused. Whoever keeps any of it copies
 * it. `bytes` is what the table's layout reads (for row images a Buffer); in its range `[start, end)` row images lie one after another, an update has
 * before and after image of each row in turn.
 */
export interface RowsEvent extends ChangeOrigin {
  readonly kind: "rows";
  readonly operation: Operation;
  readonly table: TableVersion;
  readonly bytes: unknown;
  readonly start: number;
  readonly end: number;
  /** Source-ordered document version, `epoch (8 bits) | file number (20) | end position (35)`, as the high and low 32 bits. */
  readonly versionHigh: number;
  readonly versionLow: number;
}

/**
 * Rows whose images lack columns or hold JSON diffs (`binlog_row_image` MINIMAL, NOBLOB; PARTIAL_JSON). What they have is decoded; the rest is read
 * again from the table by key. May be kept.
 */
export interface IncompleteRowsEvent extends ChangeOrigin {
  readonly kind: "incomplete";
  readonly operation: Operation;
  readonly table: TableVersion;
  readonly rows: readonly IncompleteRow[];
  readonly position: SourcePosition;
  readonly versionHigh: number;
  readonly versionLow: number;
}

/** The known columns of a row's images; `before` is null for inserts, `after` for deletes. */
export interface IncompleteRow {
  readonly before: JsonRow | null;
  readonly after: JsonRow | null;
}

/**
 * Rows that a SELECT found, of a chunk of a load: they are written as inserts whose version is the chunk's low watermark. Comes between two transactions;
 * rows that the stream has written since the chunk's window was opened are left out.
 */
export interface ReadEvent {
  readonly kind: "read";
  readonly table: TableVersion;
  /** Names of the rules that take the rows. */
  readonly rules: readonly string[];
  /** As of {@link RowsEvent}. */
  readonly bytes: unknown;
  readonly start: number;
  readonly end: number;
  readonly versionHigh: number;
  readonly versionLow: number;
  /** Documents of a rule that the stream has written or deleted meanwhile, by `documentKey`: what the rows would make of them is left out. Absent = none. */
  readonly written?: ((rule: string) => ReadonlySet<string>) | undefined;
  /** Called when all of it was taken, with the number of actions that the sink had taken then: it is answered for when so many are closed. */
  readonly onTaken: (actions: number) => void;
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
  readonly code: GapCode;
  readonly database: string;
  readonly table: string;
  readonly detail: string;
  /** The record that told of it; `position` then is the topic and partition, and the offset. */
  readonly record?: RecordPlace;
  /** No row is left, by TRUNCATE or DROP of the whole table: its documents may be deleted where its rule says so. */
  readonly isEmptied?: boolean;
  readonly position: SourcePosition;
  readonly versionHigh: number;
  readonly versionLow: number;
}

/** What a statement did to the definition of tables, by the names that Canal has for it. */
export type SchemaChangeType =
  | "CREATE"
  | "ALTER"
  | "ERASE"
  | "TRUNCATE"
  | "RENAME"
  | "CINDEX"
  | "DINDEX"
  | "QUERY";

/**
 * A statement that changed the definition of a captured table, or emptied or dropped it. A notice for those who read records: rows bring their own
 * definition, and what a statement did to rows comes as gap events beside it.
 */
export interface SchemaChangeEvent extends ChangeOrigin {
  readonly kind: "schema";
  readonly type: SchemaChangeType;
  readonly database: string;
  /** The first captured table that it names. */
  readonly table: string;
  /** As it stands in the log. */
  readonly statement: string;
  readonly position: SourcePosition;
  readonly versionHigh: number;
  readonly versionLow: number;
}

/** A record whose content is no change that we know: it goes to the dead letters as it is. */
export interface PoisonEvent {
  readonly kind: "poison";
  readonly record: RecordPlace;
  /** What is wrong with it. */
  readonly detail: string;
  readonly key: string | null;
  /** Text where it is UTF-8, else base64 behind `base64:`. */
  readonly value: string | null;
}

/** A record has been read whole: everything in its partition before `nextOffset` may be acknowledged together. */
export interface OffsetEvent {
  readonly kind: "offset";
  readonly topic: string;
  readonly partition: number;
  readonly nextOffset: number;
  /** µs since 1970 of the change's commit at its source; 0 = unknown. */
  readonly commitTimeUs: number;
}

/** Where a record lies. */
export interface RecordPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** Why the stream could not deliver rows. */
export type GapCode =
  | "BINLOG_STATEMENT"
  | "BINLOG_ROLLED_BACK"
  | "BINLOG_IMAGE_PARTIAL"
  | "BINLOG_XA_UNKNOWN"
  | "KAFKA_KEY_MOVED"
  | "KAFKA_RECORD_INCOMPLETE"
  | "KAFKA_RECORD_TOO_LARGE"
  | "SCHEMA_MISMATCH"
  | "SCHEMA_UNREADABLE"
  | "SCHEMA_KEY_CHANGED"
  | "SCHEMA_TABLE_CLEARED"
  | "SCHEMA_TABLE_REPLACED";

/** Where everything before may be acknowledged together. */
export type MarkEvent = CommitEvent | HeartbeatEvent | OffsetEvent;

export type ChangeEvent =
  | RowsEvent
  | ReadEvent
  | IncompleteRowsEvent
  | GapEvent
  | SchemaChangeEvent
  | PoisonEvent
  | MarkEvent;

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

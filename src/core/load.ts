import type { LogPlace } from "./checkpoint.ts";
import type { TableVersion } from "./row-layout.ts";
import type { TableSchema } from "./schema.ts";

/** Values of a table's key, in the key's order, each as the SQL literal that the server finds it by. */
export type KeyLiterals = readonly string[];

/** How the load of a table stands. */
export type LoadState = "waiting" | "running" | "paused" | "done" | "cancelled" | "failed";

/** The load of one table for some of its rules, as it is kept: after a crash it goes on behind `after`. */
export interface TableLoad {
  readonly database: string;
  readonly table: string;
  /** Names of the rules whose documents are written. */
  readonly rules: readonly string[];
  /** Only rows for which this SQL condition is true; absent = all. */
  readonly where?: string | undefined;
  readonly state: LoadState;
  /** The columns that chunks go by, in the key's order; null before the first chunk. */
  readonly key: readonly string[] | null;
  /** What decides the order of that key, as a text to compare: types and collations. With another one the load begins anew; absent = not known. */
  readonly keyOrder?: string | undefined;
  /** Every row with a key up to this one is applied, in conflict or a dead letter; null = none yet. */
  readonly after: KeyLiterals | null;
  /** The greatest key when the load began: rows behind it came later, by the stream; null = not known yet, or the table was empty. */
  readonly upTo: KeyLiterals | null;
  /** Rows up to `after`. */
  readonly rows: number;
  /** What the server guesses the table to have; null = it does not say. */
  readonly estimatedRows: number | null;
  /** ISO 8601. */
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  /** Why it failed: code and message. */
  readonly error?: string | undefined;
}

/** Tells loads apart: one per table and set of rules that is not done. */
export function sameLoad(
  a: Pick<TableLoad, "database" | "table" | "rules">,
  b: Pick<TableLoad, "database" | "table" | "rules">,
): boolean {
  return (
    a.database === b.database &&
    a.table === b.table &&
    a.rules.length === b.rules.length &&
    a.rules.every((rule) => b.rules.includes(rule))
  );
}

/** Is the load done, cancelled or has it failed? Else it waits, runs or is paused. */
export function hasEnded({ state }: Pick<TableLoad, "state">): boolean {
  return state === "done" || state === "cancelled" || state === "failed";
}

/** Keeps the loads of a pipeline: in its checkpoint, or in a document of their own. */
export interface LoadJournal {
  readonly loads: readonly TableLoad[];
  /** Puts a load in the place of the one of the same table and rules, or beside the others. Durable soon after it resolves: a crash repeats chunks. Throws STATE_*. */
  put(load: TableLoad): Promise<void>;
}

/** Keys of a table: greater than `after`, up to `upTo` itself; null = from the first, to the last. The server compares them. */
export interface KeyRange {
  readonly after: KeyLiterals | null;
  readonly upTo: KeyLiterals | null;
}

/** What a chunk is to hold. */
export type ChunkRows =
  | { readonly kind: "range"; readonly range: KeyRange; readonly where?: string | undefined }
  | { readonly kind: "keys"; readonly keys: readonly KeyLiterals[] };

/** A table and the unique key without NULLs that its chunks go by. */
export interface ChunkTable {
  readonly schema: TableSchema;
  /** The key's name, for FORCE INDEX. */
  readonly keyName: string;
  /** Indices into the schema's columns, in the key's order. */
  readonly keyColumns: readonly number[];
}

/**
 * Rows of a table as a SELECT found them, between two watermarks. Why the rows may be written: docs/decisions/0010-load.md.
 */
export interface Chunk {
  readonly table: TableVersion;
  /** Row packets of the text protocol as they came, whole ones, what the table's layout reads. */
  readonly buffers: readonly Buffer[];
  readonly rows: number;
  readonly bytes: number;
  /**
   * The low watermark: every transaction up to here is in the rows, and it is not before the end that the log had when `read` was called. So what a stream
   * had shown before is in the rows, too.
   */
  readonly low: LogPlace;
  /** The high watermark: no transaction behind it is in the rows. */
  readonly high: LogPlace;
}

/**
 * Reads chunks, one at a time, over a connection of its own. Autocommit, no table lock, no write. Throws SOURCE_*, SNAPSHOT_*. Closed in the middle of a
 * call, it rejects that.
 */
export interface ChunkReader extends AsyncDisposable {
  /** The table as it is now and the key that chunks of it go by. Null when there is no such table. Throws SNAPSHOT_NO_KEY. */
  describe(database: string, table: string): Promise<ChunkTable | null>;
  /** What the server guesses the number of the table's rows to be; null = it does not say. */
  estimateRows(table: ChunkTable): Promise<number | null>;
  /** The greatest key; null when the table is empty. Every transaction that was logged before the call is seen, and by everything read later. */
  lastKey(table: ChunkTable): Promise<KeyLiterals | null>;
  /** The key of the `rows`th row of the range in the key's order, or of its last row where it has fewer; null when it is empty. */
  keyAfter(table: ChunkTable, range: KeyRange, rows: number): Promise<KeyLiterals | null>;
  /** The same, or the key of a row before that one, where it is found without counting rows. Absent = `keyAfter` is all there is. */
  boundAfter?(table: ChunkTable, range: KeyRange, rows: number): Promise<KeyLiterals | null>;
  /** Throws SNAPSHOT_CHUNK_TOO_LARGE when the rows have more bytes than `limitBytes`, which it never holds much more than; the reader may be closed then. */
  read(table: ChunkTable, rows: ChunkRows, limitBytes?: number): Promise<Chunk>;
  /** Does the server take the condition? Throws SNAPSHOT_WHERE_INVALID with its answer. */
  checkWhere(table: ChunkTable, where: string): Promise<void>;
}

/** Where chunks become documents: beside the stream of the same process, or by versions alone. */
export interface ChunkDestination {
  /** Called before a chunk's low watermark is read: from here on it is noted what the stream writes. */
  open(load: TableLoad): ChunkWindow;
}

/** One chunk's way into documents. */
export interface ChunkWindow {
  /** Resolves when every action of the chunk is closed; its bytes are gone then. Rejects with what made that impossible; nothing of it counts then. */
  write(chunk: Chunk): Promise<void>;
  /** Nothing will be written: the chunk could not be read. */
  discard(): void;
  /** What `write` waits for, in words: `the stream to pass binlog.000042:1234`. Absent = documents to be written. */
  readonly waitsFor?: string | undefined;
}

/** Tells when what the source had logged is in the documents. */
export interface AppliedPlace {
  /** The place in the source's log up to which everything is applied, in conflict or a dead letter; null = not known. */
  read(): Promise<LogPlace | null>;
}

import type { Column } from "../../core/schema.ts";
import { asTailraceError, TailraceError } from "../../core/errors.ts";
import type { ChunkReader, ChunkTable, KeyLiterals, TableLoad } from "../../core/load.ts";
import { tableName } from "../../core/schema.ts";
import { keyLiteral } from "../../mysql/key-literal.ts";
import { type Patience, patiently } from "../patiently.ts";
import type { DocumentWriter } from "./document-writer.ts";
import type { VersionDestination } from "./version-destination.ts";

/** What loading rows by their keys takes. */
export interface LoadKeysOptions extends Patience {
  readonly load: Pick<TableLoad, "database" | "table" | "rules">;
  /** Values of the key's columns, in its order. */
  readonly keys: readonly (readonly string[])[];
  /** So many of the keys, from the first, are done. */
  readonly from: number;
  readonly openReader: () => Promise<ChunkReader>;
  readonly writer: Pick<DocumentWriter, "write" | "remove">;
  readonly destination: Pick<VersionDestination, "deadline">;
  /** Called when the keys before this number are answered for. */
  readonly onDone: (done: number) => Promise<void>;
  readonly signal: AbortSignal;
}

/** What became of the rows with the keys. */
export interface LoadedKeys {
  readonly found: number;
  /** Their documents were deleted. */
  readonly gone: number;
  /** Of those that are gone: so many times a rule's document cannot be told by the key. */
  readonly unknown: number;
}

/** Keys of one chunk. */
const CHUNK_KEYS = 200;

/**
 * Writes the documents of rows that are given by key, and deletes those of keys that have no row. Goes on until all is done or the signal aborts. Throws SOURCE_*, SNAPSHOT_*, BULK_*,
 * and CONFIG_INVALID for keys that the table cannot have.
 */
export async function loadKeys(options: LoadKeysOptions): Promise<LoadedKeys> {
  const { load, keys, signal } = options;
  const counts = { found: 0, gone: 0, unknown: 0 };
  await using readers = new KeptReader(options.openReader);
  const describe = (): Promise<ChunkTable> =>
    patiently(
      "describe the table",
      () => readers.use((reader) => describeTable(reader, load)),
      options,
    );
  const context: ChunkContext = { ...options, table: await describe(), describe, readers, counts };
  for (const key of keys) readKey(context.table, key);
  for (let at = options.from; at < keys.length && !signal.aborted; at += CHUNK_KEYS) {
    await loadChunk(keys.slice(at, at + CHUNK_KEYS), context);
    await options.onDone(Math.min(keys.length, at + CHUNK_KEYS));
  }
  return counts;
}

/** Are these keys that the table can have? Throws CONFIG_INVALID, SOURCE_*. */
export async function checkKeys({
  load,
  keys,
  openReader,
}: Pick<LoadKeysOptions, "load" | "keys" | "openReader">): Promise<void> {
  await using reader = await openReader();
  const table = await describeTable(reader, load);
  for (const key of keys) readKey(table, key);
}

async function describeTable(
  reader: ChunkReader,
  load: Pick<TableLoad, "database" | "table">,
): Promise<ChunkTable> {
  const table = await reader.describe(load.database, load.table);
  if (table !== null) return table;
  throw new TailraceError("CONFIG_INVALID", `there is no table ${tableName(load)}`);
}

interface ChunkContext extends LoadKeysOptions {
  /** As it was described last. */
  table: ChunkTable;
  readonly describe: () => Promise<ChunkTable>;
  readonly readers: KeptReader;
  readonly counts: { found: number; gone: number; unknown: number };
}

/** Which of the keys have no row is found by halves: only the server knows which texts are the same key. */
async function loadChunk(keys: readonly KeyValues[], context: ChunkContext): Promise<void> {
  const rows = await patiently(
    `load rows of ${tableName(context.load)}`,
    () => tryChunk(keys, context).catch((error: unknown) => describeAgain(error, context)),
    context,
  );
  if (rows !== null) return;
  const half = keys.length >> 1;
  await loadChunk(keys.slice(0, half), context);
  await loadChunk(keys.slice(half), context);
}

/** Behind a failure because the table was altered: what is tried next goes by what it is now. Rethrows the failure. */
async function describeAgain(error: unknown, context: ChunkContext): Promise<never> {
  if (asTailraceError(error).code === "SNAPSHOT_ROW_CHANGED")
    context.table = await context.describe();
  throw error;
}

/** Null when some rows are missing, and it is not known which. */
async function tryChunk(
  values: readonly KeyValues[],
  context: ChunkContext,
): Promise<number | null> {
  const { load, table, readers, writer, destination, counts } = context;
  const { rules } = load;
  const keys = values.map((key) => readKey(table, key));
  const inTime = destination.deadline(rules, tableName(load));
  const literals = keys.map((key) => key.literals);
  const chunk = await readers.use((reader) => reader.read(table, { kind: "keys", keys: literals }));
  if (chunk.rows < keys.length && keys.length > 1) return null;
  const { low, buffers } = chunk;
  if (chunk.rows > 0) {
    await inTime(() => writer.write({ table: chunk.table, rules, buffers, low }));
    counts.found += chunk.rows;
    return chunk.rows;
  }
  const before: string[] = [];
  for (const [i, column] of table.keyColumns.entries()) before[column] = keys[0]!.json[i]!;
  const gone = [{ before: Array.from(table.schema.columns, (_, i) => before[i]), after: null }];
  counts.unknown += await inTime(() => writer.remove({ table: chunk.table, rules, gone, low }));
  counts.gone += 1;
  return 0;
}

/** Values of the key's columns of one row, in its order. */
type KeyValues = readonly string[];

interface ReadKey {
  readonly literals: KeyLiterals;
  /** As the stream writes the values. */
  readonly json: readonly string[];
}

function readKey(table: ChunkTable, values: KeyValues): ReadKey {
  const columns = table.keyColumns.map((column) => table.schema.columns[column]!);
  const names = columns.map(({ name }) => name).join(", ");
  if (values.length !== columns.length)
    throw new TailraceError(
      "CONFIG_INVALID",
      `a key of ${tableName(table.schema)} has ${columns.length} values (${names}), and one was given with ${values.length}`,
    );
  try {
    const json = columns.map((column, i) => toJson(column, values[i]!));
    const literals = columns.map((column, i) => keyLiteral(column, json[i]!) ?? "NULL");
    return { json, literals };
  } catch {
    const text = `a value that was given is none of the key of ${tableName(table.schema)} (${names})`;
    throw new TailraceError("CONFIG_INVALID", text);
  }
}

/** A value as the stream would write it. */
function toJson({ type }: Column, text: string): string {
  switch (type.kind) {
    case "integer":
    case "year":
    case "bit":
      return String(BigInt(text.trim() || "none"));
    case "decimal":
    case "double":
    case "float":
      return text.trim();
    case "datetime":
      return JSON.stringify(text.trim().replace(" ", "T"));
    case "timestamp":
      return JSON.stringify(`${text.trim().replace(" ", "T").replace(/Z$/, "")}Z`);
    case "binary": {
      const hex = /^0x((?:[\da-f]{2})*)$/i.exec(text)?.[1];
      const bytes = hex === undefined ? Buffer.from(text) : Buffer.from(hex, "hex");
      return JSON.stringify(bytes.toString("base64"));
    }
    default:
      return JSON.stringify(text);
  }
}

/** A reader that is opened anew after a failure. */
class KeptReader implements AsyncDisposable {
  readonly #open: () => Promise<ChunkReader>;
  #reader: ChunkReader | null = null;

  constructor(open: () => Promise<ChunkReader>) {
    this.#open = open;
  }

  async use<T>(step: (reader: ChunkReader) => Promise<T>): Promise<T> {
    try {
      this.#reader ??= await this.#open();
      return await step(this.#reader);
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const reader = this.#reader;
    this.#reader = null;
    try {
      await reader?.[Symbol.asyncDispose]();
    } catch {
      // the connection was lost
    }
  }
}

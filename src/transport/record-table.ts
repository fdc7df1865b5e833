import type { JsonRow } from "../core/json-row.ts";
import type { TableVersion } from "../core/row-layout.ts";
import type { Column, ColumnType, TableSchema } from "../core/schema.ts";
import { MAX_KEY_BYTES } from "./column-type-text.ts";
import { isInteger } from "./read-numbers.ts";
import { type ColumnReader, createRecordLayout } from "./record-layout.ts";
import { MISSING, NULL, RowScanner } from "./row-scanner.ts";

/** A table's columns as records of one kind tell them. */
export interface RecordDefinition {
  readonly database: string;
  readonly table: string;
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[];
  /** Names, in key order. */
  readonly primaryKey: readonly string[];
}

/** What document ids are made of, by any rule: the primary key, these columns, or both. */
export interface IdColumns {
  readonly primaryKey: boolean;
  readonly names: readonly string[];
}

/** What reads the rows of a table from records of one kind. */
export interface RecordTable {
  readonly version: TableVersion;
  readonly scanner: RowScanner;
  readonly readers: readonly ColumnReader[];
  /** Columns that document ids are made of. */
  readonly idColumns: readonly number[];
}

/**
 * Makes a table of a definition. Records seldom tell which columns may be NULL, so all may but those that ids are made of: {@link faultOfId} then looks at every row.
 */
export function createRecordTable(
  definition: RecordDefinition,
  readerOf: (type: ColumnType, index: number) => ColumnReader,
  idColumns: IdColumns,
): RecordTable {
  const { database, table } = definition;
  const isId = (name: string): boolean =>
    (idColumns.primaryKey && definition.primaryKey.includes(name)) ||
    idColumns.names.some((id) => id.toLowerCase() === name.toLowerCase());
  const columns = definition.columns.map(({ name, type }): Column =>
    isId(name) ? { name, type: keyType(type), nullable: false } : { name, type, nullable: true },
  );
  const indexOf = (name: string): number => columns.findIndex((column) => column.name === name);
  const primaryKey = definition.primaryKey.map(indexOf);
  const schema: TableSchema = {
    database,
    table,
    columns,
    primaryKey: primaryKey.includes(-1) ? [] : primaryKey,
    isVague: true,
  };
  const readers = columns.map(({ type }, index) => readerOf(type, index));
  return {
    version: { schema, layout: createRecordLayout(columns, readers) },
    scanner: new RowScanner(columns.map(({ name }) => name)),
    readers,
    idColumns: columns.flatMap(({ nullable }, index) => (nullable ? [] : [index])),
  };
}

/** A text of a key is no longer than a key; how long the type's text makes it depends on a character set that is not told. */
function keyType(type: ColumnType): ColumnType {
  return type.kind === "text" && type.maxBytes > MAX_KEY_BYTES && !type.large
    ? { ...type, maxBytes: MAX_KEY_BYTES }
    : type;
}

/** Why no document id can be made of the row image at `spans[at]`, or null: then ids are as those of the direct pipeline. */
export function faultOfId(
  table: RecordTable,
  b: Buffer,
  spans: Int32Array,
  at: number,
): string | null {
  const { columns } = table.version.schema;
  let bytes = 0;
  for (const index of table.idColumns) {
    const start = spans[at + 2 * index]!;
    const end = spans[at + 2 * index + 1]!;
    const { name, type } = columns[index]!;
    if (start === MISSING) continue;
    if (start === NULL) return `column ${name}, of which ids are made, is NULL`;
    if ((type.kind === "integer" || type.kind === "year") && !isInteger(b, start, end))
      return `column ${name}, of which ids are made, holds no integer`;
    bytes += Math.max(0, end - start);
    if (end - start > longestIdToken(type) || bytes > LONGEST_ID)
      return `column ${name}, of which ids are made, holds a value of ${end - start} bytes`;
  }
  return null;
}

/** A value that a column of this type has takes no more bytes in a record: what ids have room for relies on it. */
function longestIdToken(type: ColumnType): number {
  switch (type.kind) {
    case "text":
    case "binary":
      return 6 * type.maxBytes + 2;
    case "enum":
    case "set":
      return LONGEST_LABELS;
    default:
      return LONGEST_NUMBER_OR_TIME;
  }
}

/** Three times that, as ids escape, fits the room for ids; a key of InnoDB with every byte escaped is shorter. */
const LONGEST_ID = 20_000;
const LONGEST_LABELS = 4096;
const LONGEST_NUMBER_OR_TIME = 256;

/** The row image at `spans[at]` as the JSON text of each column. */
export function jsonRowOf(table: RecordTable, b: Buffer, spans: Int32Array, at: number): JsonRow {
  return table.readers.map(({ read, bound }, index) => {
    const start = spans[at + 2 * index]!;
    const end = spans[at + 2 * index + 1]!;
    if (start === MISSING) return undefined;
    if (start === NULL) return null;
    const out = Buffer.allocUnsafe(bound + 6 * (end - start) + 8);
    return out.toString("utf8", 0, read(b, start, end, out, 0));
  });
}

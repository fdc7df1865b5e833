import { TailraceError } from "../core/errors.ts";
import type { ChunkTable } from "../core/load.ts";
import type { TableVersion } from "../core/row-layout.ts";
import { tableName, type TableSchema } from "../core/schema.ts";
import type { Connection, TextRow } from "./connection.ts";
import type { KeyPart } from "./key-range.ts";
import { quoteName, quoteTable } from "./quote.ts";
import { selectExpression } from "./select-values.ts";
import { describeTable, type TableName } from "./table-lookup.ts";
import { queryRows } from "./text-query.ts";
import { createTextRowLayout } from "./text-row-layout.ts";
import { serverErrorNumber } from "./translate-error.ts";

/** A table as chunks of it are read. */
export interface DescribedTable extends ChunkTable {
  /** The schema and the layout of its rows, one for all chunks. */
  readonly version: TableVersion;
  /** The key's columns as its index orders them. */
  readonly parts: readonly KeyPart[];
  /** Names the columns' expressions: what a chunk selects. */
  readonly selected: string;
  /** What the server says of the result of such a SELECT; another one means that the table is no longer the same. */
  readonly signature: string;
  /** The definition, as {@link readDefinition} tells it: with another one the SELECT may succeed all the same and lack a column. */
  readonly definition: string;
}

/** The table as it was described by this module. Throws INVARIANT_BROKEN for any other. */
export function describedTable(table: ChunkTable): DescribedTable {
  if ("signature" in table) return table as DescribedTable;
  throw new TailraceError(
    "INVARIANT_BROKEN",
    "a chunk's table was not described by a chunk reader",
  );
}

/** A definition that changes so often while it is looked at is not waited for. */
const MAX_TRIES = 5;

/** Errors of a SELECT whose table is not as described: ER_BAD_FIELD_ERROR, ER_NO_SUCH_TABLE, ER_KEY_DOES_NOT_EXITS, ER_TABLE_DEF_CHANGED, MariaDB's ER_NO_SUCH_TABLE_IN_ENGINE. */
const CHANGED: ReadonlySet<number | undefined> = new Set([1054, 1146, 1176, 1412, 1932]);

/** Is this the error of a SELECT whose table was altered or dropped? */
export function isDefinitionError(error: unknown): boolean {
  return CHANGED.has(serverErrorNumber(error));
}

/**
 * The table as the server defines it now and the key that its chunks go by: the primary key, else the first unique key of whole columns without NULLs, which
 * is how InnoDB orders rows then. The definition is looked up until it is the same before and after a SELECT has told what its rows look like. Null when there is no such
 * table. Throws SNAPSHOT_NO_KEY, and SOURCE_ACCESS_DENIED for a table that may be there and not for us.
 */
export async function describeChunkTable(
  connection: Connection,
  database: string,
  table: string,
): Promise<DescribedTable | null> {
  for (let tries = 1; tries <= MAX_TRIES; tries++) {
    const before = await lookUp(connection, database, table);
    if (before === null) return null;
    const selected = before.schema.columns.map((column) => selectExpression(column)).join(", ");
    let signature: string;
    let definition: string;
    try {
      const rows = await queryRows(
        connection,
        `SELECT ${selected} FROM ${quoteTable(before.schema)} FORCE INDEX (${quoteName(before.keyName)}) LIMIT 0`,
      );
      signature = rows.signature;
      definition = await readDefinition(connection, before.schema);
    } catch (error) {
      if (isDefinitionError(error)) continue;
      throw error;
    }
    const after = await lookUp(connection, database, table);
    if (JSON.stringify(after) !== JSON.stringify(before)) continue;
    const { schema } = before;
    return {
      ...before,
      version: { schema, layout: createTextRowLayout(schema.columns) },
      selected,
      signature,
      definition,
    };
  }
  throw new TailraceError(
    "SNAPSHOT_ROW_CHANGED",
    `${database}.${table} was altered each time it was looked at`,
  );
}

/** How the server defines a table now, but for what changes with its rows. Throws SOURCE_*. */
export async function readDefinition(connection: Connection, table: TableName): Promise<string> {
  const [row] = await connection.query(`SHOW CREATE TABLE ${quoteTable(table)}`);
  return (row?.["Create Table"] ?? "").replace(/ AUTO_INCREMENT=\d+/, "");
}

interface KeyedTable extends ChunkTable {
  readonly parts: readonly KeyPart[];
}

async function lookUp(
  connection: Connection,
  database: string,
  table: string,
): Promise<KeyedTable | null> {
  const description = await describeTable(connection, database, table);
  if (description === null) {
    await checkAbsence(connection, { database, table });
    return null;
  }
  const { schema } = description;
  const rows = await connection.query(
    `SHOW INDEX FROM ${quoteName(schema.table)} FROM ${quoteName(schema.database)}`,
  );
  const indexes = [...Map.groupBy(rows, (row) => row["Key_name"] ?? "")];
  const found =
    indexes.find(([name]) => name === "PRIMARY") ??
    indexes.find(([, parts]) => parts.every(isPartOfUsableKey));
  if (found === undefined || description.isSequence) {
    throw new TailraceError(
      "SNAPSHOT_NO_KEY",
      `${tableName(schema)} has neither a primary key nor a unique key of whole columns without NULLs`,
    );
  }
  const [keyName, parts] = found;
  const keyColumns = parts
    .toSorted((a, b) => Number(a["Seq_in_index"]) - Number(b["Seq_in_index"]))
    .map((part) => ({ index: indexOf(schema, part), isDescending: part["Collation"] === "D" }))
    // the end of a current row is always the same
    .filter(({ index }) => index !== schema.rowEnd);
  return {
    schema,
    keyName,
    keyColumns: keyColumns.map(({ index }) => index),
    parts: keyColumns.map(({ index, isDescending }) => ({
      column: schema.columns[index]!,
      isDescending,
    })),
  };
}

/** ER_BAD_DB_ERROR, ER_NO_SUCH_TABLE. */
const ABSENT: ReadonlySet<number | undefined> = new Set([1049, 1146]);

/** Tables that we may not read are not shown to us, and rows of them are not gone. Throws SOURCE_ACCESS_DENIED. */
async function checkAbsence(connection: Connection, table: TableName): Promise<void> {
  try {
    await connection.query(`SELECT 1 FROM ${quoteTable(table)} LIMIT 0`);
  } catch (error) {
    if (!ABSENT.has(serverErrorNumber(error))) throw error;
  }
}

/** FORCE INDEX takes no invisible index, and a hash has no order. */
function isPartOfUsableKey(part: TextRow): boolean {
  const isWholeColumn = part["Column_name"] !== null && part["Sub_part"] === null;
  const isVisible = part["Visible"] !== "NO" && part["Ignored"] !== "YES";
  const isOrdered = part["Index_type"] === "BTREE";
  return (
    part["Non_unique"] === "0" && isWholeColumn && part["Null"] !== "YES" && isVisible && isOrdered
  );
}

function indexOf(schema: TableSchema, part: TextRow): number {
  const index = schema.columns.findIndex(({ name }) => name === part["Column_name"]);
  if (index >= 0) return index;
  throw new TailraceError(
    "SNAPSHOT_ROW_CHANGED",
    `${tableName(schema)} was altered while it was described`,
  );
}

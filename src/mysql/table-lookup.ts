import { TailraceError } from "../core/errors.ts";
import type { Column, TableSchema } from "../core/schema.ts";
import { parseColumnType } from "./column-definition.ts";
import type { Connection, TextRow } from "./connection.ts";
import { quoteName } from "./quote.ts";

/** A table as the server defines it now. */
export interface TableDescription {
  readonly schema: TableSchema;
  readonly engine: string;
  /** The storage engine's estimate. */
  readonly estimatedRows: number;
  /** Columns whose values in the log cannot be read, with their type as the server prints it; in the schema they are `binary`. */
  readonly unreadable: readonly { readonly column: string; readonly type: string }[];
  /** A MariaDB sequence: the log has its state as rows. */
  readonly isSequence: boolean;
}

/** A table's name. */
export interface TableName {
  readonly database: string;
  readonly table: string;
}

/**
 * Looks a table up by its exact name (compared as the server's `lower_case_table_names` says); null when there is none that we may see, or
 * when it is a view. Columns come in the order of a row image, generated, invisible and (hidden) system-versioning ones included.
 *
 * The primary key is what the server itself calls one in the log: without PRIMARY KEY the first unique index over whole NOT NULL columns. The end of a
 * system-versioned row is not part of it: that of a current row is always the same.
 */
export async function describeTable(
  connection: Connection,
  database: string,
  table: string,
): Promise<TableDescription | null> {
  const [found] = await connection.query(
    "SELECT TABLE_SCHEMA db, TABLE_NAME name, ENGINE engine, TABLE_TYPE type, TABLE_ROWS estimate, @@lower_case_table_names lower " +
      "FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED', 'SEQUENCE')",
    [database, table],
  );
  if (found === undefined) return null;
  const name = { database: found["db"] ?? "", table: found["name"] ?? "" };
  const isExact = name.database === database && name.table === table;
  if (!isExact && found["lower"] === "0") return null;

  const json = await jsonColumns(connection, name);
  const rows = await connection.query(
    "SELECT COLUMN_NAME name, DATA_TYPE data_type, COLUMN_TYPE column_type, IS_NULLABLE nullable, " +
      "CHARACTER_SET_NAME charset, COLLATION_NAME collation, CHARACTER_OCTET_LENGTH bytes, NUMERIC_PRECISION prec, " +
      "NUMERIC_SCALE scale, DATETIME_PRECISION fraction, GENERATION_EXPRESSION expression FROM information_schema.COLUMNS " +
      "WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION",
    [name.database, name.table],
  );
  const unreadable: { column: string; type: string }[] = [];
  const columns = rows.map((row): Column => {
    const column = row["name"] ?? "";
    const type = parseColumnType({
      dataType: row["data_type"] ?? "",
      columnType: row["column_type"] ?? "",
      charset: row["charset"] ?? null,
      collation: row["collation"] ?? null,
      maxBytes: Number(row["bytes"]),
      precision: Number(row["prec"]),
      scale: Number(row["scale"]),
      fraction: Number(row["fraction"]),
      holdsJson: json.has(column),
    });
    if (type === null) unreadable.push({ column, type: row["column_type"] ?? "" });
    const known = type ?? { kind: "binary", maxBytes: 2 ** 32 - 1, large: true };
    const sqlType = row["column_type"] ?? "";
    return { name: column, type: known, nullable: row["nullable"] === "YES", sqlType };
  });
  const isVersioned = found["type"] === "SYSTEM VERSIONED";
  let rowEnd = rows.findIndex((row) => row["expression"] === "ROW END");
  if (isVersioned && rowEnd < 0) rowEnd = columns.push(...IMPLICIT_PERIOD) - 1;
  const key = await keyColumns(connection, name);
  const missing = key.find((column) => columns.every((c) => c.name !== column));
  if (missing !== undefined) {
    const text = `${database}.${table} was altered while it was described: ${missing} is a key's column and no column`;
    throw new TailraceError("SOURCE_QUERY_FAILED", text);
  }
  const primaryKey = key
    .map((column) => columns.findIndex((c) => c.name === column))
    .filter((column) => column !== rowEnd);
  return {
    schema: { ...name, columns, primaryKey, ...(isVersioned && { rowEnd }) },
    engine: found["engine"] ?? "",
    estimatedRows: Number(found["estimate"]),
    unreadable,
    isSequence: found["type"] === "SEQUENCE",
  };
}

/** What WITH SYSTEM VERSIONING adds to a table that names no such columns; information_schema does not show it. */
const IMPLICIT_PERIOD = ["row_start", "row_end"].map((name): Column => ({
  name,
  type: { kind: "timestamp", fraction: 6 },
  nullable: false,
  hidden: true,
}));

/** The base tables that we may see and that match, in order; those of the server itself are left out. */
export async function listTables(
  connection: Connection,
  matches: (database: string, table: string) => boolean = () => true,
): Promise<readonly TableName[]> {
  const rows = await connection.query(
    "SELECT TABLE_SCHEMA db, TABLE_NAME name FROM information_schema.TABLES WHERE TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') " +
      "AND TABLE_SCHEMA NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema') " +
      "ORDER BY CAST(TABLE_SCHEMA AS BINARY), CAST(TABLE_NAME AS BINARY)",
  );
  return rows
    .map((row) => ({ database: row["db"] ?? "", table: row["name"] ?? "" }))
    .filter(({ database, table }) => matches(database, table));
}

/** Columns of the key that the server puts into the log as the primary key, in key order. */
async function keyColumns(connection: Connection, name: TableName): Promise<readonly string[]> {
  const rows = await connection.query(
    `SHOW INDEX FROM ${quoteName(name.table)} FROM ${quoteName(name.database)}`,
  );
  const indexes = Map.groupBy(rows, (row) => row["Key_name"] ?? "");
  const primary = indexes.get("PRIMARY");
  const key =
    primary ?? [...indexes.values()].find((parts) => parts.every(isPartOfUniqueKey)) ?? [];
  return key
    .toSorted((a, b) => Number(a["Seq_in_index"]) - Number(b["Seq_in_index"]))
    .map((part) => part["Column_name"] ?? "");
}

function isPartOfUniqueKey(part: TextRow): boolean {
  const isWholeColumn = part["Column_name"] !== null && part["Sub_part"] === null;
  return part["Non_unique"] === "0" && isWholeColumn && part["Null"] !== "YES";
}

/** MariaDB's JSON is LONGTEXT with a check; MySQL has its own type. */
async function jsonColumns(connection: Connection, name: TableName): Promise<ReadonlySet<string>> {
  if (!connection.isMariadb) return new Set();
  const rows = await connection.query(
    "SELECT CHECK_CLAUSE clause FROM information_schema.CHECK_CONSTRAINTS " +
      "WHERE CONSTRAINT_SCHEMA = ? AND TABLE_NAME = ?",
    [name.database, name.table],
  );
  const columns = rows.map(
    (row) => /^json_valid\(`((?:[^`]|``)+)`\)$/.exec(row["clause"] ?? "")?.[1],
  );
  return new Set(columns.filter((c) => c !== undefined).map((c) => c.replaceAll("``", "`")));
}

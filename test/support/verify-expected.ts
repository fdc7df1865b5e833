import type { Connection, RowDataPacket } from "mysql2/promise";
import type { Comparison } from "../../src/core/exact-json.ts";

/** A table, or a view with an `id`, and the index that its rows go to. */
export interface VerifiedTable {
  readonly database: string;
  readonly table: string;
  readonly index: string;
  /** The columns that make the document id, in order; absent = the primary key. */
  readonly id?: readonly string[];
  /** SQL: only rows for which it is true have a document. */
  readonly where?: string;
  /** Columns that are no fields. */
  readonly except?: readonly string[];
  /** Fields besides the columns: SQL whose value JSON_OBJECT prints as the document should have it. */
  readonly fields?: Readonly<Record<string, string>>;
}

/** What MySQL itself makes of a table's rows. */
export interface ExpectedTable {
  /** Gives `id` and `document` (JSON text) of every row, in key order. */
  readonly sql: string;
  /** How each field is compared, by its name. */
  readonly fields: ReadonlyMap<string, Comparison>;
}

interface ColumnRow extends RowDataPacket {
  readonly name: string;
  type: string;
  readonly fraction: number | string | null;
  readonly precision: number | string | null;
  readonly isKey: number | string;
}

/** Decimals of more digits are strings in documents: a double does not hold them. */
const MOST_NUMBER_DIGITS = 15;

/**
 * The query that makes a table's documents by MySQL's own functions, so that none of our decoders has a say; null when the table is not there.
 * The session must have `time_zone = '+00:00'`. Throws for a column type that it does not know.
 */
export async function expectedTable(
  connection: Connection,
  table: VerifiedTable,
): Promise<ExpectedTable | null> {
  const [columns] = await connection.query<ColumnRow[]>(
    `SELECT c.COLUMN_NAME AS name, c.DATA_TYPE AS type, c.DATETIME_PRECISION AS fraction,
            c.NUMERIC_PRECISION AS \`precision\`, COALESCE(s.SEQ_IN_INDEX, 0) AS isKey
       FROM information_schema.COLUMNS c
       LEFT JOIN information_schema.STATISTICS s
         ON s.TABLE_SCHEMA = c.TABLE_SCHEMA AND s.TABLE_NAME = c.TABLE_NAME
        AND s.COLUMN_NAME = c.COLUMN_NAME AND s.INDEX_NAME = 'PRIMARY'
      WHERE c.TABLE_SCHEMA = ? AND c.TABLE_NAME = ?
      ORDER BY c.ORDINAL_POSITION`,
    [table.database, table.table],
  );
  if (columns.length === 0) return null;
  await markJson(connection, table, columns);
  const primary = columns
    .filter((column) => Number(column.isKey) > 0)
    .toSorted((a, b) => Number(a.isKey) - Number(b.isKey));
  const key = table.id?.map((name) => columns.find((column) => column.name === name)!) ?? primary;
  if (key.length === 0) throw new Error(`${table.database}.${table.table} has no primary key`);
  const taken = columns.filter((column) => table.except?.includes(column.name) !== true);
  const added = Object.entries(table.fields ?? {});
  const pairs = [
    ...taken.map((column) => [column.name, valueExpression(column).sql] as const),
    ...added,
  ].map(([name, sql]) => `${quoteText(name)}, ${sql}`);
  const where = table.where === undefined ? "" : `WHERE ${table.where}`;
  return {
    sql: `SELECT ${idExpression(key)} AS id, CAST(JSON_OBJECT(${pairs.join(", ")}) AS CHAR) AS document
      FROM ${quoteName(table.database)}.${quoteName(table.table)} ${where}
      ORDER BY ${(primary.length > 0 ? primary : key).map((column) => quoteName(column.name)).join(", ")}`,
    fields: new Map([
      ...taken.map(
        (column) => [column.name, valueExpression(column).comparison ?? "exact"] as const,
      ),
      ...added.map(([name]) => [name, "exact"] as const),
    ]),
  };
}

/** MariaDB's JSON is text with a check. */
async function markJson(
  connection: Connection,
  { database, table }: VerifiedTable,
  columns: readonly ColumnRow[],
): Promise<void> {
  const [[server]] = await connection.query<RowDataPacket[]>("SELECT VERSION() AS version");
  if (!String(server?.["version"]).includes("MariaDB")) return;
  const [checks] = await connection.query<RowDataPacket[]>(
    "SELECT CHECK_CLAUSE AS clause FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = ? AND TABLE_NAME = ?",
    [database, table],
  );
  const clauses = new Set(checks.map((check) => String(check["clause"])));
  for (const column of columns)
    if (clauses.has(`json_valid(${quoteName(column.name)})`)) column.type = "mariadb json";
}

/** Parts of a composite key are joined by ":"; a ":" or "%" inside a part becomes %3A or %25. */
function idExpression(key: readonly ColumnRow[]): string {
  const texts = key.map((column) => `CAST(${valueExpression(column).sql} AS CHAR)`);
  if (texts.length === 1) return texts[0]!;
  const parts = texts.map((text) => `REPLACE(REPLACE(${text}, '%', '%25'), ':', '%3A')`);
  return `CONCAT_WS(':', ${parts.join(", ")})`;
}

/** An expression whose value JSON_OBJECT prints as the document should have it. */
function valueExpression(column: ColumnRow): { sql: string; comparison?: Comparison } {
  const name = quoteName(column.name);
  const fraction = Number(column.fraction ?? 0);
  switch (column.type) {
    case "tinyint":
    case "smallint":
    case "mediumint":
    case "int":
    case "bigint":
    case "json":
      return { sql: name };
    case "mariadb json":
      return { sql: `JSON_COMPACT(${name})` };
    case "decimal":
      return {
        sql: Number(column.precision) <= MOST_NUMBER_DIGITS ? name : `CAST(${name} AS CHAR)`,
      };
    case "float":
      return { sql: `(${name} + 0e0)`, comparison: "float" };
    case "double":
      return { sql: name, comparison: "double" };
    case "bit":
    case "year":
      return { sql: `(${name} + 0)` };
    case "date":
      return { sql: orNull(name, `DATE_FORMAT(${name}, '%Y-%m-%d')`) };
    case "datetime":
      return { sql: orNull(name, timeText(name, fraction)) };
    case "timestamp":
      return { sql: orNull(name, `CONCAT(${timeText(name, fraction)}, 'Z')`) };
    case "time":
      return { sql: `CAST(${name} AS CHAR)` };
    case "char":
    case "varchar":
    case "tinytext":
    case "text":
    case "mediumtext":
    case "longtext":
    case "enum":
    case "set":
      return { sql: `CONVERT(${name} USING utf8mb4)` };
    case "binary":
    case "varbinary":
    case "tinyblob":
    case "blob":
    case "mediumblob":
    case "longblob":
      return { sql: `REPLACE(TO_BASE64(${name}), '\\n', '')` };
    default:
      throw new Error(`cannot verify column ${column.name} of type ${column.type}`);
  }
}

function timeText(name: string, fraction: number): string {
  const length = fraction === 0 ? 19 : 20 + fraction;
  return `LEFT(DATE_FORMAT(${name}, '%Y-%m-%dT%H:%i:%s.%f'), ${length})`;
}

/** NULL in place of a date that no calendar has. */
function orNull(name: string, text: string): string {
  const isNoDay = `MONTH(${name}) = 0 OR DAYOFMONTH(${name}) = 0 OR DAYOFMONTH(${name}) > DAYOFMONTH(LAST_DAY(${name}))`;
  return `IF(${isNoDay}, NULL, ${text})`;
}

function quoteName(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}

function quoteText(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}

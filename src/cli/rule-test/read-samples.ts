import { TailraceError } from "../../core/errors.ts";
import type { JsonRow } from "../../core/json-row.ts";
import { type Column, type TableSchema, tableName } from "../../core/schema.ts";
import type { Connection } from "../../mysql/connection.ts";
import { keyLiteral } from "../../mysql/key-literal.ts";
import { quoteName, quoteTable } from "../../mysql/quote.ts";
import { selectExpression, selectValueToJson } from "../../mysql/select-values.ts";
import { TokenProblem, tokenize } from "../../query/token.ts";

/** Which rows of a table to look at. */
export type SampleChoice =
  /** The row of the primary key: the values of its columns, as text. */
  | { readonly kind: "key"; readonly values: readonly string[] }
  /** The rows with the greatest keys. */
  | { readonly kind: "newest" }
  /** Rows for which this condition is true. */
  | { readonly kind: "where"; readonly condition: string };

/**
 * Reads rows as they are now, `limit` at most, in a transaction that may only read. Throws SOURCE_* (the server's own words about a condition that it refuses) and
 * CONFIG_INVALID for what cannot be a key or a condition.
 */
export async function readSamples(
  connection: Connection,
  schema: TableSchema,
  { choice, limit }: { readonly choice: SampleChoice; readonly limit: number },
): Promise<readonly JsonRow[]> {
  const { columns } = schema;
  const list = columns.map((column, i) => `${selectExpression(column)} AS c${i}`).join(", ");
  const sql = `SELECT ${list} FROM ${quoteTable(schema)} ${clauses(schema, choice)} LIMIT ${limit}`;
  await connection.execute("START TRANSACTION READ ONLY");
  try {
    const rows = await connection.queryRaw(sql);
    return rows.map((row) =>
      columns.map((column, i) => {
        const value = row[i] ?? null;
        return value === null ? null : selectValueToJson(column, value);
      }),
    );
  } finally {
    await connection.execute("ROLLBACK");
  }
}

/**
 * The values of a key as it is given on the command line: one text, several with commas between them, or a JSON array for values that have commas themselves.
 */
export function parseKeyOption(text: string): readonly string[] {
  if (!text.startsWith("[")) return text.split(",");
  try {
    const values: unknown = JSON.parse(
      text,
      (_key, value: unknown, context?: { source?: string }) =>
        typeof value === "number" ? (context?.source ?? String(value)) : value,
    );
    if (Array.isArray(values) && values.every((value) => typeof value === "string")) return values;
  } catch {
    // said below
  }
  throw new TailraceError("CONFIG_INVALID", `--key ${text} is no JSON array of numbers and texts`);
}

function clauses(schema: TableSchema, choice: SampleChoice): string {
  const key = schema.primaryKey.map((index) => schema.columns[index]!);
  const order = key.map(({ name }) => `${quoteName(name)} DESC`).join(", ");
  switch (choice.kind) {
    case "key":
      return `WHERE ${keyCondition(schema, key, choice.values)}`;
    case "newest":
      return order === "" ? "" : `ORDER BY ${order}`;
    case "where":
      return `WHERE (${checkCondition(choice.condition)}\n)`;
  }
}

function keyCondition(
  schema: TableSchema,
  key: readonly Column[],
  values: readonly string[],
): string {
  if (key.length !== values.length) {
    const names = key.map(({ name }) => name).join(", ");
    const what = key.length === 0 ? "has no primary key: use --where" : `has the key (${names})`;
    throw new TailraceError(
      "CONFIG_INVALID",
      `${tableName(schema)} ${what}; --key has ${values.length} ${values.length === 1 ? "value" : "values"}`,
    );
  }
  return key
    .map((column, i) => `${quoteName(column.name)} = ${literalOf(column, values[i] ?? "")}`)
    .join(" AND ");
}

function literalOf(column: Column, text: string): string {
  const isNumber = /^(?:integer|decimal|bit|year|float|double)$/.test(column.type.kind);
  const bytes = /^0x((?:[0-9a-f]{2})*)$/i.exec(text)?.[1];
  const value =
    column.type.kind === "binary"
      ? Buffer.from(bytes ?? text, bytes === undefined ? "utf8" : "hex").toString("base64")
      : text;
  try {
    const literal = keyLiteral(column, isNumber ? text : JSON.stringify(value));
    if (literal !== null) return literal;
  } catch (error) {
    if (!(error instanceof TailraceError)) throw error;
  }
  throw new TailraceError(
    "CONFIG_INVALID",
    `--key: ${JSON.stringify(text)} is no value of ${column.name}, which is of type ${column.sqlType ?? column.type.kind}`,
  );
}

/** The condition, if it can stand in parentheses and nothing else can come of it than a condition. Throws CONFIG_INVALID. */
function checkCondition(text: string): string {
  const refuse = (why: string): never => {
    throw new TailraceError("CONFIG_INVALID", `--where ${text}: ${why}`);
  };
  let depth = 0;
  try {
    for (const token of tokenize(text)) {
      if (token.kind === "word" && token.text.toLowerCase() === "into")
        refuse("a condition has no INTO");
      if (token.kind !== "sign") continue;
      if (token.text === ";") refuse("a condition has no semicolon");
      if (token.text === "(") depth += 1;
      if (token.text === ")") depth -= 1;
      if (depth < 0) refuse("a parenthesis is closed that was not opened");
    }
  } catch (error) {
    if (error instanceof TokenProblem) refuse(error.message);
    throw error;
  }
  if (depth > 0) refuse("a parenthesis is not closed");
  return text;
}

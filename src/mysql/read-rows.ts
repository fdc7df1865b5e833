import { Backoff } from "../core/backoff.ts";
import { systemClock, type Clock } from "../core/clock.ts";
import type { JsonRow } from "../core/json-row.ts";
import type { KeyLiterals } from "../core/load.ts";
import { type Column, type TableSchema, tableName } from "../core/schema.ts";
import { TailraceError } from "../core/errors.ts";
import type { Connection, RawRow } from "./connection.ts";
import { keyLiteral } from "./key-literal.ts";
import { keysCondition } from "./key-range.ts";
import { quoteName, quoteTable } from "./quote.ts";
import { selectExpression, selectValueToJson } from "./select-values.ts";
import { parseVersion } from "./server.ts";
import { serverErrorNumber } from "./translate-error.ts";

/** Which rows to read. */
export interface KeyedRead {
  /** The table as the server defines it now. */
  readonly schema: TableSchema;
  /** Indices into the schema's columns of a unique key without NULLs. */
  readonly keyColumns: readonly number[];
  /** For each row the JSON of its key columns, in their order, as the stream writes values. */
  readonly keys: readonly (readonly string[])[];
  /** How long a row that another transaction holds is waited for, ms. Default 300,000. */
  readonly patienceMs?: number;
  readonly clock?: Clock;
}

/** Statements stay far below the smallest `max_allowed_packet` in use. */
const MAX_KEYS = 500;
const MAX_LITERAL_BYTES = 256 * 1024;
const ER_NO_SUCH_TABLE = 1146;
const ER_LOCK_WAIT_TIMEOUT = 1205;
const ER_LOCK_DEADLOCK = 1213;

/**
 * Reads rows by their keys as they are now: for each key the row, or null when there is none with exactly that key (nor the table). A key
 * is found through its index with the column's collation; what the collation alone takes for equal is left out.
 *
 * The read is FOR SHARE: a transaction is in the log before InnoDB commits it, so a plain SELECT made on seeing its event could still
 * return the row as it was. A locking read waits for that commit. Throws SOURCE_*.
 */
export async function readRowsByKey(
  connection: Connection,
  read: KeyedRead,
): Promise<readonly (JsonRow | null)[]> {
  const found = new Map<string, JsonRow>();
  for (const condition of conditions(read)) {
    for (const row of await readLocked(connection, read, condition)) {
      const values = read.schema.columns.map((column, i) => toJson(column, row[i] ?? null));
      found.set(keyText(read.keyColumns.map((column) => values[column] ?? "null")), values);
    }
  }
  return read.keys.map((key) => found.get(keyText(key)) ?? null);
}

function toJson(column: Column, value: Buffer | null): string | null {
  return value === null ? null : selectValueToJson(column, value);
}

function keyText(values: readonly string[]): string {
  return values.join("\0");
}

async function readLocked(
  connection: Connection,
  read: KeyedRead,
  condition: string,
): Promise<readonly RawRow[]> {
  const { schema, clock = systemClock, patienceMs = 300_000 } = read;
  const isOld = connection.isMariadb || parseVersion(connection.version) < 80_000;
  // names of our own, for the client refuses some (`__proto__`)
  const sql =
    `SELECT ${schema.columns.map((column, i) => `${selectExpression(column)} AS c${i}`).join(", ")} FROM ${quoteTable(schema)} ` +
    `WHERE ${condition} ${isOld ? "LOCK IN SHARE MODE" : "FOR SHARE"}`;
  const backoff = new Backoff(clock);
  const deadline = clock.now() + patienceMs;
  for (;;) {
    try {
      return await connection.queryRaw(sql);
    } catch (error) {
      const number = serverErrorNumber(error);
      if (number === ER_NO_SUCH_TABLE) return [];
      if (number !== ER_LOCK_WAIT_TIMEOUT && number !== ER_LOCK_DEADLOCK) throw error;
      if (clock.now() >= deadline) {
        const text = `rows of ${tableName(schema)} are locked by another transaction`;
        throw new TailraceError("SOURCE_QUERY_FAILED", text, { cause: error });
      }
      await clock.sleep(backoff.next());
    }
  }
}

/** WHERE conditions that cover the keys, each of a bounded size. */
function* conditions({ schema, keyColumns, keys }: KeyedRead): Generator<string> {
  const columns = keyColumns.map((index) => schema.columns[index]!);
  const names = columns.map((column) => quoteName(column.name));
  let batch: KeyLiterals[] = [];
  let bytes = 0;
  for (const key of keys) {
    const literals = columns.map((column, i) => keyLiteral(column, key[i] ?? "null"));
    if (literals.includes(null)) {
      yield names.map((name, i) => equals(name, literals[i]!)).join(" AND ");
      continue;
    }
    const found = literals.filter((literal) => literal !== null);
    batch.push(found);
    bytes += found.join("").length;
    if (batch.length === MAX_KEYS || bytes > MAX_LITERAL_BYTES) {
      yield keysCondition(columns, batch);
      batch = [];
      bytes = 0;
    }
  }
  if (batch.length > 0) yield keysCondition(columns, batch);
}

/** Dates that no calendar has share one JSON, so any of them may be meant. */
function equals(name: string, literal: string | null): string {
  return literal === null
    ? `(YEAR(${name}) = 0 OR MONTH(${name}) = 0 OR DAYOFMONTH(${name}) NOT BETWEEN 1 AND 28)`
    : `${name} = ${literal}`;
}

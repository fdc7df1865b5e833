import { type Clock, systemClock } from "../core/clock.ts";
import { TailraceError } from "../core/errors.ts";
import type {
  Chunk,
  ChunkReader,
  ChunkRows,
  ChunkTable,
  KeyLiterals,
  KeyRange,
} from "../core/load.ts";
import { tableName } from "../core/schema.ts";
import {
  describeChunkTable,
  describedTable,
  type DescribedTable,
  isDefinitionError,
  readDefinition,
} from "./chunk-table.ts";
import { type Connection, type ConnectionOptions, openConnection } from "./connection.ts";
import { keyOrder, keysCondition, rangeCondition } from "./key-range.ts";
import { keyExpression, storedLiteral } from "./key-values.ts";
import { quoteName, quoteTable } from "./quote.ts";
import { describeServer } from "./server.ts";
import type { TableName } from "./table-lookup.ts";
import { queryRows } from "./text-query.ts";
import type { TextRows } from "./text-result.ts";
import { isValueError, serverErrorNumber } from "./translate-error.ts";
import { openWatermarks, type Watermarks } from "./watermarks.ts";

/** Where chunks are read. */
export interface ChunkReaderOptions extends ConnectionOptions {
  /** The server whose log the watermarks are of, when rows are read from a replica of it. Default: the server that is read. */
  readonly source?: ConnectionOptions | undefined;
  /** The server whose log the watermarks must be of, as `ServerDescription.serverUuid`: behind one address it may be another one, whose places do not compare. */
  readonly serverUuid?: string | undefined;
  /** How long is waited for logged transactions to become visible, and for rows that others hold locked, ms. Default 300,000. */
  readonly patienceMs?: number | undefined;
  readonly clock?: Clock | undefined;
}

const FIVE_MINUTES_MS = 300_000;
const MINUTE_MS = 60_000;
/** Keys of one statement: it stays far below the smallest `max_allowed_packet` in use. */
const MAX_KEYS = 500;
const MAX_LITERAL_BYTES = 256 * 1024;

/** From this share of numbers that are keys on, chunks are bounded by numbers. */
const MIN_DENSITY = 0.5;

const ER_LOCK_WAIT_TIMEOUT = 1205;
const ER_LOCK_DEADLOCK = 1213;

/** Opens the connections of a reader of chunks: one, two when rows come from a replica. Throws SOURCE_*. */
export async function openChunkReader(options: ChunkReaderOptions): Promise<ChunkReader> {
  const { source: sourceOptions, patienceMs = FIVE_MINUTES_MS, clock = systemClock } = options;
  // the server's own waiting is to end before a query's
  const queryTimeoutMs = patienceMs + MINUTE_MS;
  const reading = await openReading(options, queryTimeoutMs);
  let source = reading;
  try {
    if (sourceOptions !== undefined) source = await openReading(sourceOptions, queryTimeoutMs);
    if (options.serverUuid !== undefined) await checkServer(source, options.serverUuid);
    const marks = await openWatermarks({ source, reading, patienceMs, clock });
    return new MysqlChunkReader({ source, reading, marks, patienceMs, clock });
  } catch (error) {
    reading.destroy();
    source.destroy();
    throw error;
  }
}

/** Throws SOURCE_UNREACHABLE when it is another server: the one that is meant may come back, or whoever follows its log finds out. */
async function checkServer(source: Connection, serverUuid: string): Promise<void> {
  const found = await describeServer(source);
  if (found.serverUuid === serverUuid) return;
  throw new TailraceError(
    "SOURCE_UNREACHABLE",
    `${source.name} now is server ${found.serverUuid} instead of ${serverUuid}`,
  );
}

async function openReading(
  options: ConnectionOptions,
  queryTimeoutMs: number,
): Promise<Connection> {
  const connection = await openConnection({ queryTimeoutMs, ...options });
  try {
    // What ends statements of applications that take long is not meant for us.
    await connection.execute(
      connection.isMariadb
        ? "SET SESSION max_statement_time = 0, net_write_timeout = 600"
        : "SET SESSION max_execution_time = 0, net_write_timeout = 600 /*!80003 , information_schema_stats_expiry = 0 */",
    );
  } catch (error) {
    connection.destroy();
    throw error;
  }
  return connection;
}

interface Parts {
  readonly source: Connection;
  readonly reading: Connection;
  readonly marks: Watermarks;
  readonly patienceMs: number;
  readonly clock: Clock;
}

class MysqlChunkReader implements ChunkReader {
  readonly #parts: Parts;
  readonly #dense = new WeakMap<DescribedTable, boolean>();
  #running = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  describe(database: string, table: string): Promise<ChunkTable | null> {
    return this.#run(() => describeChunkTable(this.#parts.reading, database, table));
  }

  estimateRows(table: ChunkTable): Promise<number | null> {
    return this.#run(() => this.#estimate(table));
  }

  async #estimate({ schema }: ChunkTable): Promise<number | null> {
    const [row] = await this.#parts.reading.query(
      "SELECT TABLE_ROWS estimate FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?",
      [schema.database, schema.table],
    );
    const estimate = row?.["estimate"] ?? null;
    return estimate === null ? null : Number(estimate);
  }

  lastKey(chunkTable: ChunkTable): Promise<KeyLiterals | null> {
    const table = describedTable(chunkTable);
    return this.#run(async () => {
      const { marks } = this.#parts;
      const { result } = await this.#between(() =>
        this.#readKey(table, `${keyOrder(table, true)} LIMIT 1${marks.lock}`),
      );
      return result;
    });
  }

  keyAfter(chunkTable: ChunkTable, range: KeyRange, rows: number): Promise<KeyLiterals | null> {
    return this.#run(() => this.#keyAfter(describedTable(chunkTable), range, rows));
  }

  boundAfter(chunkTable: ChunkTable, range: KeyRange, rows: number): Promise<KeyLiterals | null> {
    const table = describedTable(chunkTable);
    return this.#run(
      async () =>
        (await this.#denseKeyAfter(table, range, rows)) ?? this.#keyAfter(table, range, rows),
    );
  }

  async #keyAfter(
    table: DescribedTable,
    range: KeyRange,
    rows: number,
  ): Promise<KeyLiterals | null> {
    const where = whereOf([rangeCondition(table.parts, range)]);
    const key =
      (await this.#readKey(
        table,
        `${where} ${keyOrder(table, false)} LIMIT 1 OFFSET ${rows - 1}`,
      )) ?? (await this.#readKey(table, `${where} ${keyOrder(table, true)} LIMIT 1`));
    if (key !== null && key.every((literal, i) => literal === range.after?.[i])) {
      const text = `chunks of ${tableName(table.schema)} do not move on behind a key: the server finds it again`;
      throw new TailraceError("SNAPSHOT_KEY_UNUSABLE", text);
    }
    return key;
  }

  /**
   * Of a number and the `rows` numbers behind it no more than `rows` are keys. Where most numbers are keys, the last one of these that is one ends a chunk, and the server finds
   * it at once; counting rows costs it a third of what reading them does (0.3 µs a row). Null where keys are not such numbers, or none of these is one.
   */
  async #denseKeyAfter(
    table: DescribedTable,
    { after, upTo }: KeyRange,
    rows: number,
  ): Promise<KeyLiterals | null> {
    if (after === null || !(await this.#isDense(table))) return null;
    const bound = [String(BigInt(after[0]!) + BigInt(rows))];
    const where = whereOf([
      rangeCondition(table.parts, { after, upTo }),
      rangeCondition(table.parts, { after: null, upTo: bound }),
    ]);
    return this.#readKey(table, `${where} ${keyOrder(table, true)} LIMIT 1`);
  }

  async #isDense(table: DescribedTable): Promise<boolean> {
    const [part, ...others] = table.parts;
    if (others.length > 0 || part!.isDescending || part!.column.type.kind !== "integer")
      return false;
    let isDense = this.#dense.get(table);
    if (isDense === undefined) {
      const first = await this.#readKey(table, `${keyOrder(table, false)} LIMIT 1`);
      const last = await this.#readKey(table, `${keyOrder(table, true)} LIMIT 1`);
      const estimate = (await this.#estimate(table)) ?? 0;
      const numbers = first === null || last === null ? 0 : Number(last[0]) - Number(first[0]) + 1;
      isDense = estimate >= MIN_DENSITY * numbers;
      this.#dense.set(table, isDense);
    }
    return isDense;
  }

  read(chunkTable: ChunkTable, rows: ChunkRows, limitBytes?: number): Promise<Chunk> {
    const table = describedTable(chunkTable);
    return this.#run(async () => {
      const conditions = [...conditionsOf(table, rows)];
      const { result, low, high } = await this.#between(async () => {
        const parts: TextRows[] = [];
        let bytes = 0;
        for (const condition of conditions) {
          const left = limitBytes && limitBytes - bytes;
          const part = await this.#select(table, condition, left).catch((error: unknown) => {
            // of the values of a row, for which nothing but the condition asks: it would be so each time
            const isRefused = rows.kind === "range" && rows.where !== undefined;
            throw isRefused && isValueError(error) ? refusedWhere(table.schema, error) : error;
          });
          bytes += part.bytes;
          parts.push(part);
        }
        await this.#checkDefinition(table);
        return { parts, bytes };
      });
      return {
        table: table.version,
        buffers: result.parts.flatMap(({ buffers }) => buffers),
        rows: result.parts.reduce((sum, part) => sum + part.rows, 0),
        bytes: result.bytes,
        low,
        high,
      };
    });
  }

  checkWhere(chunkTable: ChunkTable, where: string): Promise<void> {
    const { schema } = chunkTable;
    const { reading } = this.#parts;
    return this.#run(async () => {
      const from = `FROM ${quoteTable(schema)}`;
      try {
        await queryRows(reading, `SELECT 1 ${from} WHERE (\n${where}\n) LIMIT 0`);
        // a text that closes the parenthesis and opens another one is none here
        await queryRows(reading, `SELECT 1 ${from} WHERE IF(\n${where}\n, 1, 0) LIMIT 0`);
        // some errors come only when a row is looked at
        await queryRows(reading, `SELECT IF(\n${where}\n, 1, 0) ${from} LIMIT 1`);
      } catch (error) {
        if (serverErrorNumber(error) === undefined) throw error;
        throw refusedWhere(schema, error);
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { source, reading } = this.#parts;
    if (this.#running > 0) {
      reading.destroy();
      source.destroy();
    }
    await reading[Symbol.asyncDispose]();
    if (source !== reading) await source[Symbol.asyncDispose]();
  }

  async #run<Result>(call: () => Promise<Result>): Promise<Result> {
    this.#running++;
    try {
      return await call();
    } finally {
      this.#running--;
    }
  }

  /** Reads between two watermarks; again, from the low one on, while another transaction holds rows. */
  async #between<Result>(
    read: () => Promise<Result>,
  ): Promise<{ result: Result; low: Chunk["low"]; high: Chunk["high"] }> {
    const { source, reading, marks, clock, patienceMs } = this.#parts;
    const deadline = clock.now() + patienceMs;
    for (;;) {
      const low = await marks.begin();
      let result: Result;
      try {
        result = await read();
      } catch (error) {
        // a connection that goes on being used must not keep what `begin` opened
        if (!source.isClosed && !reading.isClosed) await marks.end();
        const number = serverErrorNumber(error);
        const isLocked = number === ER_LOCK_WAIT_TIMEOUT || number === ER_LOCK_DEADLOCK;
        if (isLocked && clock.now() < deadline) continue;
        throw error;
      }
      return { result, low, high: await marks.end() };
    }
  }

  async #select(table: DescribedTable, condition: string, limitBytes?: number): Promise<TextRows> {
    const { reading, marks } = this.#parts;
    const sql = `SELECT ${table.selected} ${fromOf(table)} ${condition}${marks.lock}`;
    const rows = await this.#checked(table, () => queryRows(reading, sql, limitBytes));
    if (rows.signature !== table.signature) throw changed(table);
    return rows;
  }

  /** Rows without a column that was added meanwhile would replace what the stream has written of it. Looked at behind the rows: what changes later has a higher version. */
  async #checkDefinition(table: DescribedTable): Promise<void> {
    const now = await this.#checked(table, () => readDefinition(this.#parts.reading, table.schema));
    if (now !== table.definition) throw changed(table);
  }

  /** The key of the first row of a SELECT that ends with `rest`. */
  async #readKey(table: DescribedTable, rest: string): Promise<KeyLiterals | null> {
    const keys = table.parts.map(({ column }, i) => `${keyExpression(column)} AS k${i}`);
    const sql = `SELECT ${keys.join(", ")} ${fromOf(table)} ${rest}`;
    const [row] = await this.#checked(table, () => this.#parts.reading.queryRaw(sql));
    if (row === undefined) return null;
    return table.parts.map(({ column }, i) => storedLiteral(column, row[i] ?? Buffer.alloc(0)));
  }

  async #checked<Result>(table: DescribedTable, query: () => Promise<Result>): Promise<Result> {
    try {
      return await query();
    } catch (error) {
      if (isDefinitionError(error)) throw changed(table, error);
      throw error;
    }
  }
}

function fromOf(table: DescribedTable): string {
  return `FROM ${quoteTable(table.schema)} FORCE INDEX (${quoteName(table.keyName)})`;
}

function whereOf(conditions: readonly (string | null)[]): string {
  const told = conditions.filter((condition) => condition !== null);
  return told.length === 0 ? "" : `WHERE ${told.join(" AND ")}`;
}

function changed({ schema }: DescribedTable, cause?: unknown): TailraceError {
  const text = `${tableName(schema)} is no longer as it was described`;
  return new TailraceError("SNAPSHOT_ROW_CHANGED", text, { cause });
}

function refusedWhere(table: TableName, cause: unknown): TailraceError {
  const answer = cause instanceof Error ? cause.message : String(cause);
  const text = `the condition for ${tableName(table)} is refused: ${answer}`;
  return new TailraceError("SNAPSHOT_WHERE_INVALID", text, { cause });
}

/** What follows FROM: one condition for a range, one for each bounded number of keys. */
function* conditionsOf(table: DescribedTable, rows: ChunkRows): Generator<string> {
  if (rows.kind === "range") {
    const where = rows.where === undefined ? null : `(\n${rows.where}\n)`;
    yield whereOf([rangeCondition(table.parts, rows.range), where]);
    return;
  }
  const columns = table.parts.map(({ column }) => column);
  let batch: KeyLiterals[] = [];
  let bytes = 0;
  for (const key of rows.keys) {
    batch.push(key);
    bytes += key.join("").length;
    if (batch.length < MAX_KEYS && bytes < MAX_LITERAL_BYTES) continue;
    yield `WHERE ${keysCondition(columns, batch)}`;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield `WHERE ${keysCondition(columns, batch)}`;
}

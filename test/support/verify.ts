import { createConnection, type Connection } from "mysql2";
import { createDocumentReader, type DocumentReader } from "./verify-documents.ts";
import { expectedTable, type ExpectedTable, type VerifiedTable } from "./verify-expected.ts";
import { isSameJson, JsonNumber, parseExact } from "../../src/core/exact-json.ts";

export type { VerifiedTable } from "./verify-expected.ts";

/** What is compared. */
export interface VerifyOptions {
  /** With an account that may SELECT the tables: `mysql://user:password@host:port/`. */
  readonly mysql: URL | string;
  readonly elasticsearch: URL | string;
  readonly tables: readonly VerifiedTable[];
  /** How many differences are described, default 20. All are counted. */
  readonly maxDifferences?: number;
}

/** What comparing one table with its index gave, in rows. */
export interface VerifiedRows {
  readonly table: string;
  readonly index: string;
  rows: number;
  equal: number;
  /** Rows without a document. */
  missing: number;
  /** Rows whose document says something else. */
  different: number;
}

/** A row and its document that do not agree. Texts are JSON. */
export interface Difference {
  readonly kind: "missing" | "different" | "extra";
  readonly table: string;
  readonly index: string;
  readonly id: string;
  /** Of a document that says something else: where, what the row has and what the document has (undefined = no such field). */
  readonly field?: string;
  readonly expected?: string | undefined;
  readonly found?: string | undefined;
}

/** What {@link verifyTables} found. */
export interface VerifyResult {
  readonly isEqual: boolean;
  readonly tables: readonly VerifiedRows[];
  /** Documents and, of these, documents without a row, by index. */
  readonly documents: ReadonlyMap<string, { readonly count: number; readonly extra: number }>;
  /** The first ones found. */
  readonly differences: readonly Difference[];
}

interface ExpectedRow {
  readonly id: string;
  readonly document: string;
}

const BATCH_ROWS = 1000;

/**
 * Compares every row with its document field by field, and looks for documents without a row. What a document should hold is computed by MySQL's own
 * functions. A field that is absent counts as null, as it does for Elasticsearch. Rows are streamed; only the ids are held.
 */
export async function verifyTables(options: VerifyOptions): Promise<VerifyResult> {
  const connection = await connect(options.mysql);
  const documents = createDocumentReader(options.elasticsearch);
  const collected = new Collected(options.maxDifferences ?? 20);
  try {
    for (const table of options.tables) {
      await documents.refresh(table.index);
      const expected = await expectedTable(connection.promise(), table);
      await compareTable(connection, documents, { table, expected, collected });
    }
  } finally {
    connection.destroy();
  }
  for (const index of new Set(options.tables.map((table) => table.index)))
    for await (const ids of documents.ids(index)) collected.checkIds(index, ids);
  return collected.result(options.tables);
}

class Collected {
  readonly #most: number;
  readonly #tables = new Map<VerifiedTable, VerifiedRows>();
  readonly #ids = new Map<string, Set<string>>();
  readonly #documents = new Map<string, { count: number; extra: number }>();
  readonly #differences: Difference[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  rowsOf(table: VerifiedTable): VerifiedRows {
    const name = `${table.database}.${table.table}`;
    return entry(this.#tables, table, () => ({
      table: name,
      index: table.index,
      rows: 0,
      equal: 0,
      missing: 0,
      different: 0,
    }));
  }

  addId(index: string, id: string): void {
    entry(this.#ids, index, () => new Set()).add(id);
  }

  checkIds(index: string, ids: readonly string[]): void {
    const known = this.#ids.get(index);
    const counts = entry(this.#documents, index, () => ({ count: 0, extra: 0 }));
    counts.count += ids.length;
    for (const id of ids) {
      if (known?.has(id) === true) continue;
      counts.extra++;
      this.addDifference({ kind: "extra", table: "", index, id });
    }
  }

  addDifference(difference: Difference): void {
    if (this.#differences.length < this.#most) this.#differences.push(difference);
  }

  result(tables: readonly VerifiedTable[]): VerifyResult {
    const rows = tables.map((table) => this.rowsOf(table));
    for (const { index } of tables) entry(this.#documents, index, () => ({ count: 0, extra: 0 }));
    return {
      isEqual:
        rows.every((table) => table.equal === table.rows) &&
        [...this.#documents.values()].every((counts) => counts.extra === 0),
      tables: rows,
      documents: this.#documents,
      differences: this.#differences,
    };
  }
}

interface ComparedTable {
  readonly table: VerifiedTable;
  readonly expected: ExpectedTable | null;
  readonly collected: Collected;
}

async function compareTable(
  connection: Connection,
  documents: DocumentReader,
  compared: ComparedTable,
): Promise<void> {
  if (compared.expected === null) return;
  const stream = connection.query(compared.expected.sql).stream({ highWaterMark: BATCH_ROWS });
  let batch: ExpectedRow[] = [];
  for await (const row of stream as AsyncIterable<ExpectedRow>) {
    batch.push(row);
    if (batch.length < BATCH_ROWS) continue;
    await compareRows(batch, documents, compared);
    batch = [];
  }
  if (batch.length > 0) await compareRows(batch, documents, compared);
}

async function compareRows(
  rows: readonly ExpectedRow[],
  documents: DocumentReader,
  { table, expected, collected }: ComparedTable,
): Promise<void> {
  const counts = collected.rowsOf(table);
  const place = { table: counts.table, index: table.index };
  const ids = rows.map((row) => row.id);
  const found = await documents.get(table.index, ids);
  for (const [i, { id, document }] of rows.entries()) {
    counts.rows++;
    collected.addId(table.index, id);
    const source = found[i] ?? null;
    if (source === null) {
      counts.missing++;
      collected.addDifference({ kind: "missing", ...place, id });
      continue;
    }
    const row = parseExact(document) as Record<string, unknown>;
    const fields = differingFields(row, source, expected!);
    if (fields.length === 0) {
      counts.equal++;
      continue;
    }
    counts.different++;
    for (const field of fields)
      collected.addDifference({
        kind: "different",
        ...place,
        id,
        field,
        expected: textOf(row[field]),
        found: textOf(source[field]),
      });
  }
}

/** Names of the fields in which a document does not say what the row does. */
function differingFields(
  row: Readonly<Record<string, unknown>>,
  document: Readonly<Record<string, unknown>>,
  { fields }: ExpectedTable,
): string[] {
  const names = new Set([...Object.keys(row), ...Object.keys(document)]);
  return [...names].filter((name) => {
    const value = document[name] ?? null;
    // A field that no column has is wrong whatever it holds: it belongs to a column of the past.
    if (!fields.has(name)) return value !== null;
    return !isSameJson(row[name] ?? null, value, fields.get(name));
  });
}

/** JSON, numbers as they were written. */
function textOf(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (value instanceof JsonNumber) return value.text;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(textOf).join(",")}]`;
  const pairs = Object.entries(value).map(
    ([key, item]) => `${JSON.stringify(key)}:${textOf(item)}`,
  );
  return `{${pairs.join(",")}}`;
}

async function connect(mysql: URL | string): Promise<Connection> {
  const url = new URL(mysql);
  const connection = createConnection({
    host: url.hostname,
    port: Number(url.port || 3306),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    charset: "utf8mb4",
    supportBigNumbers: true,
    bigNumberStrings: true,
  });
  await connection.promise().query("SET time_zone = '+00:00', sql_mode = ''");
  return connection;
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

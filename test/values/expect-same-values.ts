import { expect } from "vitest";
import type { Column, ColumnType } from "../../src/core/schema.ts";
import { createValueParser, parseMoment } from "../../src/core/column-value.ts";
import { openConnection, parseConnectionUrl, type RawRow } from "../../src/mysql/connection.ts";
import { quoteName } from "../../src/mysql/quote.ts";
import { selectExpression, selectValueToJson } from "../../src/mysql/select-values.ts";
import { describeTable } from "../../src/mysql/table-lookup.ts";
import { queryRows } from "../../src/mysql/text-query.ts";
import { createTextRowLayout } from "../../src/mysql/text-row-layout.ts";
import { compileRowTexts } from "../../src/transport/row-texts.ts";
import { openTestDatabase, type TestDatabase } from "../support/mysql.ts";
import { recordChanges } from "../support/recorded-changes.ts";

/** A column under test. */
export interface Probe {
  /** The column's type in SQL. */
  readonly type: string;
  /** SQL literals; row i has the i-th, shorter lists begin again. */
  readonly values: readonly string[];
  /**
   * The server's own word on the value: an SQL expression for its JSON text from column `c`, NULL for `null`; or that it reads our text back as the
   * same value (floating-point numbers have more than one text); or nothing, where another test asks the server.
   */
  readonly expected: ((c: string) => string) | "reads back" | "elsewhere";
}

/**
 * Stores the probes' values in a table and compares, for each value, the JSON written from the row image with the JSON of the same value read by
 * SELECT, alone and in a row packet, byte for byte, and with the text that the server makes of it. `setting`, a statement, comes first in the session.
 */
export async function expectSameValues(
  server: "mysql" | "mariadb" | URL,
  probes: readonly Probe[],
  setting = "",
): Promise<void> {
  await using db = await openTestDatabase(server);
  if (setting !== "") await db.query(setting);
  const columns = probes.map((probe, i): ProbeColumn => ({ ...probe, name: `c${i}` }));
  const documents = await storeAndRecord(db, columns);
  expect(documents).toEqual(await selectDocuments(db));
  await expectServerPrints(db, columns, documents);
  await expectServerReadsBack(db, columns, documents);
}

interface ProbeColumn extends Probe {
  readonly name: string;
}

/** Creates the table `t`, inserts the values and returns the documents made from the row images. */
async function storeAndRecord(
  db: TestDatabase,
  columns: readonly ProbeColumn[],
): Promise<string[]> {
  await db.query("SET SESSION sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'");
  const definitions = columns.map((column) => `${column.name} ${column.type}`);
  await db.query(`CREATE TABLE t (id INT PRIMARY KEY, ${definitions.join(", ")})`);
  const names = ["id", ...columns.map((column) => column.name)];
  const count = Math.max(...columns.map((column) => column.values.length));
  const rows = Array.from({ length: count }, (_, row) =>
    [row, ...columns.map(({ values }) => values[row % values.length])].join(", "),
  );
  const changes = await recordChanges({
    url: db.url.href,
    database: db.name,
    rule: { decimals: "number" },
    work: async () =>
      void (await db.query(`INSERT INTO t (${names.join(", ")}) VALUES (${rows.join("), (")})`)),
  });
  expect(changes.gaps).toEqual([]);
  return changes.actions.map((action) =>
    action.kind === "index" ? action.document : `a delete of ${action.id}`,
  );
}

/** Every row read by SELECT as the document that {@link selectValueToJson} makes of it, which the layout of row packets has to write, too. */
async function selectDocuments(db: TestDatabase): Promise<string[]> {
  await using connection = await openConnection(parseConnectionUrl(db.url.href));
  const table = await describeTable(connection, db.name, "t");
  const columns = table?.schema.columns ?? [];
  const sql = `SELECT ${columns.map(selectExpression).join(", ")} FROM ${quoteName(db.name)}.t ORDER BY id`;
  const rows = await connection.queryRaw(sql);
  const documents = rows.map((row) =>
    joinFields(columns.map((c, i) => [c.name, selectValueToJson(c, row[i] ?? null)])),
  );
  const { buffers } = await queryRows(connection, sql);
  expect(textDocuments(columns, buffers)).toEqual(documents);
  expectTextValues(columns, buffers, rows);
  return documents;
}

/** Row packets as documents. */
function textDocuments(columns: readonly Column[], buffers: readonly Buffer[]): string[] {
  const readRow = compileRowTexts(createTextRowLayout(columns));
  return buffers.flatMap((bytes) => {
    const documents: string[] = [];
    for (const next = { p: 0 }; next.p < bytes.length;) {
      const row = readRow(bytes, next.p, bytes.length, next);
      documents.push(joinFields(columns.map(({ name }, i) => [name, row[i] ?? "null"])));
    }
    return documents;
  });
}

async function expectServerPrints(
  db: TestDatabase,
  columns: readonly ProbeColumn[],
  documents: readonly string[],
): Promise<void> {
  const printed = columns.flatMap(({ name, expected }) =>
    typeof expected === "string" ? [] : [`${expected(name)} ${name}`],
  );
  const rows = await db.query(`SELECT ${["id", ...printed].join(", ")} FROM t ORDER BY id`);
  const others = columns.filter(({ expected }) => typeof expected === "string");
  if (others.length === columns.length) return;
  const comparable = documents.map((document) =>
    others.reduce((text, { name }) => text.replace(new RegExp(`,"${name}":[^,}]*`), ""), document),
  );
  expect(comparable).toEqual(
    rows.map((row) => joinFields(Object.entries(row).map(([name, json]) => [name, String(json)]))),
  );
}

/** Row packets read for expressions have the values that the documents' JSON stands for; a date that no calendar has is told by the server's text. */
function expectTextValues(
  columns: readonly Column[],
  buffers: readonly Buffer[],
  rows: readonly RawRow[],
): void {
  const readable = columns.map(({ type }) => isReadable(type));
  const layout = createTextRowLayout(columns);
  const parts = columns.map((_, i) => {
    const read = readable[i] ? `${layout.readValue(i, "v")} row.push(v);` : layout.skip(i);
    return `if (${layout.isNull(i)}) { ${layout.skipNull!()} ${readable[i] ? "row.push(null);" : ""} } else { ${read} }`;
  });
  const source = `return function (b, end) {
    const rows = [];
    for (let p = 0; p < end;) { let v; const row = []; ${layout.begin()} ${parts.join("\n")} rows.push(row); }
    return rows;
  };`;
  // our own source: it names no table and no column
  // oxlint-disable-next-line typescript/no-implied-eval
  const readRows = new Function(...Object.keys(layout.helpers), source)(
    ...Object.values(layout.helpers),
  ) as (b: Buffer, end: number) => unknown[][];
  const values = buffers.flatMap((bytes) => readRows(bytes, bytes.length));
  const expected = rows.map((row) =>
    columns.flatMap((column, i): unknown[] => {
      if (!readable[i]) return [];
      const bytes = row[i] ?? null;
      const json = selectValueToJson(column, bytes);
      if (bytes === null) return [null];
      if (json !== "null" || column.type.kind === "json") {
        const isLabel = column.type.kind === "enum" || column.type.kind === "set";
        // as the server tells labels
        const text = isLabel ? json.replaceAll(/[\u{10000}-\u{10ffff}]/gu, "?") : json;
        return [createValueParser(column.type)(text)];
      }
      // as a date that the calendar has, its day put back
      const [year, month, day] = bytes.toString("latin1").slice(0, 10).split("-").map(Number);
      const parsed = parseMoment(bytes.toString("latin1"));
      return [{ ...parsed, year, month, day }];
    }),
  );
  expect(values).toEqual(expected);
}

/** MariaDB's JSON may be text that is none. */
function isReadable(type: ColumnType): boolean {
  return type.kind === "json" ? !type.text : type.kind !== "geometry" && type.kind !== "vector";
}

/** Inserts the numbers of the documents into a table like `t` and lets the server compare. */
async function expectServerReadsBack(
  db: TestDatabase,
  columns: readonly ProbeColumn[],
  documents: readonly string[],
): Promise<void> {
  const names = columns.flatMap(({ name, expected }) => (expected === "reads back" ? [name] : []));
  if (names.length === 0) return;
  const rows = documents.map((document) => {
    const numbers = JSON.parse(document) as Record<string, number | null>;
    return ["id", ...names].map((name) => JSON.stringify(numbers[name])).join(", ");
  });
  await db.query("CREATE TABLE u LIKE t");
  await db.query(`INSERT INTO u (id, ${names.join(", ")}) VALUES (${rows.join("), (")})`);
  const differs = names.map((name) => `NOT (t.${name} <=> u.${name})`).join(" OR ");
  expect(await db.query(`SELECT t.id FROM t JOIN u USING (id) WHERE ${differs}`)).toEqual([]);
}

function joinFields(fields: readonly (readonly [string, string])[]): string {
  return `{${fields.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(",")}}`;
}

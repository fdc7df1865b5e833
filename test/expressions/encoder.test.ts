import { expect, test } from "vitest";
import type { RuleOptions } from "../../src/core/rule.ts";
import { openChunkReader } from "../../src/mysql/chunk-reader.ts";
import { parseConnectionUrl } from "../../src/mysql/connection.ts";
import { selectValueToJson } from "../../src/mysql/select-values.ts";
import { fieldTypeOf } from "../../src/expression/to-json.ts";
import { compileEncoder } from "../../src/rules/encoder.ts";
import { openTestDatabase, type TestDatabase } from "../support/mysql.ts";
import { testRule } from "../support/rules.ts";
import { SEED } from "../support/seed.ts";
import {
  type RecordedAction,
  recordChanges,
  RecordingWriter,
} from "../support/recorded-changes.ts";
import { asked, difference } from "./agree.ts";
import { COLUMNS, readRows } from "./compare.ts";
import { Generator } from "./generate.ts";
import { evaluateHere, type Ours } from "./here.ts";
import { type Answer, Oracle } from "./oracle.ts";
import { probeTableSql } from "./probe-table.ts";
import { Random } from "./random.ts";

const ROWS = 40;
const EXPRESSIONS = 120;

type Usable = Extract<Ours, { type: unknown }>;

/** What a document has of a value of this type that MySQL printed so. */
function expectedJson(ours: Usable, value: Buffer | null): string {
  if (value === null) return "null";
  const type = fieldTypeOf(ours.type);
  if (type.kind === "any" || type.kind === "list" || type.kind === "boolean")
    throw new Error(`no expression of SQL has type ${type.kind}`);
  if (type.kind === "geo_point") throw new Error("no expression of SQL is a geo_point");
  const json = selectValueToJson({ name: "x", nullable: true, type }, value);
  // IF and CASE show each value with digits of its own; a document's field has those of its type
  return type.kind === "decimal" ? withScale(json, type.scale) : json;
}

function withScale(number: string, scale: number): string {
  const [whole, fraction = ""] = number.split(".");
  return scale === 0 ? whole! : `${whole}.${fraction.padEnd(scale, "0")}`;
}

function fieldsOf(action: RecordedAction): readonly string[] {
  if (action.kind !== "index") throw new Error("a row was deleted");
  // the documents' names are x0, x1, …: what stands between them are values
  return action.document
    .slice(0, -1)
    .split(/[{,]"x\d+":/)
    .slice(1);
}

/** The documents that a load makes of the rows of a table, as a SELECT gives them. */
async function loadedDocuments(
  db: TestDatabase,
  name: string,
  rule: Partial<RuleOptions>,
): Promise<readonly unknown[]> {
  await using reader = await openChunkReader(parseConnectionUrl(db.url.href));
  const table = (await reader.describe(db.name, name))!;
  const range = { after: null, upTo: null };
  const chunk = await reader.read(table, { kind: "range", range });
  const encoder = compileEncoder(testRule(rule), chunk.table);
  const writer = new RecordingWriter();
  for (const bytes of chunk.buffers)
    expect(encoder.insert(bytes, 0, bytes.length, writer)).toBe(bytes.length);
  return writer.actions.map((action) => (action.kind === "index" ? action.document : action));
}

test.each([1, 2, SEED])(
  "documents of a query's rows in the binary log are what the same SELECT gives, seed %i",
  async (seed) => {
    const random = new Random(seed);
    await using db = await openTestDatabase();
    for (const statement of probeTableSql(random, ROWS)) await db.query(statement);
    await using oracle = await Oracle.open(db.url, db.name);
    const ids = Array.from({ length: ROWS }, (_, row) => row + 1);
    const rows = await readRows(oracle, ROWS);
    const generator = new Generator(random, (sql) => "type" in evaluateHere(sql, COLUMNS, []));

    const chosen: { readonly sql: string; readonly ours: Usable; readonly answer: Answer }[] = [];
    for (let attempt = 0; chosen.length < EXPRESSIONS && attempt < 5_000; attempt++) {
      const { sql, template } = generator.expression(1 + random.below(3));
      const ours = evaluateHere(sql, COLUMNS, rows);
      // a column alone passes through and has nothing of expressions; rows that fail have no documents
      if (template === null || !("type" in ours) || ours.type.kind === "null") continue;
      if (ours.values.some((value) => typeof value === "number" || value instanceof Error))
        continue;
      const [answer] = await oracle.ask([asked(sql, ours.type)], ids);
      // whether the values are right is the business of the comparison
      if (difference(ours, answer!) !== null) continue;
      // a SELECT shows six digits of a FLOAT, a document all
      const isFloat = ours.type.kind === "double" && ours.type.isFloat === true;
      const [exact] = isFloat ? await oracle.ask([`(${sql}) * 1e0`], ids) : [answer];
      chosen.push({ sql, ours, answer: exact! });
    }
    expect(chosen).toHaveLength(EXPRESSIONS);

    const items = chosen.map(({ sql }, i) => `${sql} as x${i}`);
    const query = `select ${items.join(",\n")}\nfrom ${db.name}.copy`;
    const rule = { query, decimals: "number" } as const;
    const { actions } = await recordChanges({
      url: db.url.href,
      database: db.name,
      rule,
      work: async () => {
        await db.query("set session sql_mode = ''");
        await db.query("create table copy like probe; insert into copy select * from probe");
      },
    });
    expect(actions).toHaveLength(ROWS);
    expect(await loadedDocuments(db, "copy", rule)).toEqual(
      actions.map((action) => (action.kind === "index" ? action.document : action)),
    );
    for (const [row, action] of actions.entries()) {
      const fields = fieldsOf(action);
      for (const [i, { sql, ours, answer }] of chosen.entries()) {
        const value = answer.values[row] as Buffer | null;
        const expected = expectedJson(ours, value);
        expect(fields[i], `row ${row}: ${sql}`).toBe(expected);
      }
    }
  },
);

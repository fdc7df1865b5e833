import { expect, test } from "vitest";
import { createBinlogLayout } from "../binlog/row-layout.ts";
import type { TableVersion } from "../core/row-layout.ts";
import type { Column, ColumnType } from "../core/schema.ts";
import { ActionCollector } from "../cli/rule-test/collect-actions.ts";
import { testRule } from "../../test/support/rules.ts";
import type { RuleOptions } from "../core/rule.ts";
import { integerReader } from "../transport/read-numbers.ts";
import { readText } from "../transport/read-text.ts";
import { createRecordLayout } from "../transport/record-layout.ts";
import { compileEncoder, type RowEncoder } from "./encoder.ts";

/** A row's values; null = NULL. */
interface Row {
  readonly id: number;
  readonly tenant: number | null;
  readonly day: string | null;
  readonly state: number | null;
  readonly note: string | null;
  readonly unused: number | null;
}

const INTEGER: ColumnType = { kind: "integer", bytes: 4, unsigned: false };
const TEXT: ColumnType = {
  kind: "text",
  charset: "utf8mb4",
  collation: "utf8mb4_0900_ai_ci",
  maxBytes: 200,
  large: false,
};
const NAMES = ["id", "tenant", "day", "state", "note", "unused"] as const;
const COLUMNS: readonly Column[] = NAMES.map((name) => ({
  name,
  type: name === "day" || name === "note" ? TEXT : INTEGER,
  nullable: name !== "id",
}));
const SCHEMA = { database: "shop", table: "t", columns: COLUMNS, primaryKey: [0] };

/** A way in which rows come: a table version, and images one behind the other. */
interface Form {
  readonly table: TableVersion;
  rows(images: readonly Row[]): { readonly bytes: unknown; readonly end: number };
}

const BINLOG: Form = {
  table: {
    schema: SCHEMA,
    layout: createBinlogLayout(
      COLUMNS.map((column) => ({
        column,
        mapped: column.type === TEXT ? { type: 15, metadata: 200 } : { type: 3, metadata: 0 },
      })),
    ),
  },
  rows(images) {
    const bytes = Buffer.concat(images.map(imageOf));
    return { bytes, end: bytes.length };
  },
};

function imageOf(row: Row): Buffer {
  const values = NAMES.map((name) => row[name]);
  const nulls = values.reduce<number>((bits, value, i) => bits | (value === null ? 1 << i : 0), 0);
  const parts = values.flatMap((value): Buffer[] => {
    if (value === null) return [];
    if (typeof value === "string")
      return [Buffer.from([Buffer.byteLength(value)]), Buffer.from(value)];
    const bytes = Buffer.alloc(4);
    bytes.writeInt32LE(value);
    return [bytes];
  });
  return Buffer.concat([Buffer.from([nulls]), ...parts]);
}

const RECORD: Form = {
  table: {
    schema: SCHEMA,
    layout: createRecordLayout(
      COLUMNS,
      COLUMNS.map(({ type }) => (type === TEXT ? { read: readText, bound: 8 } : integerReader)),
    ),
  },
  rows(images) {
    const spans: number[] = [];
    let text = "";
    for (const row of images)
      for (const name of NAMES) {
        const value = row[name];
        const token = value === null ? "" : JSON.stringify(value);
        if (value === null) spans.push(-1, -1);
        else spans.push(text.length, text.length + token.length);
        text += token;
      }
    const bytes = Buffer.from(text);
    const isPair = images.length === 2;
    const size = bytes.length;
    return {
      bytes: {
        bytes,
        spans: Int32Array.from(spans),
        first: 0,
        second: 2 * NAMES.length,
        split: isPair ? 1 : size,
      },
      end: isPair ? 1 + size : size,
    };
  },
};

const FORMS = { "row images": BINLOG, records: RECORD };

function compile(form: Form, options: Partial<RuleOptions>): RowEncoder {
  return compileEncoder(testRule({ name: "t", table: "shop.t", ...options }), form.table);
}

/** What became of a row, one line an action; a failure as its code. */
function run(
  encoder: RowEncoder,
  operation: "insert" | "update" | "delete",
  { bytes, end }: { readonly bytes: unknown; readonly end: number },
): string[] {
  const collector = new ActionCollector();
  const failures: string[] = [];
  for (let at = 0; at !== end;) {
    collector.begin({ index: "fixed", write: "whole" }, 0, 1);
    at = encoder[operation](bytes, at, end, collector);
    if (at === end) break;
    const { stop } = encoder;
    if (stop.reason === "target") {
      encoder.targets.set(stop.index, { index: stop.index, write: "whole" });
    } else {
      failures.push(`failed ${stop.id} ${String((stop.error as { code?: string }).code)}`);
      at = stop.next;
    }
  }
  const lines = collector.actions.map(
    ({ kind, target, id, routing, document }) =>
      `${kind} ${target.index}/${id}${routing === null ? "" : `@${routing}`}${document === null ? "" : ` ${document}`}`,
  );
  return [...lines, ...failures];
}

const ROW: Row = { id: 1, tenant: 7, day: "mon", state: 1, note: "a", unused: 0 };
/** What may change of a row, by what it stands for. */
const CHANGES = {
  filter: { state: 2 },
  id: { id: 2 },
  index: { day: "tue" },
  routing: { tenant: 8 },
  field: { note: "b" },
  unused: { unused: 1 },
} satisfies Record<string, Partial<Row>>;
type Part = keyof typeof CHANGES;
const PARTS = Object.keys(CHANGES) as Part[];

const FULL: Partial<RuleOptions> = {
  query: "select note, concat(note, '!') as loud from shop.t where state = 1",
  index: "t-{day}",
  routing: "{tenant}",
};

function placeOf(row: Row): string {
  return `t-${row.day}/${row.id}@${row.tenant}`;
}

/** What the table of transitions says. */
function expected(before: Row, after: Row): string[] {
  const [was, is] = [before.state === 1, after.state === 1];
  const whole = `index ${placeOf(after)} {"note":"${after.note}","loud":"${after.note}!"}`;
  const isSame = PARTS.every((part) =>
    part === "unused"
      ? true
      : Object.keys(CHANGES[part]).every(
          (key) => before[key as keyof Row] === after[key as keyof Row],
        ),
  );
  if (isSame || (!was && !is)) return [];
  if (was && !is) return [`delete ${placeOf(before)}`];
  if (was && placeOf(before) !== placeOf(after)) return [`delete ${placeOf(before)}`, whole];
  return [whole];
}

test.each(Object.entries(FORMS))(
  "every transition of an update, in %s: in or out before and after, and whatever else changes",
  (_name, form) => {
    const encoder = compile(form, FULL);
    let count = 0;
    for (const start of [1, 2]) {
      for (let bits = 0; bits < 1 << PARTS.length; bits++) {
        const changed = PARTS.filter((_, i) => ((bits >> i) & 1) === 1);
        const before: Row = { ...ROW, state: start };
        const after: Row = Object.assign({}, before, ...changed.map((part) => CHANGES[part]));
        // leaving for those that begin inside, entering for those that begin outside
        const now = changed.includes("filter") ? { ...after, state: 3 - start } : after;
        const rows = form.rows([before, now]);
        expect(run(encoder, "update", rows), changed.join(", ")).toEqual(expected(before, now));
        count += 1;
      }
    }
    expect(count).toBe(128);
  },
);

test.each(Object.entries(FORMS))("inserts and deletes of %s are judged, too", (_name, form) => {
  const encoder = compile(form, FULL);
  const [within, outside] = [form.rows([ROW]), form.rows([{ ...ROW, state: 2 }])];
  expect(run(encoder, "insert", within)).toEqual(['index t-mon/1@7 {"note":"a","loud":"a!"}']);
  expect(run(encoder, "insert", outside)).toEqual([]);
  expect(run(encoder, "delete", within)).toEqual(["delete t-mon/1@7"]);
  expect(run(encoder, "delete", outside)).toEqual([]);
  expect(encoder.counts).toEqual({ filtered: 2, unchanged: 0 });
});

test("an unknown condition leaves a row out, a soft delete takes it out when it is true only", () => {
  const encoder = compile(BINLOG, { where: "state > 0", deleteWhen: "note = 'gone'" });
  const insert = (row: Partial<Row>): string[] =>
    run(encoder, "insert", BINLOG.rows([{ ...ROW, ...row }]));
  expect(insert({ state: null })).toEqual([]);
  expect(insert({ note: null })).toHaveLength(1);
  expect(insert({ note: "gone" })).toEqual([]);
  const gone = BINLOG.rows([ROW, { ...ROW, note: "gone" }]);
  expect(run(encoder, "update", gone)).toEqual(["delete fixed/1"]);
});

test("a place that cannot be fails the row, and a document does not stay where it was", () => {
  const encoder = compile(BINLOG, FULL);
  const invalid = { ...ROW, day: "NO" };
  expect(run(encoder, "insert", BINLOG.rows([invalid, ROW]))).toEqual([
    'index t-mon/1@7 {"note":"a","loud":"a!"}',
    "failed 1 RULE_PLACE_INVALID",
  ]);
  expect(run(encoder, "update", BINLOG.rows([ROW, invalid]))).toEqual([
    "delete t-mon/1@7",
    "failed 1 RULE_PLACE_INVALID",
  ]);
  // what was never written is not looked for
  expect(run(encoder, "update", BINLOG.rows([invalid, ROW]))).toEqual([
    'index t-mon/1@7 {"note":"a","loud":"a!"}',
  ]);
  expect(run(encoder, "delete", BINLOG.rows([invalid]))).toEqual([]);
});

test("nothing is deleted from an index that is not there, and what is written asks for it", () => {
  const encoder = compile(BINLOG, FULL);
  const lines = (operation: "update" | "delete", rows: readonly Row[]): string[] => {
    encoder.targets.clear();
    encoder.targets.set("t-mon", null);
    return run(encoder, operation, BINLOG.rows(rows));
  };
  const monday = 'index t-mon/1@7 {"note":"a","loud":"a!"}';
  const tuesday = { ...ROW, day: "tue" };
  expect(lines("delete", [ROW])).toEqual([]);
  expect(encoder.targets.get("t-mon")).toBeNull();
  expect(lines("update", [ROW, { ...ROW, state: 2 }])).toEqual([]);
  expect(lines("update", [ROW, tuesday])).toEqual([monday.replace("mon", "tue")]);
  expect(encoder.targets.get("t-mon")).toBeNull();
  expect(lines("update", [tuesday, ROW])).toEqual(["delete t-tue/1@7", monday]);
  expect(encoder.targets.get("t-mon")).not.toBeNull();
  expect(lines("delete", [tuesday, ROW])).toEqual(["delete t-tue/1@7"]);
});

test("a row that fails where it moves to is told with the id that it has there, whatever the one before looks like", () => {
  const encoder = compile(BINLOG, { ...FULL, id: "{note}" });
  // the first bytes of the id before, escaped, are no text of their own
  const rows = BINLOG.rows([
    { ...ROW, note: 'a"b' },
    { ...ROW, note: "xy", day: "NO" },
  ]);
  expect(run(encoder, "update", rows)).toEqual([
    'delete t-mon/a"b@7',
    "failed xy RULE_PLACE_INVALID",
  ]);
  const idless = BINLOG.rows([ROW, { ...ROW, note: null }]);
  expect(run(encoder, "update", idless)).toEqual([
    "delete t-mon/a@7",
    "failed null RULE_PLACE_INVALID",
  ]);
});

test.each([
  `json_extract('${"[".repeat(30_000)}${"]".repeat(30_000)}', '$')`,
  `'x' regexp '${"(".repeat(30_000)}${")".repeat(30_000)}'`,
])("a literal that is nested too deeply is refused: %.20s…", (expression) => {
  expect(() => compile(BINLOG, { query: `select id, ${expression} as e from shop.t` })).toThrow(
    "a literal is nested too deeply",
  );
});

test("ids by template: NULL and nothing are no ids", () => {
  const encoder = compile(BINLOG, { id: "{note}" });
  const insert = (note: string | null): string[] =>
    run(encoder, "insert", BINLOG.rows([{ ...ROW, note }])).map((line) =>
      line.replace(/ \{.*/, ""),
    );
  expect(insert('x"é')).toEqual(['index fixed/x"é']);
  expect(insert(null)).toEqual(["failed null RULE_PLACE_INVALID"]);
  expect(insert("")).toEqual(["failed null RULE_PLACE_INVALID"]);
});

test("no routing where it is NULL or nothing", () => {
  const encoder = compile(BINLOG, { query: "select id from shop.t", routing: "{note}" });
  const routed = (note: string | null): string[] =>
    run(encoder, "insert", BINLOG.rows([{ ...ROW, note }]));
  expect(routed("r")).toEqual(['index fixed/1@r {"id":1}']);
  expect(routed("")).toEqual(['index fixed/1 {"id":1}']);
  expect(routed(null)).toEqual(['index fixed/1 {"id":1}']);
});

test("an expression without a value fails its row, and those around it are written", () => {
  const encoder = compile(BINLOG, {
    query: "select id, cast(state as signed) * 9223372036854775807 as big from shop.t",
  });
  const rows = BINLOG.rows([ROW, { ...ROW, id: 2, state: 2 }, { ...ROW, id: 3, state: 0 }]);
  expect(run(encoder, "insert", rows)).toEqual([
    'index fixed/1 {"id":1,"big":9223372036854775807}',
    'index fixed/3 {"id":3,"big":0}',
    "failed 2 undefined",
  ]);
});

test("a condition without a value for the image before counts as true: a delete too many", () => {
  const encoder = compile(BINLOG, {
    query: "select id from shop.t where cast(state as signed) * 9223372036854775807 > 0",
  });
  const before = { ...ROW, state: 2 };
  expect(run(encoder, "delete", BINLOG.rows([before]))).toEqual(["delete fixed/1"]);
  expect(run(encoder, "update", BINLOG.rows([before, { ...ROW, state: 0 }]))).toEqual([
    "delete fixed/1",
  ]);
});

/** One image in a record that tells no other, as an update; columns in `untold` are not told. */
function recordOf(row: Row, untold: readonly (keyof Row)[] = []): ReturnType<Form["rows"]> {
  const { bytes, end } = RECORD.rows([row]);
  const record = bytes as { spans: Int32Array; first: number; second: number; split: number };
  for (const name of untold) record.spans[2 * NAMES.indexOf(name)] = -2;
  return { bytes: { ...record, second: record.first, split: 1 }, end: 1 + end };
}

test("records without the image before: never taken for unchanged, and a row outside may have been inside", () => {
  const encoder = compile(RECORD, FULL);
  expect(run(encoder, "update", recordOf(ROW))).toEqual([
    'index t-mon/1@7 {"note":"a","loud":"a!"}',
  ]);
  expect(run(encoder, "update", recordOf({ ...ROW, state: 2 }))).toEqual(["delete t-mon/1@7"]);
  const plain = compile(RECORD, { exclude: ["unused"] });
  expect(run(plain, "update", recordOf(ROW))).toHaveLength(1);
});

test("a deletion that tells the key only: conditions are in doubt, a place that depends on more fails", () => {
  const key = recordOf(ROW, ["tenant", "day", "state", "note", "unused"]);
  const { bytes, end } = key;
  const rows = { bytes: { ...(bytes as object), split: end - 1 }, end: end - 1 };
  const byKey = compile(RECORD, { query: "select id from shop.t where state = 1" });
  expect(run(byKey, "delete", rows)).toEqual(["delete fixed/1"]);
  expect(run(compile(RECORD, FULL), "delete", rows)).toEqual(["failed 1 undefined"]);
});

test("owners of a part of a document take it back when their row goes", () => {
  const encoder = compile(BINLOG, {
    query: "select id, note, tenant from shop.t where state = 1",
    upsert: true,
    onDelete: "clear",
  });
  expect(encoder.plan.write).toBe("merge");
  expect(run(encoder, "delete", BINLOG.rows([ROW]))).toEqual([
    'amend fixed/1 {"tenant":null,"note":null}',
  ]);
  expect(run(encoder, "update", BINLOG.rows([ROW, { ...ROW, id: 2 }]))).toEqual([
    'amend fixed/1 {"tenant":null,"note":null}',
    'index fixed/2 {"id":2,"tenant":7,"note":"a"}',
  ]);
});

test("one column may stand in several fields", () => {
  const encoder = compile(BINLOG, { query: "select note as b, id, note as a from shop.t" });
  expect(run(encoder, "insert", BINLOG.rows([ROW, { ...ROW, note: null }]))).toEqual([
    'index fixed/1 {"id":1,"b":"a","a":"a"}',
    'index fixed/1 {"id":1,"b":null,"a":null}',
  ]);
});

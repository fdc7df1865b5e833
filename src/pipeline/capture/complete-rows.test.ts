import { expect, test } from "vitest";
import type { IncompleteRow, IncompleteRowsEvent, Operation } from "../../core/change-event.ts";
import { createJsonRowLayout, type JsonRow } from "../../core/json-row.ts";
import type { Column, TableSchema } from "../../core/schema.ts";
import { completeRows } from "./complete-rows.ts";

const INT: Column["type"] = { kind: "integer", bytes: 4, unsigned: false };

function schemaOf(primaryKey: readonly number[], ...columns: readonly [string, Column["type"]][]) {
  return {
    database: "d",
    table: "t",
    primaryKey,
    columns: columns.map(([name, type]): Column => ({ name, type, nullable: true })),
  } satisfies TableSchema;
}

const KEYED = schemaOf([0], ["id", INT], ["v", INT]);

function event(
  schema: TableSchema,
  operation: Operation,
  ...rows: readonly IncompleteRow[]
): IncompleteRowsEvent {
  return {
    kind: "incomplete",
    operation,
    table: { schema, layout: createJsonRowLayout(schema.columns) },
    rows,
    timestampMs: 1,
    commitTimeUs: 2,
    gtid: undefined,
    position: { file: "f", position: 4 },
    versionHigh: 3,
    versionLow: 4,
  };
}

test("rows are read again by what is known of their key after the change; what was before stays as far as it is known", async () => {
  const asked: (readonly JsonRow[])[] = [];
  const { complete, unknown } = await completeRows(
    event(
      KEYED,
      "update",
      { before: ["1", undefined], after: [undefined, "10"] },
      { before: ["2", undefined], after: ["20", undefined] },
    ),
    async (_table, rows) => {
      asked.push(rows);
      return [
        { schema: KEYED, row: ["1", "11"] },
        { schema: KEYED, row: ["20", "2"] },
      ];
    },
  );
  expect(asked).toEqual([
    [
      ["1", "10"],
      ["20", undefined],
    ],
  ]);
  expect(unknown).toBe(0);
  expect(complete).toMatchObject([
    { operation: "update", rows: [{ before: ["1", undefined], after: ["1", "11"] }] },
    {
      operation: "update",
      rows: [{ before: ["2", undefined], after: ["20", "2"] }],
      versionHigh: 3,
      versionLow: 4,
    },
  ]);
});

test("of a row that is gone only the key that it left is deleted: its own delete follows", async () => {
  const { complete } = await completeRows(
    event(
      KEYED,
      "update",
      { before: ["1", undefined], after: [undefined, "10"] },
      { before: ["2", undefined], after: ["20", undefined] },
    ),
    async () => [null, null],
  );
  expect(complete).toMatchObject([
    { operation: "delete", rows: [{ before: ["2", undefined], after: null }] },
  ]);
});

test("deletes need no reading", async () => {
  const { complete } = await completeRows(
    event(KEYED, "delete", { before: ["1", undefined], after: null }),
    () => Promise.reject(new Error("it was read")),
  );
  expect(complete).toMatchObject([
    { operation: "delete", rows: [{ before: ["1", undefined], after: null }] },
  ]);
});

test("a row that has other columns now comes with those, and what was before by their names", async () => {
  const now = schemaOf([1], ["v", INT], ["id", INT], ["w", INT]);
  const { complete } = await completeRows(
    event(KEYED, "update", { before: ["1", "5"], after: [undefined, "6"] }),
    async () => [{ schema: now, row: ["6", "1", "7"] }],
  );
  expect(complete).toMatchObject([
    { schema: now, rows: [{ before: ["5", "1", undefined], after: ["6", "1", "7"] }] },
  ]);
});

test("without a key images are completed by one another, unless a diff hides what they hold", async () => {
  const schema = schemaOf([], ["id", INT], ["doc", { kind: "json", text: false }]);
  const { complete, unknown } = await completeRows(
    event(
      schema,
      "update",
      { before: ["1", "{}"], after: [undefined, '{"a":1}'] },
      { before: ["2", "{}"], after: ["3", undefined] },
    ),
    () => Promise.reject(new Error("it was read")),
  );
  expect(complete).toMatchObject([{ rows: [{ before: ["1", "{}"], after: ["1", '{"a":1}'] }] }]);
  expect(unknown).toBe(1);
});

import { expect, test } from "vitest";
import { createJsonRowLayout } from "../../core/json-row.ts";
import type { Column, TableSchema } from "../../core/schema.ts";
import { compileColumnReader } from "./column-reader.ts";

const INT: Column["type"] = { kind: "integer", bytes: 8, unsigned: false };
const columns: readonly Column[] = [
  { name: "a", type: INT, nullable: true },
  { name: "b", type: INT, nullable: false },
  {
    name: "c",
    type: { kind: "text", charset: "utf8mb4", maxBytes: 40, large: false },
    nullable: true,
  },
];
const schema: TableSchema = { database: "d", table: "t", columns, primaryKey: [1] };
const table = { schema, layout: createJsonRowLayout(columns) };

test("columns are read in the order asked for, once more where they are asked for twice", () => {
  const reader = compileColumnReader(table, ["c", "b", "c"])!;
  const into: (string | null)[] = [];
  expect(reader.read(["1", "9007199254740993", '"ü\\\\n"'], 0, 7, into)).toBe(7);
  expect(into).toEqual(['"ü\\\\n"', "9007199254740993", '"ü\\\\n"']);
  reader.read([null, "2", null], 0, 1, into);
  expect(into).toEqual([null, "2", null]);
});

test("there is no reader of columns that the table does not have", () => {
  expect(compileColumnReader(table, ["b", "d"])).toBeNull();
});

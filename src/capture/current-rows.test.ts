import fc from "fast-check";
import { expect, test } from "vitest";
import { ColumnTypeCode as T } from "../binlog/constants.ts";
import type { LayoutColumn } from "../binlog/column-layout.ts";
import type { RowsBody } from "../binlog/rows-event.ts";
import { TailraceError } from "../core/errors.ts";
import { createCurrentRows } from "./current-rows.ts";

const COLUMNS: readonly LayoutColumn[] = [
  {
    column: { name: "id", type: { kind: "integer", bytes: 1, unsigned: true }, nullable: false },
    mapped: { type: T.TINY, metadata: 0 },
  },
  {
    column: { name: "e", type: { kind: "timestamp", fraction: 6 }, nullable: false },
    mapped: { type: T.TIMESTAMP2, metadata: 6 },
  },
];
const rows = createCurrentRows(COLUMNS, 1);
const IMAGE_BYTES = 9;

/** One image: "c" is current by the end that MariaDB has up to 11.4, "C" by the later one, "h" is history. */
function image(kind: string): Buffer {
  const end = { c: "7fffffff0f423f", C: "ffffffff0f423f" }[kind] ?? "6a0000000f423f";
  return Buffer.from(`0001${end}`, "hex");
}

function bodyOf(bytes: Buffer): RowsBody {
  return { bytes, start: 0, end: bytes.length, columnCount: 2, present: null, presentAfter: null };
}

function split(operation: "insert" | "update" | "delete", kinds: string): string[] {
  const body = bodyOf(Buffer.concat(Array.from(kinds, image)));
  return rows
    .split(operation, body)
    .map((range) => `${range.operation} ${range.start / IMAGE_BYTES}-${range.end / IMAGE_BYTES}`);
}

test("inserts and deletes of history are left out, runs of current rows stay together", () => {
  expect(split("insert", "ccChch")).toEqual(["insert 0-3", "insert 4-5"]);
  expect(split("delete", "hhch")).toEqual(["delete 2-3"]);
  expect(split("insert", "hh")).toEqual([]);
});

test("an update that ends a row is its delete", () => {
  expect(split("update", "ccCC")).toEqual(["update 0-4"]);
  expect(split("update", "cccchhch")).toEqual(["update 0-4", "delete 6-7"]);
  expect(split("update", "chch")).toEqual(["delete 0-1", "delete 2-3"]);
  expect(split("update", "hchh")).toEqual(["insert 1-2"]);
});

test("incomplete rows are told apart by what they have", () => {
  const current = '"2038-01-19T03:14:07.999999Z"';
  const past = '"2026-01-19T03:14:07.999999Z"';
  expect(
    rows.filter([
      { before: ["1", current], after: ["1", undefined] },
      { before: ["2", current], after: [undefined, past] },
      { before: null, after: ["2", past] },
      { before: ["3", past], after: null },
    ]),
  ).toEqual([
    { before: ["1", current], after: ["1", undefined] },
    { before: ["2", current], after: null },
  ]);
});

test("bytes that are no rows are an error, and are not read beyond their end", () => {
  const outcome = (bytes: Buffer): string => {
    try {
      rows.split("update", bodyOf(bytes));
      return "read";
    } catch (error) {
      return error instanceof TailraceError ? "refused" : String(error);
    }
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      expect(["read", "refused"]).toContain(outcome(Buffer.from(bytes)));
    }),
  );
});

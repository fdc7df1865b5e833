import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { TailraceError } from "../core/errors.ts";
import { createExpander, expandedColumns, hasCompressedColumns } from "./compressed-columns.ts";
import { ColumnTypeCode as T } from "./constants.ts";
import { valueSizes, walkImage } from "./image-walk.ts";
import type { LayoutColumn } from "./column-layout.ts";
import type { RowsBody } from "./rows-event.ts";

function column(
  name: string,
  type: LayoutColumn["column"]["type"],
  mapped: [number, number],
): LayoutColumn {
  return {
    column: { name, type, nullable: true },
    mapped: { type: mapped[0], metadata: mapped[1] },
  };
}

const TEXT = { kind: "text", charset: "utf8mb4", maxBytes: 400, large: false } as const;
const COLUMNS = [
  column("id", { kind: "integer", bytes: 4, unsigned: false }, [T.LONG, 0]),
  column("a", TEXT, [T.MARIADB_VARCHAR_COMPRESSED, 401]),
  column("b", TEXT, [T.VARCHAR, 400]),
  column("c", TEXT, [T.MARIADB_BLOB_COMPRESSED, 4]),
];

function body(bytes: Buffer): RowsBody {
  return { bytes, start: 0, end: bytes.length, columnCount: 4, present: null, presentAfter: null };
}

function int(value: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntLE(value, 0, bytes);
  return buffer;
}

/** An image of a row; null is NULL. */
function image(
  id: number,
  ...values: readonly [Buffer | null, string | null, Buffer | null]
): Buffer {
  const nulls = values.reduce((bits, value, i) => bits | (value === null ? 2 << i : 0), 0);
  const prefixes = [2, 2, 4];
  const parts = values.flatMap((value, i) => {
    const bytes = typeof value === "string" ? Buffer.from(value) : value;
    return bytes === null ? [] : [int(bytes.length, prefixes[i]!), bytes];
  });
  return Buffer.concat([int(nulls, 1), int(id, 4), ...parts]);
}

test("rows come out with their compressed values in full and all others as they were", () => {
  expect(hasCompressedColumns(COLUMNS)).toBe(true);
  const long = Buffer.concat([Buffer.from([0x8a, 0x01, 0xf4]), deflateRawSync("x".repeat(500))]);
  const plain = Buffer.from("\0abc");
  const rows = [
    image(1, long, "beside", plain),
    image(2, null, null, long),
    image(3, Buffer.alloc(0), "", null),
  ];
  const expanded = createExpander(COLUMNS)(body(Buffer.concat(rows)));
  const sizes = valueSizes(expandedColumns(COLUMNS));
  const found: string[] = [];
  for (let start = expanded.start; start < expanded.end;) {
    const values: string[] = [];
    start = walkImage(expanded.bytes, { start, end: expanded.end }, sizes, (index, from, to) => {
      const value = expanded.bytes.subarray(from, to);
      values[index] = index === 0 ? String(value.readUInt32LE()) : value.toString();
    });
    found.push(Array.from(values, (value) => value ?? "NULL").join("|"));
  }
  const xs = "x".repeat(500);
  expect(found).toEqual([`1|${xs}|beside|abc`, `2|NULL|NULL|${xs}`, "3||"]);
});

test("bytes that are no rows are an error, and are not read beyond their end", () => {
  const expand = createExpander(COLUMNS);
  const outcome = (bytes: Uint8Array): string => {
    try {
      expand(body(Buffer.from(bytes)));
      return "read";
    } catch (error) {
      return error instanceof TailraceError ? "refused" : String(error);
    }
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      expect(["read", "refused"]).toContain(outcome(bytes));
    }),
    { numRuns: 500 },
  );
});

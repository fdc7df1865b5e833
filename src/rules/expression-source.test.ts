import { expect, test } from "vitest";
import { createBinlogLayout } from "../binlog/row-layout.ts";
import { ActionCollector } from "../cli/rule-test/collect-actions.ts";
import type { RowLayout } from "../core/row-layout.ts";
import type { Column, ColumnType } from "../core/schema.ts";
import { testRule } from "../../test/support/rules.ts";
import { compileEncoder } from "./encoder.ts";

const COLLATION = "utf8mb4_0900_ai_ci";
const TYPES: Readonly<Record<string, ColumnType>> = {
  id: { kind: "integer", bytes: 4, unsigned: false },
  sku: { kind: "text", charset: "utf8mb4", collation: COLLATION, maxBytes: 200, large: false },
  price: { kind: "decimal", precision: 10, scale: 2 },
  qty: { kind: "integer", bytes: 4, unsigned: false },
  status: { kind: "enum", members: ["new", "Paid", "é"], collation: COLLATION },
};
const MAPPED = {
  integer: { type: 3, metadata: 0 },
  text: { type: 15, metadata: 200 },
  decimal: { type: 246, metadata: (10 << 8) | 2 },
  enum: { type: 247, metadata: 1 },
} as const;
const COLUMNS: readonly Column[] = Object.entries(TYPES).map(([name, type]) => ({
  name,
  type,
  nullable: name !== "id",
}));

const LAYOUT = createBinlogLayout(
  COLUMNS.map((column) => ({ column, mapped: MAPPED[column.type.kind as keyof typeof MAPPED] })),
);

/** The same without its short ways: each column that an expression takes is read as a value. */
function withoutShortWays(layout: RowLayout): RowLayout {
  const members = Object.entries(layout).filter(
    ([name]) => name !== "noteText" && name !== "readNumber",
  );
  return Object.fromEntries(members) as unknown as RowLayout;
}

type Row = readonly [
  sku: string | null,
  /** Hundredths. */
  price: number | null,
  qty: number | null,
  /** An ordinal. */
  status: number | null,
];

function imageOf([sku, price, qty, status]: Row): Buffer {
  const nulls = [sku, price, qty, status].reduce<number>(
    (bits, value, i) => bits | (value === null ? 2 << i : 0),
    0,
  );
  const parts = [Buffer.from([nulls]), int32(1)];
  if (sku !== null) parts.push(Buffer.from([Buffer.byteLength(sku)]), Buffer.from(sku));
  if (price !== null) parts.push(decimalOf(price));
  if (qty !== null) parts.push(int32(qty));
  if (status !== null) parts.push(Buffer.from([status]));
  return Buffer.concat(parts);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

function decimalOf(hundredths: number): Buffer {
  const size = Math.abs(hundredths);
  const bytes = Buffer.alloc(5);
  bytes.writeUInt32BE(Math.floor(size / 100));
  bytes[4] = size % 100;
  bytes[0]! ^= 0x80;
  return hundredths < 0 ? Buffer.from(bytes.map((byte) => byte ^ 0xff)) : bytes;
}

function documentOf(query: string, row: Row, layout: RowLayout = LAYOUT): string {
  const schema = { database: "shop", table: "t", columns: COLUMNS, primaryKey: [0] };
  const rule = testRule({ table: "shop.t", query: `select ${query} from shop.t` });
  const encoder = compileEncoder(rule, { schema, layout });
  const collector = new ActionCollector();
  collector.begin({ index: "test", write: "whole" }, 0, 1);
  const bytes = imageOf(row);
  expect(encoder.insert(bytes, 0, bytes.length, collector)).toBe(bytes.length);
  const { document } = collector.actions[0]!;
  expect(() => JSON.parse(document!)).not.toThrow();
  return document!;
}

const ROWS: readonly Row[] = [
  ["aB-9 z{", 12345, 3, 2],
  ["", 0, -3, 0],
  ['say "no" \\', -1, 2_147_483_647, 1],
  ["straße İ 🙂", 99_999_999_99, 2_147_483_647, 3],
  ["\u0001\u007f", -99_999_999_99, -2_147_483_648, 3],
  ["é".repeat(80), 5, 0, 1],
  [null, null, null, null],
  ["x", null, 7, null],
];

const QUERIES = [
  "upper(sku) as u",
  "lower(sku) as u, concat(sku, '!') as more, upper(sku) as again",
  "id, upper(sku) as u, qty + 1 as next",
  "price * qty as total",
  "price * price * price as third, price + 1.5 as more, 10 - price as less",
  "price * qty as total, cast(price as char) as text, round(price) as whole",
  "price * 99999999999999999999 as much, price * -1 as negative, price * 0 as nothing",
  "id is null as never, qty is null as at_times, qty * 2 as twice",
  "status = 'PAID' as is_paid, status < 'o' as is_low, 'é' = status as is_e, status <> 'e' as is_not",
  "status is null as none, status <=> 'new' as is_new, case status when 'new' then 'a' when 'paid' then 'b' end as kind",
] as const;

test.each(QUERIES)("short ways make no other documents: %s", (query) => {
  for (const row of ROWS)
    expect(documentOf(query, row)).toBe(documentOf(query, row, withoutShortWays(LAYOUT)));
});

test("texts are copied in another case, and evaluated where they are more than plain ASCII", () => {
  const upper = ROWS.map((row) => documentOf("upper(sku) as u", row));
  expect(upper.slice(0, 5)).toEqual([
    '{"u":"AB-9 Z{"}',
    '{"u":""}',
    '{"u":"SAY \\"NO\\" \\\\"}',
    '{"u":"STRAßE İ 🙂"}',
    '{"u":"\\u0001\u007f"}',
  ]);
  expect(upper[6]).toBe('{"u":null}');
  expect(documentOf("lower(sku) as l", ROWS[0]!)).toBe('{"l":"ab-9 z{"}');
});

test("decimals are exact beyond what numbers hold", () => {
  const total = ROWS.map((row) => documentOf("price * qty as t", row));
  expect(total).toEqual([
    '{"t":"370.35"}',
    '{"t":"0.00"}',
    '{"t":"-21474836.47"}',
    '{"t":"214748364678525163.53"}',
    '{"t":"214748364778525163.52"}',
    '{"t":"0.00"}',
    '{"t":null}',
    '{"t":null}',
  ]);
});

test("an ENUM is compared by the collation of its labels", () => {
  const query = "status = 'PAID' as p, status = 'E' as e, status > 'n' as n";
  expect(ROWS.map((row) => documentOf(query, row))).toEqual([
    '{"p":1,"e":0,"n":1}',
    '{"p":0,"e":0,"n":0}',
    '{"p":0,"e":0,"n":1}',
    '{"p":0,"e":1,"n":0}',
    '{"p":0,"e":1,"n":0}',
    '{"p":0,"e":0,"n":1}',
    '{"p":null,"e":null,"n":null}',
    '{"p":null,"e":null,"n":null}',
  ]);
});

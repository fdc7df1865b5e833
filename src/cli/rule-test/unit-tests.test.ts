import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { RuleConfig, RuleTest } from "../../config/config.ts";
import type { TableSchema } from "../../core/schema.ts";
import { readSchemas, writeSchemas } from "./schema-file.ts";
import { rowOfTest } from "./test-row.ts";
import { describeTests, runTests } from "./unit-tests.ts";

const SCHEMA: TableSchema = {
  database: "shop",
  table: "orders",
  columns: [
    { name: "id", type: { kind: "integer", bytes: 8, unsigned: true }, nullable: false },
    {
      name: "price",
      type: { kind: "decimal", precision: 6, scale: 2 },
      nullable: true,
      sqlType: "decimal(6,2)",
    },
    { name: "qty", type: { kind: "integer", bytes: 1, unsigned: false }, nullable: true },
    { name: "made", type: { kind: "datetime", fraction: 3 }, nullable: true },
    { name: "attrs", type: { kind: "json", text: false }, nullable: true },
    { name: "state", type: { kind: "enum", members: ["new", "paid"] }, nullable: true },
    { name: "flags", type: { kind: "set", members: ["a", "b", "c"] }, nullable: true },
    {
      name: "raw",
      type: { kind: "binary", fixedLength: 4, maxBytes: 4, large: false },
      nullable: true,
    },
  ],
  primaryKey: [0],
};

const RULE: RuleConfig = {
  name: "orders",
  table: "shop.orders",
  index: "orders-{qty}",
  query: "select id, price * 2 as twice, qty, made, attrs from shop.orders where qty",
  decimals: "number",
  upsert: false,
  onDelete: "delete",
  createIndex: true,
  dynamic: "strict",
  onTruncate: "keep",
  cascade: "ignore",
};

const TEST: RuleTest = {
  name: "an order has twice its price",
  rule: "orders",
  row: {
    ID: 18_446_744_073_709_551_615n,
    price: "2.5",
    qty: 3,
    made: "2026-01-02 03:04:05.5",
    attrs: { bb: 1, a: [true] },
  },
  expect: {
    id: 18_446_744_073_709_551_615n,
    twice: 5,
    qty: 3,
    made: "2026-01-02T03:04:05.500",
    attrs: { a: [true], bb: 1 },
  },
  place: { index: "orders-3", id: "18446744073709551615" },
};

async function runOne(change: Partial<RuleTest>, rule: Partial<RuleConfig> = {}) {
  const [result] = await runTests([{ ...TEST, ...change }], {
    rules: [{ ...RULE, ...rule }],
    schemas: [SCHEMA],
  });
  return result!;
}

describe("runTests", () => {
  it("makes the document of a row without any server and compares it digit by digit", async () => {
    const result = await runOne({});
    expect(result).toEqual({ name: TEST.name, rule: "orders", failure: null, differences: [] });
    expect(describeTests([result])).toBe(
      "ok      an order has twice its price\n\n1 test, 0 failed\n",
    );
  });

  it("tells fields and places that are others", async () => {
    const result = await runOne({
      expect: { ...TEST.expect, twice: 5.01 },
      place: { index: "orders" },
    });
    expect(describeTests([result])).toBe(
      [
        "failed  an order has twice its price",
        "        the document differs",
        "        twice: 5.01 expected, 5.00 made",
        '        place.index: "orders" expected, "orders-3" made',
        "",
        "1 test, 1 failed\n",
      ].join("\n"),
    );
  });

  it("expects rows to have no document", async () => {
    expect(await runOne({ row: { id: 1, qty: 0 }, expect: null })).toMatchObject({ failure: null });
    expect(await runOne({ row: { id: 1, qty: 0 } })).toMatchObject({
      failure: "the row has no document",
    });
    expect(await runOne({ row: { id: 1, qty: 1 }, expect: null })).toMatchObject({
      failure: /^the row has a document: \{"id":1,/,
    });
  });

  it("tells a row for which the rule fails", async () => {
    const query = "select id, id + 1 as next from shop.orders";
    expect(
      await runOne({ row: { id: 18_446_744_073_709_551_615n, qty: 1 } }, { query }),
    ).toMatchObject({
      failure: expect.stringMatching(/^the row fails: RULE_ROW_FAILED: .*out of range/) as string,
    });
  });

  it.each([
    [{ rule: "items" }, /there is no rule items/],
    [{ table: "shop.items" }, /definition of shop\.items is not known/],
    [{ row: { nope: 1 } }, /row\.nope: shop\.orders has no such column/],
    [{ row: { qty: 128 } }, /row\.qty: "128" is no value of integer: write -128 to 127/],
    [{ row: { price: "1.005" } }, /row\.price: "1\.005" is no value of decimal\(6,2\)/],
    [{ row: { price: 12_345 } }, /4 digits and 2 decimals at most/],
    [{ row: { made: "2026-01-02 03:04:05.1234" } }, /row\.made/],
    [{ row: { state: "lost" } }, /write one of new, paid/],
    [{ row: { flags: "a,d" } }, /write some of a,b,c/],
    [{ row: { attrs: "{" } }, /row\.attrs: \{ is no JSON/],
    [{ row: { qty: [1] } }, /row\.qty: \[1\] is no value/],
  ])("says what is wrong with a test: %j", async (change, reason) => {
    const { failure } = await runOne(change);
    expect(failure).toMatch(reason);
  });

  it("says what is wrong with a rule, with the place", async () => {
    const { failure } = await runOne({}, { query: "select id, nope from shop.orders" });
    expect(failure).toMatch(/nope[^]*\^/);
  });
});

describe("rowOfTest", () => {
  it("writes values as the stream has them", () => {
    const row = rowOfTest(
      {
        id: "007",
        price: "-0.0",
        qty: true,
        made: "2026-02-30 00:00:00",
        attrs: '{"b": 1.0, "aa": null, "a": 1e2}',
        state: "paid",
        flags: "c,a",
        raw: "0x01ff",
      },
      SCHEMA,
      "t",
    );
    expect(row).toEqual([
      "7",
      "0.00",
      "1",
      "null",
      '{"a":100.0,"b":1.0,"aa":null}',
      '"paid"',
      '"a,c"',
      '"Af8AAA=="',
    ]);
  });
});

describe("writeSchemas", () => {
  it("writes what is read again", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tailrace-schema-"));
    try {
      const path = join(folder, "shop.schema.json");
      await writeFile(path, writeSchemas([SCHEMA, { ...SCHEMA, table: "other" }]));
      expect(await readSchemas(path)).toEqual([SCHEMA, { ...SCHEMA, table: "other" }]);
      await writeFile(path, "{}");
      await expect(readSchemas(path)).rejects.toThrow("none of the files");
      await expect(readSchemas(join(folder, "no"))).rejects.toThrow("cannot be read");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

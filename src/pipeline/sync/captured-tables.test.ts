import { expect, test } from "vitest";
import type { RuleConfig } from "../../config/config.ts";
import { createCapturedNames } from "../open-capture.ts";
import { createCapturedTables } from "./captured-tables.ts";

const rule = (table: string): RuleConfig => ({
  name: table,
  table,
  index: table,
  upsert: false,
  onDelete: "delete",
  createIndex: true,
  dynamic: "strict",
  decimals: "auto",
  onTruncate: "keep",
  cascade: "ignore",
});

test("tables are captured as the rules say, and a dropped database empties those that were seen", () => {
  const tables = createCapturedTables(
    createCapturedNames([rule("shop.order_*"), rule("shop.items")], { caseSensitive: true }),
  );
  expect(tables.isCaptured("shop", "order_1")).toBe(true);
  expect(tables.isCaptured("shop", "order_1")).toBe(true);
  expect(tables.isCaptured("shop", "other")).toBe(false);
  expect(tables.isCaptured("other", "items")).toBe(false);
  const emptied = tables.gapsOf("drop database shop", "shop").map(({ table }) => table);
  expect(emptied).toEqual(expect.arrayContaining(["order_1", "items"]));
  expect(emptied).not.toContain("other");
});

test("statements mean for captured tables what they mean in the log", () => {
  const { gapsOf } = createCapturedTables(
    createCapturedNames([rule("shop.items")], { caseSensitive: true }),
  );
  expect(gapsOf("truncate table items", "shop")).toEqual([
    expect.objectContaining({ code: "SCHEMA_TABLE_CLEARED", table: "items", isEmptied: true }),
  ]);
  expect(gapsOf("truncate table other", "shop")).toEqual([]);
  expect(gapsOf("alter table items add column x int", "shop")).toEqual([]);
});

import { expect, test } from "vitest";
import { createTableMatcher } from "./table-pattern.ts";

function matches(pattern: string, database: string, table: string, caseSensitive = true): boolean {
  return createTableMatcher([{ table: pattern }], { caseSensitive })(database, table) !== null;
}

test.each([
  ["shop.orders", "shop", "orders", true],
  ["shop.orders", "shop", "orders2", false],
  ["shop.orders", "shop2", "orders", false],
  ["shop.orders", "xshop", "orders", false],
  ["shop.order_*", "shop", "order_", true],
  ["shop.order_*", "shop", "order_1", true],
  ["shop.order_*", "shop", "orders", false],
  ["shop.order_#", "shop", "order_", false],
  ["shop.order_#", "shop", "order_07", true],
  ["shop.order_#", "shop", "order_7x", false],
  ["shop_*.orders", "shop_eu", "orders", true],
  ["shop.`a*`", "shop", "ab", false],
  ["shop.`a*`", "shop", "a*", true],
  ["shop.`a.c`", "shop", "abc", false],
  ["shop.*", "shop", "line\nbreak", true],
  ["shop.日*", "shop", "日本", true],
])("%s takes %s.%s: %s", (pattern, database, table, expected) => {
  expect(matches(pattern, database, table)).toBe(expected);
});

test("names fold their case only where the server does", () => {
  expect(matches("Shop.Orders", "shop", "orders")).toBe(false);
  expect(matches("Shop.Orders", "shop", "ORDERS", false)).toBe(true);
  expect(matches("Shop.Order_*", "SHOP", "order_X", false)).toBe(true);
});

test.each(["_orders_gho", "_orders_ghc", "_orders_del", "_orders_new", "_orders_old", "__o_old"])(
  "a pattern leaves the work table %s alone, its exact name takes it",
  (table) => {
    expect(matches("shop.*", "shop", table)).toBe(false);
    expect(matches("shop._*", "shop", table)).toBe(false);
    expect(matches(`shop.${table}`, "shop", table)).toBe(true);
  },
);

test("a pattern leaves system databases alone", () => {
  expect(matches("*.*", "mysql", "user")).toBe(false);
  expect(matches("*.*", "shop", "user")).toBe(true);
});

test("an exact name wins over a pattern, and an earlier pattern over a later one", () => {
  const match = createTableMatcher([
    { table: "a.x*", n: 1 },
    { table: "a.*", n: 2 },
    { table: "a.xy", n: 3 },
  ]);
  expect(["xy", "xz", "q"].map((table) => match("a", table)?.n)).toEqual([3, 1, 2]);
  expect(match("b", "xy")).toBeNull();
});

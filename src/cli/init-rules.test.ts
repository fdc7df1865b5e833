import { expect, test } from "vitest";
import type { Column, TableSchema } from "../core/schema.ts";
import { proposeRules } from "./init-rules.ts";

const ID: Column = {
  name: "id",
  type: { kind: "integer", bytes: 8, unsigned: false },
  nullable: false,
};
const NOTE: Column = {
  name: "note",
  type: { kind: "text", charset: "utf8mb4", maxBytes: 1020, large: false },
  nullable: true,
};

function table(
  name: string,
  columns: readonly Column[] = [ID, NOTE],
  primaryKey = [0],
): TableSchema {
  const [database = "", ...rest] = name.split("/");
  return { database, table: rest.join("/"), columns, primaryKey };
}

function propose(...schemas: readonly TableSchema[]): readonly string[] {
  return proposeRules(schemas).map(({ table: name, index }) => `${name} → ${index}`);
}

test("each table gets a rule and an index of its name", () => {
  expect(propose(table("shop/orders"), table("shop/order_items"))).toEqual([
    "shop.orders → orders",
    "shop.order_items → order_items",
  ]);
});

test("shards whose columns agree share a rule, and tables beside them do not fall into it", () => {
  expect(
    propose(
      table("shop/order_0"),
      table("shop/order_1"),
      table("shop/order_99"),
      table("shop/order_items"),
      table("shop/log_2026_01"),
      table("shop/log_2026_02"),
    ),
  ).toEqual(["shop.order_# → order", "shop.order_items → order_items", "shop.log_#_# → log"]);
});

test("shards whose columns or keys differ get a rule each", () => {
  expect(propose(table("shop/o_1"), table("shop/o_2", [ID]))).toEqual([
    "shop.o_1 → o_1",
    "shop.o_2 → o_2",
  ]);
  expect(propose(table("shop/o_1"), table("shop/o_2", [ID, NOTE], []))).toHaveLength(2);
});

test("a lone number is part of the name", () => {
  expect(propose(table("shop/web2"), table("shop/orders"))).toEqual([
    "shop.web2 → web2",
    "shop.orders → orders",
  ]);
});

test("index names are valid and no two rules share one", () => {
  expect(
    propose(
      table("a/users"),
      table("b/users"),
      table("a/Order Lines"),
      table("a/_x"),
      table("a/#"),
      table("a/orders"),
      table("a/orders_1"),
      table("a/orders_2"),
    ),
  ).toEqual([
    "a.users → a-users",
    "b.users → b-users",
    "a.`Order Lines` → order_lines",
    "a._x → x",
    "a.`#` → table",
    "a.orders → orders",
    "a.orders_# → orders-2",
  ]);
});

test("a table that no rule can take keeps its proposal, with the reason", () => {
  const [rule] = proposeRules([table("shop/log", [NOTE], [])]);
  expect(rule?.obstacle).toMatch(/^the table has no primary key.* Add a primary key/);
  const [nullable] = proposeRules([table("shop/log", [NOTE], [0])]);
  expect(nullable?.obstacle).toMatch(/^column note may be NULL\./);
});

import { expect, test } from "vitest";
import { parseTablePattern } from "./table-pattern.ts";
import { topicName, topicPattern } from "./topic-name.ts";

test.each([
  ["{database}.{table}", "shop.orders"],
  ["cdc-{table}", "cdc-orders"],
  ["shop", "shop"],
])("the template %s gives %s", (template, expected) => {
  expect(topicName(template, { database: "shop", table: "orders" })).toBe(expected);
});

test("a table's name becomes one that a topic may have", () => {
  const table = { database: "my shop", table: "größe/€🙂{table}" };
  expect(topicName("{database}.{table}", table)).toBe("my_shop.gr__e____table_");
  const long = topicName("{table}", { database: "d", table: "x".repeat(300) });
  expect(long).toHaveLength(249);
});

test.each([
  ["{database}.{table}", "shop.orders", "shop.orders"],
  ["{database}.{table}", "shop.order_#", "shop.order_*"],
  ["{database}.{table}", "*.*", "*.*"],
  ["{table}", "`my shop`.`a*b c`", "a_b_c"],
  ["shop", "shop.*", "shop"],
])("by %s the tables %s have the topics %s", (template, pattern, expected) => {
  expect(topicPattern(template, parseTablePattern(pattern))).toBe(expected);
});

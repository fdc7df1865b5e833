import { expect, test } from "vitest";
import { matchTopics } from "./topic-patterns.ts";

test("topics are named, or matched by patterns in which only the star is special", () => {
  const existing = ["shop.orders", "shop.items", "shopXorders", "other", "shop.orders.old"];
  expect(matchTopics(["shop.orders"], existing)).toEqual(["shop.orders"]);
  expect(matchTopics(["shop.*"], existing)).toEqual([
    "shop.items",
    "shop.orders",
    "shop.orders.old",
  ]);
  expect(matchTopics(["*orders", "other", "absent"], existing)).toEqual([
    "other",
    "shop.orders",
    "shopXorders",
  ]);
  expect(matchTopics(["*"], existing)).toHaveLength(5);
});

import { expect, test } from "vitest";
import { formatPath } from "./key-path.ts";
import { checkRules, type PartialRule } from "./rule-checks.ts";

function check(...rules: readonly PartialRule[]): readonly string[] {
  return checkRules(rules).map((problem) => `${formatPath(problem.path)}: ${problem.message}`);
}

test("rules on different tables and indices have no problem", () => {
  expect(
    check({ table: "shop.orders", index: "orders" }, { table: "shop.items", index: "items" }),
  ).toEqual([]);
});

test("a table may have one rule only", () => {
  expect(check({ table: "shop.a" }, { table: "shop.a" })).toEqual([
    "rules[1].table: is the table of rules[0] already; a table may have one rule only",
  ]);
  expect(check({ table: "shop.a_*" }, { table: "shop.*_b" })).toEqual([
    "rules[1].table: overlaps rules[0] (shop.a_*): both take some names; a table may have one rule only",
  ]);
  expect(check({ table: "shop.a" }, { table: "shop.*" })).toEqual([
    "rules[1].table: overlaps rules[0] (shop.a): both take shop.a; a table may have one rule only",
  ]);
  expect(check({ table: "shop.order_#" }, { table: "shop.order_items" })).toEqual([]);
});

test.each([
  ["id", ["a"], ["b"]],
  ["upsert", true, false],
  ["create_index", true, false],
  ["dynamic", "strict", "false"],
  ["decimals", "auto", "string"],
] as const)("rules of one index must agree on %s", (key, first, second) => {
  const problems = check(
    { table: "a.a", index: "x", [key]: first },
    { table: "a.b", index: "x", [key]: second },
    { table: "a.c", index: "y", [key]: second },
  );
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(
    `rules[1].${key}: must be the same in rules[0], which writes the index "x" too`,
  );
});

test("documents are deleted after TRUNCATE only from an index of the table's own", () => {
  expect(check({ table: "a.a", index: "x", on_truncate: "delete" })).toEqual([]);
  expect(
    check({ table: "a.a", index: "x", on_truncate: "delete" }, { table: "a.b", index: "x" }),
  ).toEqual([
    'rules[0].on_truncate: cannot be "delete": rules[1] writes the index "x" too and would lose its documents',
  ]);
  expect(check({ table: "a.a_#", index: "x", on_truncate: "delete" })).toEqual([
    'rules[0].on_truncate: cannot be "delete" for a pattern: the documents of its other tables would be lost',
  ]);
});

test("fields that contradict each other are problems", () => {
  expect(
    check({
      table: "a.a",
      fields: {
        include: ["a", "b", "a"],
        exclude: ["b"],
        rename: { a: "same", c: "same", b: "z" },
      },
    }),
  ).toEqual([
    'rules[0].fields.exclude[0]: "b" is included and excluded',
    'rules[0].fields.rename.c: "a" is renamed to "same" too',
    'rules[0].fields.rename.b: "b" is renamed and excluded',
    'rules[0].fields.include[2]: "a" is listed twice',
  ]);
});

import { expect, test } from "vitest";
import { formatPath } from "./key-path.ts";
import { checkRules } from "./rule-checks.ts";
import type { PartialRule } from "./rule-options.ts";

function check(...rules: readonly PartialRule[]): readonly string[] {
  return checkRules(rules).map((problem) => `${formatPath(problem.path)}: ${problem.message}`);
}

test("rules on different tables and indices have no problem", () => {
  expect(
    check({ table: "shop.orders", index: "orders" }, { table: "shop.items", index: "items" }),
  ).toEqual([]);
});

test("a table may have several rules if their documents differ in index or id", () => {
  const [a, b] = [
    { table: "shop.a", index: "a" },
    { table: "shop.*", index: "a" },
  ] as const;
  const conflict =
    "takes rows that rules[0] takes, too, into the same index under the same id: give one another index or id, or both upsert with fields of their own";
  expect(check(a, b)).toEqual([`rules[1].table: ${conflict}`]);
  expect(check(a, { query: "select * from shop.%", index: "a" })).toEqual([
    `rules[1].query: ${conflict}`,
  ]);
  expect(check({ ...a, id: ["x"] }, { ...b, id: ["x"] })).toEqual([`rules[1].table: ${conflict}`]);
  expect(check({ ...a, id: ["x"] }, { ...b, id: "{x}" })).toEqual([`rules[1].table: ${conflict}`]);
  expect(check({ ...a, id: "x-{x}" }, { ...b, id: "y-{x}" })).toEqual([]);
  expect(check(a, { ...b, index: "b" })).toEqual([]);
  expect(check(a, { ...b, table: "shop.b" })).toEqual([]);
  expect(check({ ...a, index: undefined }, { ...b, index: undefined })).toEqual([]);
});

test("rules of one index whose ids are columns must name the same", () => {
  const rule = { table: "a.a", index: "x", id: ["a"] } as const;
  expect(check({ ...rule, id: ["a"] }, { ...rule, table: "a.b", id: ["b"] })).toEqual([
    'rules[1].id: must be the same in rules[0], which writes the index "x" too: documents of one table could replace those of another',
  ]);
  expect(check({ ...rule, id: "a:{a}" }, { ...rule, table: "a.b", id: "b:{a}" })).toEqual([]);
});

const USERS = {
  query: "select id, name, mail as address.mail from shop.users",
  index: "users",
  id: ["id"],
  upsert: true,
  on_delete: "delete",
} satisfies PartialRule;
const PROFILES = {
  query: "select user_id as id, bio from shop.profiles",
  index: "users",
  id: ["user_id"],
  upsert: true,
  on_delete: "clear",
} satisfies PartialRule;

test("several tables may own parts of one document, each field one owner", () => {
  expect(check(USERS, PROFILES)).toEqual([]);
  expect(check(USERS, { ...PROFILES, id: "{user_id}" })).toEqual([]);
  const query = "select user_id as id, bio, upper(name) as name from shop.profiles";
  expect(check(USERS, { ...PROFILES, query })).toEqual([
    'rules[1].query: rules[0] writes "name" of the same documents, too: a field has one owner',
  ]);
  expect(check(USERS, { ...PROFILES, query: "select * from shop.profiles" })).toEqual([]);
  expect(
    check(
      { ...USERS, query: "select * from shop.users" },
      { ...PROFILES, query: "select *, 1 as one from shop.p" },
    ),
  ).toEqual([
    "rules[1].query: must name its fields: rules[0] takes all columns as fields of the same documents, too",
  ]);
});

test("rules that own parts of one document say their id, their routing and what a delete means", () => {
  const bare = { ...USERS, id: undefined, on_delete: undefined };
  const why = 'is required: several rules update documents of the index "users"';
  expect(check(bare, { ...PROFILES, routing: "{tenant}" })).toEqual([
    `rules[0].on_delete: ${why}`,
    `rules[0].id: ${why}, and the fields that make the id may be in all of them`,
    "rules[1].routing: must be in rules[0], too, or in neither: a document has one",
  ]);
  expect(check(USERS, { ...PROFILES, upsert: false, on_delete: undefined })).toEqual([
    'rules[1].upsert: must be the same in rules[0], which writes the index "users" too: whole documents would overwrite the fields that upserts wrote',
    'rules[1].id: must be the same in rules[0], which writes the index "users" too: documents of one table could replace those of another',
  ]);
});

test("keys that do not go together are problems", () => {
  const query = "select * from a.b";
  expect(
    check({ query, table: "a.b", fields: { include: ["a"] }, where: "a", index: "x" }),
  ).toEqual(
    ["table", "fields", "where"].map(
      (key) => `rules[0].${key}: stands beside query, which says FROM, fields and WHERE itself`,
    ),
  );
  expect(check({ index: "x" })).toEqual(["rules[0].table: is required, or a query"]);
  expect(check({ query, index: "x", upsert: true, pipeline: "p" })).toEqual([
    "rules[0].pipeline: is not possible with upsert: updates pass no ingest pipeline",
  ]);
  expect(check({ query, index: "x", on_delete: "clear" })).toEqual([
    "rules[0].on_delete: needs a rule with upsert: others own the whole document",
  ]);
  expect(check({ query, index: "x", name: "a" }, { query, index: "y", name: "a" })).toEqual([
    "rules[1].name: is the name of rules[0], too",
  ]);
});

test("texts of SQL are parsed, and index names checked as far as they are known", () => {
  const rule = { table: "a.b", index: "x" };
  expect(check({ ...rule, where: "a b" })).toEqual([
    "rules[0].where: an operator or the end is expected here, not b",
  ]);
  expect(check({ ...rule, index: "Orders-{year(a)}" })).toEqual([
    'rules[0].index: must be lower case: "orders-x"',
  ]);
  expect(check({ ...rule, index: "{a}" })).toEqual([]);
  expect(check({ ...rule, index: "x-{a" })).toEqual([
    "rules[0].index: the brace is not closed by }",
  ]);
  expect(check({ ...rule, id: "number" })).toEqual([
    'rules[0].id: all rows would have this one id: write ["number"] or "{number}" for a column',
  ]);
});

test.each([
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

test("documents are not deleted after TRUNCATE from indices that rows choose", () => {
  expect(check({ table: "a.a", index: "x-{b}", on_truncate: "delete" })).toEqual([
    'rules[0].on_truncate: cannot be "delete" where rows choose the index: which there are is not known',
  ]);
});

test("types and constants that contradict the fields are problems", () => {
  expect(
    check({
      table: "a.a",
      fields: {
        include: ["a", "b"],
        exclude: ["c"],
        types: { c: "list", d: "json", a: "string" },
        constants: { b: 1, x: 2 },
      },
    }),
  ).toEqual([
    'rules[0].fields.types.c: "c" has a type and is excluded',
    'rules[0].fields.types.c: "c" has a type and is not included',
    'rules[0].fields.types.d: "d" has a type and is not included',
    'rules[0].fields.constants.b: "b" is the field "b" already',
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
    'rules[0].fields.rename.c: "c" is renamed and not included',
    'rules[0].fields.rename.c: "a" is renamed to "same" too',
    'rules[0].fields.rename.b: "b" is renamed and excluded',
    'rules[0].fields.include[2]: "a" is listed twice',
  ]);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { printExpression } from "./print.ts";
import { parseRule, sourceOf, type Rule } from "./rule.ts";
import type { RuleOptions } from "../core/rule.ts";
import type { Template } from "./tree.ts";
import { inspect } from "node:util";
import { RuleTextError } from "./rule-text-error.ts";

function rule(options: Partial<RuleOptions>): Rule {
  return parseRule({
    name: "orders",
    table: "shop.orders",
    index: "orders",
    decimals: "auto",
    upsert: false,
    onDelete: "delete",
    ...options,
  });
}

/** Items and condition as SQL. */
function select(options: Partial<RuleOptions>): readonly string[] {
  const { items, where } = rule(options);
  const fields = items.map((item) =>
    item.kind === "star"
      ? `* except (${item.except.map((column) => column.name).join(", ")})`
      : `${printExpression(item.expression)} as ${item.name}`,
  );
  return where === null ? fields : [...fields, `where ${printExpression(where)}`];
}

function errorOf(options: Partial<RuleOptions>): RuleTextError | null {
  try {
    rule(options);
    return null;
  } catch (error) {
    if (error instanceof RuleTextError) return error;
    throw error;
  }
}

function problem(options: Partial<RuleOptions>): string {
  return errorOf(options)?.message ?? "none";
}

function spell(template: Template | null): readonly string[] | null {
  return (
    template &&
    template.map((part) => (typeof part === "string" ? part : `{${printExpression(part)}}`))
  );
}

test("a query says which fields, of which tables and which rows", () => {
  const query = `
    select id, o.user_id, price * qty as total, attrs->>'$.colour' colour, 'x' as 'odd name',
           upper(city) as address.city
    from shop.order_%  as o          -- a pattern
    where o.type in (1, 2);
  `;
  expect(select({ query })).toEqual([
    "id as id",
    "user_id as user_id",
    "(price * qty) as total",
    "attrs->>'$.colour' as colour",
    "'x' as odd name",
    "upper(city) as address.city",
    "where (type in (1, 2))",
  ]);
  expect(rule({ query }).table).toBe("shop.order_*");
});

test.each([
  ["shop.orders", "shop.orders"],
  ["`my shop`.`order_%`", "`my shop`.`order_%`"],
  ["my-shop.order_#", "my-shop.order_#"],
  ["%.orders o", "*.orders"],
  ["shop.`a`_%", "shop.a_*"],
  ["shop.t-- comment", "shop.t"],
])("FROM %s", (from, table) => {
  expect(rule({ query: `select * from ${from}` }).table).toBe(table);
});

test("stars may leave columns out", () => {
  expect(select({ query: "select *, 1 as one from shop.orders" })).toEqual([
    "* except ()",
    "1 as one",
  ]);
  expect(select({ query: "select o.* except (a, `b c`) from shop.orders o" })).toEqual([
    "* except (a, b c)",
  ]);
  expect(select({ query: "select SHOP.orders.* from shop.orders" })).toEqual(["* except ()"]);
});

test.each([
  ["select a + 1 from s.t", "1:8: an expression needs a name for its field: … AS name"],
  ["select a, b a from s.t", "1:11: there are two fields a"],
  ["select distinct a from s.t", "1:8: a rule has no DISTINCT: each row has a document of its own"],
  [
    "select a from s.t group by a",
    "1:19: a rule has no GROUP BY: it makes one document of each row",
  ],
  [
    "select a from s.t where b order by a",
    "1:27: a rule has no ORDER BY: documents have no order, a search has",
  ],
  [
    "select a from s.t limit 1",
    "1:19: a rule has no LIMIT: it takes every row for which WHERE is true",
  ],
  ["select a from s.t, s.u", "1:18: a rule reads one table and has no joins"],
  ["select a from s.t x left join s.u on 1", "1:21: a rule reads one table and has no joins"],
  ["select a from s.t natural join s.u", "1:19: a rule reads one table and has no joins"],
  ["select a from (select 1) x", "1:15: a rule has no sub-queries and no joins: name the table"],
  ["select a from s.t union select 1", "1:19: a rule has no UNION: write a rule for each table"],
  ["select a from s.t for update", "1:19: a rule takes no locks"],
  ["with x as (select 1) select a from x", "1:1: a rule has no WITH: it reads one table"],
  [
    "select a from t",
    '1:15: "t" names no table: write database.table, names with dots in back-ticks',
  ],
  ["select a", "1:9: the text ends where FROM is expected"],
  ["select a, from s.t", "1:11: a field is expected here, not from"],
  ["select from s.t", "1:8: a field is expected here, not from"],
  ["update s.t set a = 1", "1:1: SELECT is expected here, not update"],
  [
    "select a as order from s.t",
    "1:13: a name, in back-ticks if it is a word of SQL, is expected here, not order",
  ],
  ["select u.a from s.t", "1:8: u is no table of this rule: it reads s.t"],
  ["select t.a from s.t o", "1:8: t is no table of this rule: its alias is o"],
  ["select x.t.a from s.t", "1:8: x.t is no table of this rule: it reads s.t"],
  ["select t.a from s.t_%", "1:8: s.t_* is a pattern: give it an alias to qualify columns with"],
  ["select * as x from s.t", "1:10: * has no name: it takes those of the columns"],
  ["select a from s.t where a b", "1:27: an operator or the end is expected here, not b"],
  ["select a from s.t a b", "1:21: WHERE or the end is expected here, not b"],
  ["select a from s.t; select 2", "1:20: a rule is one SELECT: nothing may follow the semicolon"],
])("%s is refused", (query, expected) => {
  expect(problem({ query }).split("\n")[0]).toBe(`rule orders, query:${expected}`);
});

test("the long form is the same as a query", () => {
  expect(select({})).toEqual(["* except ()"]);
  expect(
    select({ exclude: ["note"], rename: { created_at: "created" }, types: { tags: "list" } }),
  ).toEqual([
    "* except (note, created_at, tags)",
    "created_at as created",
    "split(tags, ',') as tags",
  ]);
  expect(
    select({
      include: ["id", "a", "b", "c", "d", "e", "f", "g", "h"],
      exclude: ["h"],
      types: {
        a: "string",
        b: "integer",
        c: "number",
        d: "boolean",
        e: "date",
        f: { list: " | " },
        g: "json",
      },
      rename: { a: "first" },
      constants: { kind: "order", one: 1, half: -0.5, yes: true, none: null },
    }),
  ).toEqual([
    "id as id",
    "cast(a as char) as first",
    "cast(b as signed) as b",
    "(c + 0) as c",
    "bool(d) as d",
    "to_datetime(e) as e",
    "split(f, ' | ') as f",
    "json(g) as g",
    "'order' as kind",
    "1 as one",
    "(- 0.5) as half",
    "bool(true) as yes",
    "null as none",
  ]);
});

test("every part of the long form knows what it would be in a query", () => {
  const parsed = rule({ exclude: ["a", "b c"], types: { d: "json" }, where: { e: [1, null] } });
  const [star, field] = parsed.items.map((item) => sourceOf(parsed, item));
  expect(star).toMatchObject({ key: "fields.exclude", text: "* except (a, `b c`, d)" });
  expect(parsed.items[0]).toMatchObject({ except: [{ at: 10 }, { at: 13 }, { at: 20 }] });
  expect(field).toMatchObject({ key: "fields.types.d", text: "json(d)" });
  expect(parsed.where && sourceOf(parsed, parsed.where)).toMatchObject({
    rule: "orders",
    key: "where.e",
    text: "((e = 1) or (e is null))",
  });
});

test("conditions of the long form are a text, or the values of columns", () => {
  expect(select({ where: "orders.type in (1, 2)" }).at(-1)).toBe("where (type in (1, 2))");
  expect(
    select({ where: { type: [1, 2], kind: "a", gone: null, x: [1, null], y: [true] } }).at(-1),
  ).toBe(
    "where (((((type in (1, 2)) and (kind = 'a')) and (gone is null)) and ((x = 1) or (x is null))) and (y = true))",
  );
  expect(select({ where: {} })).toEqual(["* except ()"]);
});

test("templates hold expressions of the row", () => {
  const { index, id, routing, deleteWhen } = rule({
    query: "select a from s.t o",
    index: "orders-{year(o.created_at)}-{{x}}",
    id: "{tenant}:{concat('}', number)}",
    routing: "{tenant}",
    deleteWhen: "o.deleted_at is not null",
  });
  expect(spell(index)).toEqual(["orders-", "{year(created_at)}", "-{x}"]);
  expect(id !== null && "template" in id && spell(id.template)).toEqual([
    "{tenant}",
    ":",
    "{concat('}', number)}",
  ]);
  expect(spell(routing)).toEqual(["{tenant}"]);
  expect(deleteWhen && printExpression(deleteWhen)).toBe("(not (deleted_at is null))");
  expect(rule({ id: ["a", "b"] }).id).toEqual(["a", "b"]);
});

test.each([
  [{ index: "a-{b" }, "index:1:3: the brace is not closed by }"],
  [{ index: "a-{b c}" }, 'index:1:6: "}" is expected here, not c'],
  [{ index: "a-}" }, "index:1:3: this brace closes none: write }} for }"],
  [{ index: "a-{}" }, "index:1:3: the braces are empty: they hold an expression"],
  [
    { id: "number" },
    'id:1:1: all rows would have this one id: write ["number"] or "{number}" for a column',
  ],
  [{ where: "a b" }, "where:1:3: an operator or the end is expected here, not b"],
  [{ deleteWhen: "x.a" }, "delete_when:1:1: x is no table of this rule: it reads shop.orders"],
] as const)("%o is refused", (options, expected) => {
  expect(problem(options).split("\n")[0]).toBe(`rule orders, ${expected}`);
});

const WORDS =
  "select * a , t . as 'x' from shop orders_% ` where in ( ) 1 = { } {{ }} order by join except ; + -- # \n /*".split(
    " ",
  );

test("nothing but its own error comes of whatever query, condition and template", () => {
  const soup = fc
    .array(fc.oneof(fc.constantFrom(...WORDS), fc.string({ unit: "binary", maxLength: 3 })), {
      maxLength: 20,
    })
    .map((words) => words.join(" "));
  fc.assert(
    fc.property(soup, soup, soup, (query, condition, template) => {
      for (const options of [
        { query },
        { query: `select a from s.t where ${query}` },
        { where: condition },
        { deleteWhen: condition, index: template },
        { id: template },
        { routing: template },
      ]) {
        expect(problem(options)).toEqual(expect.any(String));
      }
    }),
    { numRuns: 200 },
  );
});

test("an error shows no secret of the text, nor do its properties", () => {
  const where = "sha2(concat('hunter2', mail), 256) = 'hunter2' 'x' nix";
  const error = errorOf({ where, secrets: ["hunter2"] });
  expect(inspect(error, { depth: 9 })).not.toContain("hunter2");
  expect(error?.message).toContain("sha2(concat('***', mail), 256) = '***' 'x' nix");
});

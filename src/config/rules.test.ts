import { expect, test } from "vitest";
import { TailraceError } from "../core/errors.ts";
import { toDocument } from "./document.ts";
import { parseConfig } from "./load.ts";
import { redactConfig } from "./redact.ts";

const HEAD = `name = "shop"
[source]
url = "mysql://u@h"
[sink]
hosts = ["http://h"]
`;

function parse(rules: string) {
  return parseConfig(`${HEAD}${rules}`, {
    syntax: "toml",
    file: "x.toml",
    folder: import.meta.dirname,
    env: {},
  });
}

function problem(rules: string): string {
  try {
    parse(rules);
  } catch (error) {
    if (error instanceof TailraceError) return error.message;
    throw error;
  }
  throw new Error("no problem was found");
}

const EVERYTHING = `
[[rules]]
index = "orders-{year(created_at)}"
id = "{tenant}-{number}"
routing = "{tenant}"
pipeline = "enrich"
delete_when = "deleted_at is not null"
transform = "rules.test.ts"
mapping = { note = { type = "text", analyzer = "english" } }
query = """
  select tenant, number, price * qty as total
  from shop.order_%
"""
[[rules]]
name = "parts"
table = "shop.parts"
index = "parts"
id = ["a", "b"]
upsert = true
on_delete = "clear"
fields = { rename = { x = "y" }, types = { t = "list", u = { list = "|" } }, constants = { kind = "part", n = 1.5, yes = true } }
where = { type = [1, 2], state = "on" }
[[rules]]
table = "shop.parts"
index = "orders"
where = "type = 3"
[[tests]]
name = "an order has a total"
rule = "orders"
table = "shop.order_1"
row = { tenant = 1, number = 2, price = "1.50", qty = 2 }
expect = { total = 3.0 }
place = { id = "1-2" }
[[tests]]
name = "other parts are none"
rule = "parts"
row = { type = 9 }
expect = "none"
`;

test("every key of a rule and its tests arrives, and reads back", () => {
  const config = parse(EVERYTHING);
  expect(config.rules).toMatchObject([
    {
      name: "orders",
      table: "shop.order_*",
      index: "orders-{year(created_at)}",
      id: "{tenant}-{number}",
      routing: "{tenant}",
      pipeline: "enrich",
      deleteWhen: "deleted_at is not null",
      transform: import.meta.filename,
      mapping: { note: { type: "text", analyzer: "english" } },
      query: "  select tenant, number, price * qty as total\n  from shop.order_%\n",
      onDelete: "delete",
    },
    {
      name: "parts",
      rename: { x: "y" },
      types: { t: "list", u: { list: "|" } },
      constants: { kind: "part", n: 1.5, yes: true },
      where: { type: [1, 2], state: "on" },
      upsert: true,
      onDelete: "clear",
    },
    { name: "orders-2", where: "type = 3" },
  ]);
  expect(config.tests).toEqual([
    {
      name: "an order has a total",
      rule: "orders",
      table: "shop.order_1",
      row: { tenant: 1, number: 2, price: "1.50", qty: 2 },
      expect: { total: 3 },
      place: { id: "1-2" },
    },
    { name: "other parts are none", rule: "parts", row: { type: 9 }, expect: null },
  ]);
  const options = { syntax: "json", file: "x.json", folder: "/", env: {} } as const;
  expect(parseConfig(JSON.stringify(toDocument(config)), options)).toEqual(config);
});

test("null is a value where a configuration can hold it", () => {
  const document = {
    ...JSON.parse(JSON.stringify(toDocument(parse('[[rules]]\ntable = "a.b"\nindex = "c"\n')))),
    rules: [{ table: "a.b", index: "c", where: { gone: null, type: [1, null] } }],
  };
  const options = { syntax: "json", file: "x.json", folder: "/", env: {} } as const;
  expect(parseConfig(JSON.stringify(document), options).rules[0]?.where).toEqual({
    gone: null,
    type: [1, null],
  });
});

test.each(["9007199254740993", "[1, 9007199254740993]"])(
  "the number in %s, which JSON would round, is refused",
  (value) => {
    const document = toDocument(parse('[[rules]]\ntable = "a.b"\nindex = "c"\n'));
    const rules = `[{"table": "a.b", "index": "c", "where": {"id": ${value}}}]`;
    const text = JSON.stringify({ ...document, rules: "RULES" }).replace('"RULES"', rules);
    const options = { syntax: "json", file: "x.json", folder: "/", env: {} } as const;
    expect(() => parseConfig(text, options)).toThrow(
      "rules[0].where.id: has a number of too many digits here",
    );
  },
);

test("a problem in a query is shown in its line of the file", () => {
  const rules =
    '[[rules]]\nindex = "orders"\nquery = """\n  select a, b +\n  from shop.orders\n"""\n';
  expect(problem(rules)).toBe(`1 problem in x.toml

x.toml:10:3: rules[0].query: from is a word of SQL: put it in back-ticks where it names a column
   10 |   from shop.orders
      |   ^`);
});

test("a problem in a text that is written with escapes is shown in the text", () => {
  const rules = String.raw`[[rules]]
index = "orders"
table = "shop.orders"
where = "a = \"x\" b"
`;
  expect(problem(rules)).toBe(`1 problem in x.toml

x.toml:9:9: rules[0].where: an operator or the end is expected here, not b
    1 | a = "x" b
      |         ^`);
});

test("a problem in a configuration in JSON shows the line of the query", () => {
  const document = {
    name: "shop",
    source: { url: "mysql://u@h" },
    sink: { hosts: ["http://h"] },
    rules: [{ index: "o", query: "select a\nfrom t" }],
  };
  const options = { syntax: "json", file: "x.json", folder: "/", env: {} } as const;
  expect(() => parseConfig(JSON.stringify(document), options)).toThrow(`1 problem in x.json

rules[0].query: "t" names no table: write database.table, names with dots in back-ticks
    2 | from t
      |      ^`);
});

test("scripts, and the rules of tests, must be there", () => {
  const rule = '[[rules]]\ntable = "shop.order_*"\nindex = "orders"\n';
  expect(problem(`${rule}transform = "missing.ts"\n`)).toContain(
    `rules[0].transform: the file ${import.meta.dirname}/missing.ts cannot be read`,
  );
  const body = "row = {}\nexpect = {}\n";
  expect(problem(`${rule}[[tests]]\nname = "x"\nrule = "order"\n${body}`)).toContain(
    'tests[0].rule: there is no rule of this name; did you mean "orders"?',
  );
  expect(problem(`${rule}[[tests]]\nname = "x"\nrule = "orders"\n${body}`)).toContain(
    "tests[0].table: is required: the rule's is the pattern shop.order_*",
  );
});

test.each([
  ["where = 1", "where: must be a condition as text, or a table of columns and their values"],
  ["where = { a = [] }", "where.a: must have at least one value"],
  [
    "where = { a = 2026-01-02 }",
    "where.a: must be text in quotes, a number, true or false, or a list of these",
  ],
  ["id = 5", "id: must be a list of columns, or a text with {expression}"],
  ['fields = { types = { a = "lst" } }', 'fields.types.a: must be "string", "integer"'],
  [
    "fields = { constants = { a = [1] } }",
    "fields.constants.a: must be text in quotes, a number, true or false",
  ],
  ['name = "a b"', "name: must be 1 to 64 letters, digits, dots, hyphens or underscores"],
  ['on_delete = "keep"', 'on_delete: must be "delete" or "clear"'],
  ['querry = "x"', 'querry: unknown key; did you mean "query"?'],
])("%s is a problem", (line, message) => {
  expect(problem(`[[rules]]\ntable = "a.b"\nindex = "x"\n${line}\n`)).toContain(
    `rules[0].${message}`,
  );
});

test("what references in a rule stand for is neither in its errors nor in what is printed", () => {
  const env = { SALT: "hunter2", INDEX: "orders" };
  const rule = (query: string): string =>
    `${HEAD}[[rules]]\nindex = "\${env:INDEX}"\nquery = "${query}"\n`;
  const options = { syntax: "toml", file: "x.toml", folder: "/", env } as const;
  const good = "select id, sha2(concat('${env:SALT}', mail), 256) as mail from shop.users";
  const config = parseConfig(rule(good), options);
  expect(config.rules[0]?.query).toContain("'hunter2'");
  const printed = JSON.stringify(toDocument(redactConfig(config)));
  expect(printed).not.toContain("hunter2");
  expect(printed).toContain("concat('***', mail)");
  expect(printed).toContain('"index":"orders"');
  const bad = good.replace(" as mail", " as order");
  expect(() => parseConfig(rule(bad), options)).toThrow(`1 problem in x.toml

x.toml:8:9: rules[0].query: a name, in back-ticks if it is a word of SQL, is expected here, not order
    1 | select id, sha2(concat('***', mail), 256) as order from shop.users
      |                                              ^`);
  const worse = "select id '${env:SALT}' '${env:SALT}' 'x' from shop.users";
  expect(() => parseConfig(rule(worse.replace("id '", "id = 1 = '")), options)).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining("hunter2") }),
  );
});

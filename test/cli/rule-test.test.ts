import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeTable } from "../../src/mysql/table-lookup.ts";
import { openConnection } from "../../src/mysql/connection.ts";
import { readSamples } from "../../src/cli/rule-test/read-samples.ts";
import { rowOfTest } from "../../src/cli/rule-test/test-row.ts";
import { openTestTarget, type TestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase, type TestDatabase } from "../support/mysql.ts";
import { tailrace } from "./tailrace.ts";

/** A configuration with these rules, in a folder of its own. */
async function configFile(db: TestDatabase, target: TestTarget, rules: string) {
  const folder = await mkdtempDisposable(join(tmpdir(), "tailrace-"));
  const file = join(folder.path, "shop.toml");
  const text = `name = "${db.name.replaceAll("_", "-")}"
[source]
url = "mysql://root@${db.url.host}"
start = "latest"
[sink]
hosts = ["${target.url.origin}"]
${rules}`;
  await writeFile(file, text);
  return { file, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

const QUERY_RULE = (db: TestDatabase, target: TestTarget) => `
[[rules]]
name = "orders"
index = "${target.prefix}{year}"
routing = "{user_id}"
query = "select id, price * qty as total, split(tags, ',') as tags from ${db.name}.orders where qty"
`;

async function createOrders(db: TestDatabase): Promise<void> {
  await db.query(`
    CREATE TABLE orders (id BIGINT UNSIGNED PRIMARY KEY, user_id INT, price DECIMAL(6,2), qty TINYINT UNSIGNED, tags VARCHAR(20), year INT);
    INSERT INTO orders VALUES (1, 7, 2.50, 3, 'a,b', 2025), (2, 8, 1.00, 0, NULL, 2025), (18446744073709551615, 9, 0.01, 1, NULL, 2026)`);
}

test("a live row is shown with its document, its bulk lines and what the index holds else", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await createOrders(db);
  await using config = await configFile(db, target, QUERY_RULE(db, target));
  const index = `${target.prefix}2025`;
  await target.request("PUT", `/${index}/_doc/1?routing=7`, {
    id: 1,
    total: 7.51,
    tags: ["a", "b"],
  });

  const { code, stdout, stderr } = await tailrace(["rule", "test", config.file, "--key", "1"]);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  expect(stdout).toBe(`row of ${db.name}.orders
  id       1
  user_id  7
  price    2.50
  qty      3
  tags     "a,b"
  year     2025
document
  id     1
  total  7.50
  tags   ["a","b"]
bulk request (the version is the change's place in the log)
  {"index":{"_index":"${index}","version_type":"external_gte","version":0,"_id":"1","routing":"7"}}
  {"id":1,"total":7.50,"tags":["a","b"]}
the index holds another document as ${index}/1
  total: 7.50 by the rule, 7.51 in the index
`);
});

test("samples are the rows with the greatest keys; rows that the rule leaves out are shown, too", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await createOrders(db);
  await using config = await configFile(db, target, QUERY_RULE(db, target));
  const { code, stdout } = await tailrace([
    "rule",
    "test",
    config.file,
    "--rule",
    "orders",
    "--sample",
    "2",
    "--json",
  ]);
  expect(code).toBe(0);
  // read with all digits by the command, and rounded here
  expect(stdout).toContain('"document":{"id":18446744073709551615,"total":0.01,"tags":null}');
  expect(JSON.parse(stdout)).toMatchObject([
    {
      outcome: "document",
      place: { index: `${target.prefix}2026`, id: "18446744073709551615" },
      index: "no index",
    },
    { row: { id: 2, qty: 0 }, outcome: "none" },
  ]);
});

test("rows are chosen by a condition, which can do nothing but choose", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await createOrders(db);
  await db.query(
    "CREATE FUNCTION harm() RETURNS INT DETERMINISTIC MODIFIES SQL DATA BEGIN DELETE FROM orders; RETURN 1; END",
  );
  await using config = await configFile(db, target, QUERY_RULE(db, target));
  const where = (condition: string) =>
    tailrace(["rule", "test", config.file, "--where", condition, "--json"]);

  const { stdout } = await where("price > 1 and tags like 'a%'");
  expect(JSON.parse(stdout)).toMatchObject([{ row: { id: 1 } }]);
  expect((await where("0")).stdout).toBe("[]\n");
  const refused: readonly (readonly [string, RegExp])[] = [
    ["nope = 1", /Unknown column 'nope'/],
    [`${db.name}.harm()`, /READ ONLY transaction/],
    ["1; delete from orders", /no semicolon/],
    ["1) into outfile '/dev/null' -- ", /parenthesis/],
    ["(select 1 into @a)", /no INTO/],
    ["1 /*! or 1 */", /no code for some versions/],
    ["(1", /not closed/],
  ];
  for (const [condition, reason] of refused) {
    const { code, stderr, stdout: printed } = await where(condition);
    expect(code, condition).not.toBe(0);
    expect(`${stderr}${printed}`).toMatch(reason);
  }
  expect(await db.query("SELECT id FROM orders")).toHaveLength(3);
});

test("keys of several columns, with commas in them, and keys that are none", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query(`CREATE TABLE t (a VARCHAR(10), b DATE, c BINARY(2), x INT, PRIMARY KEY (a, b, c));
    INSERT INTO t VALUES ('a,b', '2026-01-02', x'01ff', 1)`);
  const rules = `[[rules]]\nname = "t"\nindex = "${target.prefix}t"\ntable = "${db.name}.t"\n`;
  await using config = await configFile(db, target, rules);
  const key = (text: string) => tailrace(["rule", "test", config.file, "--key", text, "--json"]);
  const { stdout } = await key('["a,b","2026-01-02","0x01ff"]');
  expect(JSON.parse(stdout)).toMatchObject([{ row: { x: 1 }, outcome: "document" }]);
  expect((await key("a,2026-01-02,0x01ff")).stdout).toBe("[]\n");
  expect((await key("1")).stdout).toMatch(/has the key \(a, b, c\); --key has 1 value/);
  expect((await key("a,today,0x00")).stdout).toMatch(
    /"today\\" is no value of b, which is of type date/,
  );
});

test("an upsert is compared with its own fields only, and failures are shown with their error", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query(
    "CREATE TABLE t (id BIGINT UNSIGNED PRIMARY KEY); INSERT INTO t VALUES (1), (18446744073709551615)",
  );
  const index = `${target.prefix}t`;
  const rules = `[[rules]]
name = "t"
index = "${index}"
id = ["id"]
upsert = true
query = "select id, id + 1 as next from ${db.name}.t"
`;
  await using config = await configFile(db, target, rules);
  await target.request("PUT", `/${index}/_doc/1`, { id: 1, next: 2, other: "kept" });
  const { stdout } = await tailrace(["rule", "test", config.file, "--sample", "5", "--json"]);
  expect(JSON.parse(stdout)).toMatchObject([
    {
      outcome: "failed",
      error: {
        code: "RULE_ROW_FAILED",
        message: expect.stringContaining("out of range") as string,
      },
    },
    { outcome: "document", index: "document", differences: [] },
  ]);
});

test("definitions of tables are written to a file, with which tests need no server", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await createOrders(db);
  const tests = `
[[tests]]
name = "the total is price times quantity"
rule = "orders"
row = { id = 1, user_id = 7, price = "2.50", qty = 2, tags = "a", year = 2026 }
expect = { id = 1, total = 5, tags = ["a"] }
place = { index = "${target.prefix}2026", routing = "7" }

[[tests]]
name = "an order of nothing has no document"
rule = "orders"
row = { id = 1, qty = 0 }
expect = "none"
`;
  await using config = await configFile(db, target, QUERY_RULE(db, target) + tests);
  const live = await tailrace(["test", config.file]);
  expect(live).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("2 tests, 0 failed") as string,
  });

  const schema = config.file.replace(".toml", ".schema.json");
  expect((await tailrace(["schema", config.file, "--output", schema])).code).toBe(0);
  await db.query("DROP TABLE orders");
  expect(await tailrace(["test", config.file])).toEqual(live);
});

test("values of tests become what the server makes of them", async () => {
  await using db = await openTestDatabase();
  await using connection = await openConnection({
    host: db.url.hostname,
    port: Number(db.url.port),
    user: "root",
  });
  const columns: readonly (readonly [string, readonly (string | number | boolean)[]])[] = [
    ["TINYINT", [-128, 127, true]],
    ["BIGINT UNSIGNED", ["18446744073709551615", 0]],
    ["DECIMAL(10,3)", ["-0.5", "1234567.891", 7, "-0"]],
    ["DECIMAL(5,0)", ["12345", -1]],
    ["FLOAT", [0.1, "1e-30", 16_777_216]],
    ["DOUBLE", [0.1, "1e300", 3]],
    ["BIT(10)", [513]],
    ["YEAR", [1999]],
    ["DATE", ["2024-02-29", "1000-01-01"]],
    ["TIME(2)", ["-838:59:58.5", "10:20:30"]],
    ["DATETIME(3)", ["2024-02-29 10:20:30.5", "2024-02-29"]],
    ["TIMESTAMP(6) NULL", ["2024-02-29 10:20:30.000001"]],
    ["VARCHAR(20)", ['a"\\b\u{1f600}', "", " x "]],
    ["BINARY(4)", ["ab", "abcd"]],
    ["VARBINARY(4)", ["ab", ""]],
    ["ENUM('a','b c')", ["b c"]],
    ["SET('a','b','c')", ["c,a", ""]],
    [
      "JSON",
      [
        '{"b": 1.0, "aa": [true, null, "x"], "a": {"z": 1, "y": 2}}',
        '"text"',
        "[1e2, 1.50, 1e20, -0.0, 18446744073709551616]",
      ],
    ],
  ];
  const names = columns.map((_, i) => `c${i}`);
  await db.query(
    `CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, ${columns.map(([type], i) => `c${i} ${type}`).join(", ")})`,
  );
  const schema = (await describeTable(connection, db.name, "t"))!.schema;
  const most = Math.max(...columns.map(([, values]) => values.length));
  for (let i = 0; i < most; i += 1) {
    const values = columns.map(([, given]) => given[i] ?? given[0]!);
    const sql = `INSERT INTO t (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`;
    await db.query(`SET time_zone = '+00:00'`);
    await db.query(sql, values);
    const choice = { kind: "newest" } as const;
    const [row] = await readSamples(connection, schema, { choice, limit: 1 });
    const written = Object.fromEntries(names.map((name, at) => [name, values[at]]));
    expect(rowOfTest({ id: i + 1, ...written }, schema, "t")).toEqual(row);
  }
});

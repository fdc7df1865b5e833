import { expect, test } from "vitest";
import { openTestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { createTestPipeline } from "../support/pipeline.ts";
import { openProxy } from "../support/proxy.ts";

function rule(table: string, index: string, more = ""): string {
  return `[[rules]]\ntable = "${table}"\nindex = "${index}"\n${more}\n`;
}

test("a dropped partition is a gap and no reason to empty the index", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query(
    "create table t (id int primary key) partition by range (id) (partition p0 values less than (10), partition p1 values less than (20))",
  );
  const index = `${target.prefix}t`;
  const rules = rule(`${db.name}.t`, index, 'on_truncate = "delete"');
  await using pipeline = await createTestPipeline({ db, target, rules });
  await using run = await pipeline.start();
  await db.query("insert into t values (1),(11); alter table t drop partition p0");
  await run.caughtUp();
  expect((await target.all(index)).map((document) => document._id)).toContain("11");
  expect(await pipeline.deadLetters()).toMatchObject([
    { code: "SCHEMA_TABLE_CLEARED", table: "t", error: "a partition was truncated or dropped" },
  ]);
});

test("a dropped database clears tables that the run has not seen", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query("create table t (id int primary key)");
  const index = `${target.prefix}t`;
  const rules = rule(`${db.name}.t`, index, 'on_truncate = "delete"');
  await using pipeline = await createTestPipeline({ db, target, rules });
  {
    await using run = await pipeline.start();
    await db.query("insert into t values (1),(2)");
    await run.caughtUp();
  }
  expect(await target.all(index)).toHaveLength(2);
  {
    await using run = await pipeline.start();
    await db.query(`drop database ${db.name}`);
    await run.caughtUp();
  }
  expect(await target.all(index)).toEqual([]);
});

test("a dropped database whose tables only a pattern names is a gap", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  const rules = rule(`${db.name}.order_#`, `${target.prefix}t`);
  await using pipeline = await createTestPipeline({ db, target, rules });
  await using run = await pipeline.start();
  await db.query(`drop database ${db.name}`);
  await run.caughtUp();
  expect(await pipeline.deadLetters()).toMatchObject([
    { code: "SCHEMA_TABLE_CLEARED", database: db.name, table: "" },
  ]);
});

test("tables that swap their names between two rules are gaps of both", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query("create table a (id int primary key); create table b (id int primary key)");
  const rules = `${rule(`${db.name}.a`, `${target.prefix}a`)}${rule(`${db.name}.b`, `${target.prefix}b`)}`;
  await using pipeline = await createTestPipeline({ db, target, rules });
  await using run = await pipeline.start();
  await db.query("rename table a to x, b to a, x to b; rename table b to elsewhere");
  await run.caughtUp();
  const letters = await pipeline.deadLetters();
  expect(letters.map(({ code, table }) => [code, table])).toEqual([
    ["SCHEMA_TABLE_REPLACED", "a"],
    ["SCHEMA_TABLE_REPLACED", "b"],
    ["SCHEMA_TABLE_CLEARED", "b"],
  ]);
});

test("a table of the same index under another name is no gap", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query("create table o_1 (id int primary key)");
  const rules = rule(`${db.name}.o_#`, `${target.prefix}o`);
  await using pipeline = await createTestPipeline({ db, target, rules });
  await using run = await pipeline.start();
  await db.query("rename table o_1 to o_2");
  await run.caughtUp();
  expect(await pipeline.deadLetters()).toEqual([]);
});

test("an altered primary key is a gap before a row is seen, a rule's own id is not concerned", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  const columns = "(id int primary key, code int not null unique)";
  await db.query(`create table t ${columns}; create table u ${columns}`);
  const rules = `${rule(`${db.name}.t`, `${target.prefix}t`)}${rule(`${db.name}.u`, `${target.prefix}u`, 'id = ["code"]')}`;
  await using pipeline = await createTestPipeline({ db, target, rules });
  await using run = await pipeline.start();
  for (const table of ["t", "u"])
    await db.query(`alter table ${table} drop primary key, add primary key (code)`);
  await run.caughtUp();
  expect(await pipeline.deadLetters()).toMatchObject([{ code: "SCHEMA_KEY_CHANGED", table: "t" }]);
});

test('on_truncate = "stop" stops before the TRUNCATE, again at each start, until the rule says otherwise', async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query("create table t (id int primary key)");
  const index = `${target.prefix}t`;
  const stop = rule(`${db.name}.t`, index, 'on_truncate = "stop"');
  await using pipeline = await createTestPipeline({ db, target, rules: stop });
  {
    await using run = await pipeline.start();
    await db.query("insert into t values (1); truncate t; insert into t values (2)");
    expect(await run.failure).toMatchObject({ code: "SCHEMA_TABLE_STOPPED" });
  }
  {
    await using run = await pipeline.start();
    expect(await run.failure).toMatchObject({ code: "SCHEMA_TABLE_STOPPED" });
  }
  await using mended = pipeline.withRules(rule(`${db.name}.t`, index));
  await using run = await mended.start();
  await run.caughtUp();
  expect((await target.all(index)).map((document) => document._id).toSorted()).toEqual(["1", "2"]);
});

test("clearing goes on where it was when Elasticsearch was away", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await using proxy = await openProxy(target.url);
  await db.query("create table t (id int primary key)");
  const index = `${target.prefix}t`;
  const rules = rule(`${db.name}.t`, index, 'on_truncate = "delete"');
  await using pipeline = await createTestPipeline({
    db,
    target,
    rules,
    elasticsearchUrl: proxy.url,
  });
  await using run = await pipeline.start();
  await db.query("insert into t values (1),(2),(3)");
  await run.caughtUp();
  await proxy.refuse();
  proxy.cut();
  await db.query("truncate t; insert into t values (2),(4)");
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  await proxy.accept();
  await run.caughtUp();
  expect((await target.all(index)).map((document) => document._id).toSorted()).toEqual(["2", "4"]);
});

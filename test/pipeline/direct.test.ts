import { expect, test } from "vitest";
import { openTestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { createTestPipeline } from "../support/pipeline.ts";
import { openProxy } from "../support/proxy.ts";
import { until } from "../support/until.ts";
import { verifyTables } from "../support/verify.ts";

const COLUMNS =
  "id int primary key, name varchar(50), price decimal(10,2), data json, changed timestamp(6) null";

function rule(table: string, index: string, more = ""): string {
  return `[[rules]]\ntable = "${table}"\nindex = "${index}"\n${more}\n`;
}

test.each(["mysql", "mariadb"] as const)(
  "documents follow the rows of %s through stops and starts",
  async (server) => {
    await using db = await openTestDatabase(server);
    await using target = await openTestTarget();
    await db.query(`create table t (${COLUMNS})`);
    const index = `${target.prefix}t`;
    await using pipeline = await createTestPipeline({
      db,
      target,
      rules: rule(`${db.name}.t`, index),
    });
    const check = async (): Promise<void> => {
      const result = await verifyTables({
        mysql: db.url,
        elasticsearch: target.url,
        tables: [{ database: db.name, table: "t", index }],
      });
      expect(result.differences).toEqual([]);
    };
    {
      await using run = await pipeline.start();
      await db.query(
        "insert into t values (1,'a',1.10,'{\"x\": [1, 2.50, \"é\"]}',now(6)),(2,'b',null,null,null),(3,'c',-0.05,'[]',now(6))",
      );
      await db.query("update t set name = concat(name, '!') where id < 3");
      await run.caughtUp();
      await check();
    }
    await db.query(
      "update t set id = 30 where id = 3; delete from t where id = 2; insert into t (id, name) values (4, 'while stopped')",
    );
    {
      await using run = await pipeline.start();
      await run.caughtUp();
      await check();
      expect(run.status().sink.applied).toBeGreaterThan(0);
      expect(run.troubles).toEqual([]);
    }
    {
      await using run = await pipeline.start();
      await run.caughtUp();
      expect(run.status().actionsTaken).toBe(0);
    }
  },
);

test("incomplete row images and JSON diffs are completed from the table", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query(`create table t (${COLUMNS}, note text)`);
  const index = `${target.prefix}t`;
  await using pipeline = await createTestPipeline({
    db,
    target,
    rules: rule(`${db.name}.t`, index),
  });
  await using run = await pipeline.start();
  await db.query(
    "insert into t values (1,'a',1,'{\"k\": \"0123456789012345678901234567890\"}',now(6),'n'),(2,'b',2,'[]',null,'m'),(3,'c',3,null,null,null)",
  );
  await db.query(
    "set session binlog_row_image = 'MINIMAL'; update t set price = 9 where id = 1; update t set id = 20 where id = 2; delete from t where id = 3",
  );
  await db.query("set session binlog_row_image = 'NOBLOB'; update t set name = 'x' where id = 20");
  await db.query(
    "set session binlog_row_image = 'FULL', session binlog_row_value_options = 'PARTIAL_JSON'; update t set data = json_set(data, '$.k', 1) where id = 1",
  );
  await run.caughtUp();
  const result = await verifyTables({
    mysql: db.url,
    elasticsearch: target.url,
    tables: [{ database: db.name, table: "t", index }],
  });
  expect(result.differences).toEqual([]);
});

test("a new column becomes a field although the index is strict", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query("create table t (id int primary key)");
  const index = `${target.prefix}t`;
  await using pipeline = await createTestPipeline({
    db,
    target,
    rules: rule(`${db.name}.t`, index),
  });
  await using run = await pipeline.start();
  await db.query(
    "insert into t values (1); alter table t add price decimal(8,2); insert into t values (2, 9.75)",
  );
  await run.caughtUp();
  expect(await target.get(index, "2")).toMatchObject({
    _source: { id: 2, price: expect.anything() },
  });
  expect(await pipeline.deadLetters()).toEqual([]);
});

test("TRUNCATE empties the index where the rule says so, and what came later stays", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query("create table t (id int primary key)");
  const index = `${target.prefix}t`;
  await using pipeline = await createTestPipeline({
    db,
    target,
    rules: rule(`${db.name}.t`, index, 'on_truncate = "delete"'),
  });
  await using run = await pipeline.start();
  await db.query("insert into t values (1),(2),(3); truncate t; insert into t values (2)");
  await run.caughtUp();
  expect((await target.all(index)).map((document) => document._id)).toEqual(["2"]);
});

test("TRUNCATE of a table whose documents are kept is a dead letter and a note in the checkpoint", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query("create table t (id int primary key)");
  const index = `${target.prefix}t`;
  await using pipeline = await createTestPipeline({
    db,
    target,
    rules: rule(`${db.name}.t`, index),
  });
  {
    await using run = await pipeline.start();
    await db.query("insert into t values (1); truncate t; insert into t values (2)");
    await run.caughtUp();
    expect(run.troubles[0]).toContain("SCHEMA_TABLE_CLEARED");
    expect((await target.all(index)).map((document) => document._id).toSorted()).toEqual([
      "1",
      "2",
    ]);
  }
  expect(await pipeline.deadLetters()).toMatchObject([
    { kind: "gap", code: "SCHEMA_TABLE_CLEARED", table: "t" },
  ]);
  expect(await pipeline.checkpoint()).toMatchObject({
    gaps: [{ code: "SCHEMA_TABLE_CLEARED", table: "t" }],
  });
});

test("a document that Elasticsearch refuses is parked and the others go on", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query("create table t (id int primary key, v varchar(20))");
  const index = `${target.prefix}t`;
  await target.request("PUT", `/${index}`, {
    mappings: { properties: { v: { type: "integer" } } },
  });
  await using pipeline = await createTestPipeline({
    db,
    target,
    rules: rule(`${db.name}.t`, index, "create_index = false"),
  });
  {
    await using run = await pipeline.start();
    await db.query("insert into t values (1,'1'),(2,'no number'),(3,'3')");
    await run.caughtUp();
  }
  expect((await target.all(index)).map((document) => document._id).toSorted()).toEqual(["1", "3"]);
  expect(await pipeline.deadLetters()).toMatchObject([
    { kind: "document", code: "DOCUMENT_REJECTED", id: "2", operation: "index" },
  ]);
});

test("connections that are cut, stalled and refused heal without loss", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await using mysql = await openProxy(db.url);
  await using elasticsearch = await openProxy(target.url);
  await db.query("create table t (id int primary key, v int)");
  const index = `${target.prefix}t`;
  await using pipeline = await createTestPipeline({
    db,
    target,
    rules: rule(`${db.name}.t`, index),
    mysqlUrl: mysql.url,
    elasticsearchUrl: elasticsearch.url,
  });
  await using run = await pipeline.start();
  for (let i = 1; i <= 40; i++) {
    await db.query(`insert into t values (${i}, 0); update t set v = v + 1`);
    if (i < 20 && i % 10 === 3) mysql.cut();
    if (i % 10 === 6) elasticsearch.cut();
    if (i === 20) {
      await run.caughtUp();
      mysql.stall();
    }
    if (i === 25) await elasticsearch.refuse();
    if (i === 35) await elasticsearch.accept();
  }
  await until(
    "the watchdog has noticed the silence",
    () => {
      if (run.troubles.some((text) => text.includes("SOURCE_STALLED"))) return true;
      throw new Error(run.troubles.join("; "));
    },
    { timeoutMs: 20_000 },
  );
  mysql.resume();
  await run.caughtUp();
  const result = await verifyTables({
    mysql: db.url,
    elasticsearch: target.url,
    tables: [{ database: db.name, table: "t", index }],
  });
  expect(result.differences).toEqual([]);
});

test("a table without a key stops the run with the reason", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query("create table t (a int)");
  await using pipeline = await createTestPipeline({
    db,
    target,
    rules: rule(`${db.name}.t`, `${target.prefix}t`),
  });
  await using run = await pipeline.start();
  await db.query("insert into t values (1)");
  expect(await run.failure).toMatchObject({ code: "RULE_NO_KEY" });
});

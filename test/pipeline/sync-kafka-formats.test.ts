import { expect, test } from "vitest";
import { openTestTarget, type TestTarget } from "../support/elasticsearch.ts";
import { openTestTopics } from "../support/kafka-topics.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { createTestPipeline } from "../support/pipeline.ts";
import { readRealRecords, readScript } from "../support/real-records.ts";
import { createTestSync } from "../support/sync-pipeline.ts";

const TABLES = ["rec_types", "rec_composite", "rec_shard_0", "rec_shard_1"] as const;

const rules = (database: string, prefix: string): string =>
  TABLES.map(
    (table) =>
      `[[rules]]\ntable = "${database}.${table}"\nindex = "${prefix}${table}"\non_truncate = "delete"\n`,
  ).join("");

async function documentsOf(target: TestTarget, table: string): Promise<Record<string, unknown>> {
  const found = await target.all(`${target.prefix}${table}`);
  return Object.fromEntries(found.map(({ _id, _source }) => [_id, _source]));
}

test.each(["canal", "debezium", "maxwell"] as const)(
  "what %s wrote for a script becomes the documents that the log itself gives",
  async (program) => {
    await using db = await openTestDatabase();
    await using direct = await openTestTarget();
    await using target = await openTestTarget();
    await using topics = openTestTopics();
    const script = await readScript(db.name);
    await db.query(script.schema);
    const options = { db, target: direct, rules: rules(db.name, direct.prefix) };
    await using pipeline = await createTestPipeline(options);
    await using run = await pipeline.start();
    await db.query(script.changes);
    await run.caughtUp();

    const topic = `${topics.prefix}${program}`;
    await topics.create(topic, 1);
    const records = await readRealRecords(program);
    const renamed = (text: string | null): string | null =>
      text === null ? null : text.replaceAll("peers_bench", db.name);
    await topics.produce(
      topic,
      records.map(({ key, value }) => ({ key: renamed(key), value: renamed(value) })),
    );
    await using sync = await createTestSync({
      topics,
      names: [topic],
      target,
      rules: rules(db.name, target.prefix),
      source: `mysql = "${db.url.href}"`,
    });
    await using synced = await sync.start();
    await synced.committed(topic, [records.length]);
    expect(await documentsOf(target, "rec_composite")).toEqual(
      await documentsOf(direct, "rec_composite"),
    );
    // of the three only Canal wrote the TRUNCATE
    const left = program === "canal" ? {} : { "1": { id: 1, v: "s0" } };
    const shard0 = await documentsOf(direct, "rec_shard_0");
    expect(await documentsOf(target, "rec_shard_0")).toEqual({ ...left, ...shard0 });
    // only Canal's records tell that the column did not exist yet; others are read again with it
    const grown = program === "canal" ? {} : { "3": { id: 3, v: "s1", extra: 1.5 } };
    const shard1 = await documentsOf(direct, "rec_shard_1");
    expect(await documentsOf(target, "rec_shard_1")).toEqual({ ...shard1, ...grown });
    // what a format cannot carry of single values is in docs/record-formats.md
    const [found, wanted] = [
      await documentsOf(target, "rec_types"),
      await documentsOf(direct, "rec_types"),
    ];
    expect(Object.keys(found)).toEqual(Object.keys(wanted));
    const letters = await sync.deadLetters();
    expect(letters.filter(({ kind }) => kind === "record")).toEqual([]);
  },
);

test("rows of which a record holds the key only are read again from MySQL", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await using topics = openTestTopics();
  await db.query(
    "create table orders (id int primary key, v varchar(100)); insert into orders values (7, 'seven')",
  );
  const topic = `${topics.prefix}orders`;
  await topics.create(topic, 1);
  const value = JSON.stringify({
    data: [{ id: "7" }, { id: "8" }],
    database: db.name,
    es: 1_795_430_613_000,
    id: 1,
    isDdl: false,
    mysqlType: { id: "int", v: "varchar(100)" },
    old: null,
    pkNames: ["id"],
    sql: "",
    table: "orders",
    ts: 1_795_430_613_100,
    type: "INSERT",
  });
  const headers = {
    "tailrace.version": "10",
    "tailrace.schema": "00112233445566aa",
    "tailrace.key_only": "1",
  };
  await topics.produce(topic, [{ value, headers }]);
  await using sync = await createTestSync({
    topics,
    names: [topic],
    target,
    rules: `[[rules]]\ntable = "${db.name}.orders"\nindex = "${target.prefix}orders"\n`,
    source: `mysql = "${db.url.href}"`,
  });
  await using run = await sync.start();
  await run.committed(topic, [1]);
  // the eighth is gone: its delete follows
  expect(await documentsOf(target, "orders")).toEqual({ "7": { id: 7, v: "seven" } });
  expect(run.troubles).toEqual([]);
});

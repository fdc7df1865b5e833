import { createConnection } from "mysql2/promise";
import { expect, test } from "vitest";
import { openTestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase, type TestDatabase } from "../support/mysql.ts";
import { createTestPipeline } from "../support/pipeline.ts";
import { openProxy } from "../support/proxy.ts";
import { until } from "../support/until.ts";

/** Prepares an XA transaction that inserts a row; the session is free for another one then. */
async function prepare(db: TestDatabase, xid: string, id: number): Promise<void> {
  const connection = await createConnection(db.url.href);
  try {
    for (const sql of [
      `use ${db.name}`,
      `xa start '${xid}'`,
      `insert into t values (${id})`,
      `xa end '${xid}'`,
      `xa prepare '${xid}'`,
    ])
      await connection.query(sql);
  } finally {
    await connection.end();
  }
}

test("how far the log was read is not forgotten while it is read again", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query("create table t (id int primary key)");
  await using pipeline = await createTestPipeline({
    db,
    target,
    rules: `[[rules]]\ntable = "${db.name}.t"\nindex = "${target.prefix}t"`,
    source: "gtid = false",
  });
  await (await pipeline.start())[Symbol.asyncDispose]();
  const checkpoint = await pipeline.checkpoint();
  const readTo = { file: checkpoint["file"], position: Number(checkpoint["position"]) + 1e9 };
  await pipeline.writeCheckpoint({ ...checkpoint, readTo });
  await db.query("insert into t values (1)");
  {
    await using run = await pipeline.start();
    await run.caughtUp();
  }
  expect(await pipeline.checkpoint()).toMatchObject({ readTo });
});

test.each(["a stop and a start", "a lost connection"] as const)(
  "an XA transaction that was committed while another one was prepared is not missed after %s",
  async (interruption) => {
    await using db = await openTestDatabase();
    await using target = await openTestTarget();
    await using proxy = await openProxy(db.url);
    await db.query("create table t (id int primary key)");
    const index = `${target.prefix}t`;
    await using pipeline = await createTestPipeline({
      db,
      target,
      rules: `[[rules]]\ntable = "${db.name}.t"\nindex = "${index}"`,
      source: "gtid = false",
      mysqlUrl: proxy.url,
    });
    const [first, second] = [`${db.name}-1`, `${db.name}-2`];
    {
      await using run = await pipeline.start();
      await prepare(db, first, 1);
      await db.query("insert into t values (10)");
      await prepare(db, second, 2);
      await db.query(`xa commit '${first}'`);
      await db.query("insert into t values (11)");
      await until("the last row", () => target.get(index, "11"));
      expect(await target.get(index, "1")).not.toBeNull();
      expect(await target.get(index, "2")).toBeNull();
      if (interruption === "a lost connection") {
        proxy.cut();
        await db.query("insert into t values (12)");
        await until("a row after the cut", () => target.get(index, "12"));
        await db.query(`xa commit '${second}'`);
        await run.caughtUp();
      }
    }
    if (interruption === "a stop and a start") {
      await using run = await pipeline.start();
      await db.query(`xa commit '${second}'`);
      await run.caughtUp();
    }
    expect(await target.get(index, "2")).not.toBeNull();
    expect(await pipeline.deadLetters()).toEqual([]);
  },
);

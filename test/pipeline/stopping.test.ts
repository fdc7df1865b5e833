import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { openTestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { createTestPipeline, type RunningPipeline } from "../support/pipeline.ts";
import { openProxy } from "../support/proxy.ts";
import { until } from "../support/until.ts";

function rule(table: string, index: string, more = ""): string {
  return `[[rules]]\ntable = "${table}"\nindex = "${index}"\n${more}\n`;
}

/** Milliseconds that stopping takes. */
async function stop(run: RunningPipeline): Promise<number> {
  const began = performance.now();
  await run[Symbol.asyncDispose]();
  return performance.now() - began;
}

const SECONDS = 'drain_timeout = "2s"';

test.each(["refuse", "stall"] as const)(
  "a stop ends by its deadline while Elasticsearch does not take what is in flight (%s), and nothing is lost",
  async (how) => {
    await using db = await openTestDatabase();
    await using target = await openTestTarget();
    await using proxy = await openProxy(target.url);
    await db.query("create table t (id int primary key, v varchar(2000))");
    const index = `${target.prefix}t`;
    await using pipeline = await createTestPipeline({
      db,
      target,
      rules: rule(`${db.name}.t`, index),
      top: SECONDS,
      sink: 'max_bytes = "64KiB"\nmax_actions = 50',
      elasticsearchUrl: proxy.url,
    });
    {
      await using run = await pipeline.start();
      await db.query("insert into t values (0, '')");
      await run.caughtUp();
      if (how === "stall") proxy.stall();
      else {
        await proxy.refuse();
        proxy.cut();
      }
      for (let i = 1; i <= 20; i++) {
        const rows = Array.from({ length: 100 }, (_, n) => `(${i * 100 + n}, repeat('x', 1500))`);
        await db.query(`insert into t values ${rows.join(",")}`);
      }
      await sleep(500);
      expect(await stop(run)).toBeLessThan(4_000);
    }
    if (how === "stall") proxy.resume();
    else await proxy.accept();
    await using run = await pipeline.start();
    await run.caughtUp();
    expect(await target.all(index)).toHaveLength(2001);
  },
);

test("a stop ends by its deadline while an index cannot be prepared or rows cannot be read again", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await using elasticsearch = await openProxy(target.url);
  await db.query("create table t (id int primary key, v int, w int); insert into t values (1,1,1)");
  const options = {
    db,
    target,
    rules: rule(`${db.name}.t`, `${target.prefix}t`),
    top: SECONDS,
    elasticsearchUrl: elasticsearch.url,
  };
  await using pipeline = await createTestPipeline(options);
  {
    await using run = await pipeline.start();
    await elasticsearch.refuse();
    elasticsearch.cut();
    await db.query("update t set v = 2");
    await until("the preparation waits", () => run.status().state === "waiting");
    expect(await stop(run)).toBeLessThan(4_000);
    await elasticsearch.accept();
  }
  {
    await using run = await pipeline.start();
    await run.caughtUp();
    await using other = await openTestDatabase();
    await db.query("set session binlog_row_image = 'MINIMAL'; update t set v = 3");
    await other.query(`begin; update ${db.name}.t set v = 4`);
    await db.query("set session innodb_lock_wait_timeout = 50");
    await sleep(100);
    expect(await stop(run)).toBeLessThan(4_000);
    await other.query("rollback");
  }
  await using run = await pipeline.start();
  await run.caughtUp();
  expect(await target.get(`${target.prefix}t`, "1")).toMatchObject({
    _source: { v: expect.anything() },
  });
  expect(await pipeline.deadLetters()).toEqual([]);
});

test("a stop while the source is away or silent ends at once", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await using proxy = await openProxy(db.url);
  await db.query("create table t (id int primary key)");
  await using pipeline = await createTestPipeline({
    db,
    target,
    rules: rule(`${db.name}.t`, `${target.prefix}t`),
    mysqlUrl: proxy.url,
    top: SECONDS,
  });
  {
    await using run = await pipeline.start();
    await proxy.refuse();
    proxy.cut();
    await until("the loss is noticed", () => run.troubles.length > 0);
    await sleep(300);
    expect(await stop(run)).toBeLessThan(4_000);
    await proxy.accept();
  }
  {
    await using run = await pipeline.start();
    await db.query("insert into t values (1)");
    await run.caughtUp();
    proxy.stall();
    await sleep(100);
    expect(await stop(run)).toBeLessThan(4_000);
    proxy.resume();
  }
});

test("a second start while the first one drains is refused, and possible afterwards", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await using proxy = await openProxy(target.url);
  await db.query("create table t (id int primary key)");
  const index = `${target.prefix}t`;
  await using pipeline = await createTestPipeline({
    db,
    target,
    rules: rule(`${db.name}.t`, index),
    top: SECONDS,
    elasticsearchUrl: proxy.url,
  });
  const first = await pipeline.start();
  await db.query("insert into t values (0)");
  await first.caughtUp();
  proxy.stall();
  await db.query("insert into t values (1)");
  await until("an action is in flight", () => first.status().actionsTaken === 2);
  const stopped = stop(first);
  await expect(pipeline.start()).rejects.toMatchObject({ code: "STATE_FOREIGN" });
  await stopped;
  proxy.resume();
  await using second = await pipeline.start();
  await second.caughtUp();
  expect(await target.all(index)).toHaveLength(2);
});

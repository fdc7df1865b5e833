import { expect, test } from "vitest";
import { createTestCapture, type TestCapture } from "../support/capture-pipeline.ts";
import { startTestBroker } from "../support/kafka-broker.ts";
import { openTestTopics } from "../support/kafka-topics.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { until } from "../support/until.ts";

async function ids(capture: TestCapture): Promise<number[]> {
  const records = await capture.records("t");
  return records
    .flatMap(({ value }) => (JSON.parse(value!) as { data: { id: string }[] }).data)
    .map(({ id }) => Number(id))
    .toSorted((a, b) => a - b);
}

test("a broker that is away, silent or cut off for a while costs neither loss nor repetition", async () => {
  await using broker = await startTestBroker({});
  await using db = await openTestDatabase();
  await using topics = openTestTopics(broker.url);
  await db.query("create table t (id int primary key auto_increment, v text)");
  await using capture = await createTestCapture({ db, topics, broker: broker.proxiedUrl });
  let rows = 0;
  const insert = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) await db.query("insert into t (v) values ('x'), ('y')");
    rows += 2 * count;
  };
  {
    await using run = await capture.start();
    await insert(10);
    await capture.caughtUp(run);
    for (let i = 0; i < 5; i++) {
      await insert(10);
      broker.proxy.cut();
      await insert(10);
    }
    await capture.caughtUp(run);
    await broker.proxy.refuse();
    broker.proxy.cut();
    await insert(20);
    await until("it is told", () => run.status().sink.waitingFor?.startsWith("Kafka, for"));
    expect(run.status()).toMatchObject({ state: "waiting" });
    await broker.proxy.accept();
    await capture.caughtUp(run);
    broker.proxy.stall();
    await insert(20);
    await until("it is told again", () => run.status().sink.waitingFor !== null);
    broker.proxy.resume();
    await capture.caughtUp(run);
  }
  expect(await ids(capture)).toEqual(Array.from({ length: rows }, (_, i) => i + 1));
}, 120_000);

test("a stop while the broker is away ends by its deadline, and the next run goes on", async () => {
  await using broker = await startTestBroker({});
  await using db = await openTestDatabase();
  await using topics = openTestTopics(broker.url);
  await db.query("create table t (id int primary key auto_increment, v text)");
  await using capture = await createTestCapture({
    db,
    topics,
    broker: broker.proxiedUrl,
    top: 'drain_timeout = "2s"',
  });
  {
    await using run = await capture.start();
    await db.query("insert into t (v) values ('x')");
    await capture.caughtUp(run);
    await broker.proxy.refuse();
    broker.proxy.cut();
    await db.query("insert into t (v) values ('y')");
    await until("it waits", () => run.status().sink.waitingFor !== null);
    const began = performance.now();
    await run[Symbol.asyncDispose]();
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(run.troubles.at(-1)).toContain("stopped before everything in flight was accepted");
  }
  await broker.proxy.accept();
  await using run = await capture.start();
  await capture.caughtUp(run);
  expect(await ids(capture)).toEqual([1, 2]);
}, 120_000);

import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { openProducer } from "../../src/kafka/producer.ts";
import { transactionalId } from "../../src/pipeline/capture/capture-stores.ts";
import { spawnTailrace, type TailraceProcess } from "../cli/process.ts";
import { createTestCapture, type TestCapture } from "../support/capture-pipeline.ts";
import { openTestTopics } from "../support/kafka-topics.ts";
import { openTestDatabase, type TestDatabase } from "../support/mysql.ts";
import { openProxy } from "../support/proxy.ts";
import { until } from "../support/until.ts";

/** Ids of inserted rows in the order of their records, partition by partition. */
async function insertedIds(capture: TestCapture): Promise<number[]> {
  const records = await capture.records("t");
  return records.flatMap(({ value }) => {
    const { type, data } = JSON.parse(value!) as { type: string; data: { id: string }[] | null };
    return type === "INSERT" ? (data ?? []).map(({ id }) => Number(id)) : [];
  });
}

/** What of the rows 1 to `rows` is not there, and what is there more than once. */
async function faults(
  capture: TestCapture,
  rows: number,
): Promise<{ readonly missing: number[]; readonly repeated: number[] }> {
  const counts = new Map<number, number>();
  for (const id of await insertedIds(capture)) counts.set(id, (counts.get(id) ?? 0) + 1);
  const ids = Array.from({ length: rows }, (_, i) => i + 1);
  return {
    missing: ids.filter((id) => !counts.has(id)),
    repeated: ids.filter((id) => (counts.get(id) ?? 0) > 1),
  };
}

/** Rows that came with more than one version. */
async function idsOfSeveralVersions(capture: TestCapture): Promise<string[]> {
  const versions = new Map<string, Set<string>>();
  for (const { value, headers } of await capture.records("t"))
    for (const { id } of (JSON.parse(value!) as { data: { id: string }[] }).data)
      versions.set(id, (versions.get(id) ?? new Set()).add(headers["tailrace.version"]!));
  return [...versions].flatMap(([id, found]) => (found.size > 1 ? [id] : []));
}

const FAULTLESS = { missing: [], repeated: [] };

/** Writes transactions of one to sixty rows in two tables until the signal aborts; returns the number of rows of `t`. */
async function write(db: TestDatabase, signal: AbortSignal): Promise<number> {
  let rows = 0;
  for (let i = 0; !signal.aborted; i++) {
    const count = 1 + ((i * 37) % 60);
    const values = Array.from({ length: count }, () => "(repeat('x', 200))").join(",");
    await db.query(
      `begin; insert into t (v) values ${values}; insert into other (v) values (1); commit`,
    );
    rows += count;
    await sleep(5);
  }
  return rows;
}

function isStandingBy(process: TailraceProcess): boolean {
  return process.stderr.includes("standing by");
}

test("however often a capture is killed under load, every row is visible exactly once", async () => {
  await using db = await openTestDatabase();
  await using topics = openTestTopics();
  await db.query("create table t (id int primary key auto_increment, v text)");
  await db.query("create table other (id int primary key auto_increment, v int)");
  await using capture = await createTestCapture({ db, topics, sink: 'max_buffer = "1MiB"' });
  // the checkpoint that the others go on from
  await (await capture.start())[Symbol.asyncDispose]();
  const stop = new AbortController();
  const written = write(db, stop.signal);
  let seen = 0;
  for (let kill = 0; kill < 8; kill++) {
    await using child = spawnTailrace(["run", capture.configPath]);
    seen = await until(
      "some more rows came",
      async () => {
        const { length } = await insertedIds(capture);
        return length > seen ? length : 0;
      },
      { intervalMs: 250 },
    );
    await sleep(kill * 17);
    child.send("SIGKILL");
    await child.exitCode;
  }
  stop.abort();
  const rows = await written;
  await using run = await capture.start();
  await capture.caughtUp(run);
  expect(await faults(capture, rows)).toEqual(FAULTLESS);
  expect(run.troubles).toEqual([]);
}, 120_000);

test("a second capture of the same name stands by and takes over when the first is killed", async () => {
  await using db = await openTestDatabase();
  await using topics = openTestTopics();
  await db.query("create table t (id int primary key auto_increment, v text)");
  await using capture = await createTestCapture({ db, topics });
  await using first = spawnTailrace(["run", capture.configPath]);
  await until("the first reads", () => first.stderr.includes("reading the binary log"));
  await using second = await capture.start();
  expect(second.status()).toMatchObject({ state: "standby" });
  expect(second.news).toEqual([expect.stringContaining("standing by")]);
  await db.query("insert into t (v) values ('a'), ('b')");
  await until("the first publishes", async () => (await insertedIds(capture)).length === 2);
  expect(isStandingBy(first)).toBe(false);
  const killed = performance.now();
  first.send("SIGKILL");
  await db.query("insert into t (v) values ('c')");
  await until("the second publishes", async () => (await insertedIds(capture)).length === 3);
  expect(performance.now() - killed).toBeLessThan(10_000);
  expect(second.status()).toMatchObject({ state: "running" });
  expect(second.news.filter((line) => line.includes("taking over"))).toHaveLength(1);
  expect(second.troubles).toEqual([]);
});

test("a standby can be stopped, and takes over when the first is stopped", async () => {
  await using db = await openTestDatabase();
  await using topics = openTestTopics();
  await db.query("create table t (id int primary key auto_increment, v text)");
  await using capture = await createTestCapture({ db, topics });
  await using first = await capture.start();
  {
    await using bystander = await capture.start();
    expect(bystander.status().state).toBe("standby");
  }
  await using second = await capture.start();
  await first[Symbol.asyncDispose]();
  await until("the second runs", () => second.status().state === "running");
  await db.query("insert into t (v) values ('a')");
  await capture.caughtUp(second);
  expect(await insertedIds(capture)).toEqual([1]);
  expect(first.troubles).toEqual([]);
  expect(second.troubles).toEqual([]);
});

test("a capture that is fenced opens anew and goes on behind what was committed", async () => {
  await using db = await openTestDatabase();
  await using topics = openTestTopics();
  await db.query("create table t (id int primary key auto_increment, v text)");
  await using capture = await createTestCapture({ db, topics });
  await using run = await capture.start();
  await db.query("insert into t (v) values ('a')");
  await capture.caughtUp(run);
  await using intruder = await openProducer(
    { brokers: [topics.broker] },
    { transactionalId: transactionalId(capture.config.name) },
  );
  await db.query("insert into t (v) values ('b')");
  await until("it was fenced and went on", async () => (await insertedIds(capture)).length === 2);
  expect(run.troubles).toEqual([expect.stringMatching(/^KAFKA_FENCED /)]);
  // it is the intruder that is fenced now
  const buffer = intruder.createBuffer();
  const topic = { name: `${topics.prefix}t`, partitions: 4, maxBatchBytes: 1_000_000 };
  const record = { key: null, value: null, headers: Uint8Array.of(0), timestampMs: Date.now() };
  buffer.append(topic, 0, record);
  await expect(intruder.send(buffer)).rejects.toMatchObject({ code: "KAFKA_FENCED" });
});

test("a stop under load is clean: nothing is lost, nothing comes twice", async () => {
  await using db = await openTestDatabase();
  await using topics = openTestTopics();
  await db.query("create table t (id int primary key auto_increment, v text)");
  await db.query("create table other (id int primary key auto_increment, v int)");
  await using capture = await createTestCapture({ db, topics });
  const stop = new AbortController();
  let written: Promise<number> | undefined;
  for (let i = 0; i < 4; i++) {
    await using run = await capture.start();
    written ??= write(db, stop.signal);
    const before = run.status().actionsClosed;
    await until("some came", () => run.status().actionsClosed > before + 50);
    expect(run.troubles).toEqual([]);
  }
  stop.abort();
  const rows = await written;
  await using run = await capture.start();
  await capture.caughtUp(run);
  expect(await faults(capture, rows!)).toEqual(FAULTLESS);
});

test("connections to MySQL that are cut cost neither loss nor repetition", async () => {
  await using db = await openTestDatabase();
  await using topics = openTestTopics();
  await using proxy = await openProxy(db.url);
  await db.query("create table t (id int primary key auto_increment, v text)");
  await db.query("create table other (id int primary key auto_increment, v int)");
  await using capture = await createTestCapture({ db, topics, mysqlUrl: proxy.url });
  await using run = await capture.start();
  const stop = new AbortController();
  const written = write(db, stop.signal);
  for (let cut = 0; cut < 5; cut++) {
    const before = run.status().position;
    await until("it goes on", () => run.status().position > before + 50_000);
    proxy.cut();
  }
  stop.abort();
  const rows = await written;
  await capture.caughtUp(run);
  expect(await faults(capture, rows)).toEqual(FAULTLESS);
  expect(run.status().gaps).toEqual([]);
});

test("at least once, a kill under load repeats rows at most, with the versions that they had", async () => {
  await using db = await openTestDatabase();
  await using topics = openTestTopics();
  await db.query("create table t (id int primary key auto_increment, v text)");
  await db.query("create table other (id int primary key auto_increment, v int)");
  const sink = 'delivery = "at_least_once"\nmax_buffer = "1MiB"';
  await using capture = await createTestCapture({ db, topics, sink });
  await (await capture.start())[Symbol.asyncDispose]();
  const stop = new AbortController();
  const written = write(db, stop.signal);
  {
    await using child = spawnTailrace(["run", capture.configPath]);
    await until("some came", async () => (await insertedIds(capture)).length > 500, {
      intervalMs: 250,
    });
    child.send("SIGKILL");
    await child.exitCode;
  }
  stop.abort();
  const rows = await written;
  await using run = await capture.start();
  await capture.caughtUp(run);
  expect((await faults(capture, rows)).missing).toEqual([]);
  expect(await idsOfSeveralVersions(capture)).toEqual([]);
});

test("a kill in the middle of a transaction larger than the buffer loses nothing, and repeats rows with the versions that they had", async () => {
  await using db = await openTestDatabase();
  await using topics = openTestTopics();
  await db.query("create table t (id int primary key auto_increment, v text)");
  const sink = 'max_buffer = "1MiB"\ncompression = "none"';
  await using capture = await createTestCapture({ db, topics, sink });
  await (await capture.start())[Symbol.asyncDispose]();
  const values = Array.from({ length: 500 }, () => "(repeat('x', 1000))").join(",");
  await db.query("begin");
  for (let i = 0; i < 20; i++) await db.query(`insert into t (v) values ${values}`);
  await db.query("insert into t (v) values ('last'); commit");
  {
    await using child = spawnTailrace(["run", capture.configPath]);
    await until("some is visible", async () => (await insertedIds(capture)).length > 0, {
      intervalMs: 5,
    });
    child.send("SIGKILL");
    await child.exitCode;
  }
  await using run = await capture.start();
  await capture.caughtUp(run);
  expect((await faults(capture, 10_001)).missing).toEqual([]);
  expect(await idsOfSeveralVersions(capture)).toEqual([]);
  expect(run.troubles).toEqual([]);
});

import { expect, test } from "vitest";
import { createTestCapture } from "../support/capture-pipeline.ts";
import { openTestTopics } from "../support/kafka-topics.ts";
import { openTestDatabase, type TestDatabase } from "../support/mysql.ts";
import type { ReadRecord } from "../support/read-topic.ts";
import { until } from "../support/until.ts";

interface CanalRecord {
  readonly type: string;
  readonly isDdl: boolean;
  readonly sql: string;
  readonly data: readonly Record<string, string | null>[] | null;
  readonly old: readonly Record<string, string | null>[] | null;
}

function canal({ value }: ReadRecord): CanalRecord {
  return JSON.parse(value!) as CanalRecord;
}

/** `type id value` of each row, in order per partition. */
function rowsOf(records: readonly ReadRecord[]): string[] {
  return records
    .map(canal)
    .flatMap(({ type, data }) => (data ?? []).map((row) => `${type} ${row["id"]} ${row["v"]}`));
}

interface LogEnd {
  readonly File: string;
  readonly Position: number;
}

/** The ends of the events that the schema's rows have in the server's log from a place on, in order: places within their transactions. */
async function positionsInside(db: TestDatabase, from: LogEnd): Promise<number[]> {
  const events = await db.query<{ Event_type: string; Info: string; End_log_pos: number }>(
    `show binlog events in '${from.File}' from ${from.Position}`,
  );
  let isOurs = false;
  return events.flatMap(({ Event_type, Info, End_log_pos }) => {
    if (Event_type === "Table_map") isOurs = Info.includes(`(${db.name}.`);
    return isOurs && /^(Table_map|Write_rows)/.test(Event_type) ? [End_log_pos] : [];
  });
}

test("rows arrive as records, in order per key and always in the key's partition", async () => {
  await using db = await openTestDatabase();
  await using topics = openTestTopics();
  await db.query("create table t (id int primary key, v int)");
  await using capture = await createTestCapture({ db, topics });
  await using run = await capture.start();
  for (let v = 0; v < 5; v++) {
    const rows = Array.from({ length: 20 }, (_, id) => `(${id}, ${v})`);
    await db.query(`replace into t values ${rows.join(",")}`);
  }
  await db.query("delete from t where id < 5");
  await capture.caughtUp(run);
  const records = await capture.records("t");
  const partitionsOf = new Map<string, Set<number>>();
  const changesOf = new Map<string, string[]>();
  for (const record of records) {
    const { type, data } = canal(record);
    for (const row of data ?? []) {
      const id = row["id"]!;
      partitionsOf.set(id, (partitionsOf.get(id) ?? new Set()).add(record.partition));
      changesOf.set(id, [...(changesOf.get(id) ?? []), `${type} ${row["v"]}`]);
    }
  }
  expect([...partitionsOf.values()].every((partitions) => partitions.size === 1)).toBe(true);
  expect(new Set(records.map(({ partition }) => partition)).size).toBe(4);
  expect(partitionsOf.size).toBe(20);
  const updates = ["UPDATE 1", "UPDATE 2", "UPDATE 3", "UPDATE 4"];
  expect(changesOf.get("0")).toEqual(["INSERT 0", ...updates, "DELETE 4"]);
  expect(changesOf.get("19")).toEqual(["INSERT 0", ...updates]);
  expect(run.status()).toMatchObject({ topology: "capture", state: "running", lagSeconds: 0 });
  expect(run.status().actionsClosed).toBe(records.length);
  expect(run.troubles).toEqual([]);
  expect(await capture.checkpoint()).toMatchObject({ pipeline: capture.config.name, format: 1 });
  expect(rowsOf(records)).toHaveLength(105);
});

test("a transaction larger than the buffer arrives whole, and the checkpoint moves only behind it", async () => {
  await using db = await openTestDatabase();
  await using topics = openTestTopics();
  await db.query("create table t (id int primary key, v longtext)");
  await using capture = await createTestCapture({
    db,
    topics,
    sink: 'max_buffer = "1MiB"\ncompression = "none"',
  });
  await using run = await capture.start();
  const [before] = await db.query<LogEnd>("show binary log status");
  await db.query("begin");
  for (let i = 0; i < 50; i++) {
    const rows = Array.from({ length: 10 }, (_, n) => `(${i * 10 + n}, repeat('x', 10000))`);
    await db.query(`insert into t values ${rows.join(",")}`);
  }
  await db.query("commit");
  await capture.caughtUp(run);
  expect(rowsOf(await capture.records("t"))).toHaveLength(500);
  const inside = await positionsInside(db, before!);
  expect(inside.length).toBeGreaterThan(500);
  const places = await capture.checkpoints();
  expect(places.some((position) => position >= inside.at(-1)!)).toBe(true);
  expect(places.filter((position) => inside.includes(position))).toEqual([]);
  expect(run.troubles).toEqual([]);
});

test("a row that its topic does not take is published as its key; without a key it is a dead letter", async () => {
  await using db = await openTestDatabase();
  await using topics = openTestTopics();
  await db.query("create table t (id int primary key, v longblob)");
  await db.query("create table unkeyed (id int, v longblob)");
  await using capture = await createTestCapture({ db, topics });
  await using run = await capture.start();
  await db.query("insert into t values (1, random_bytes(1000))");
  await db.query("set session group_concat_max_len = 100000000");
  await db.query("set session cte_max_recursion_depth = 10000");
  await db.query(
    "set @big = (with recursive n (i) as (select 1 union all select i + 1 from n where i < 1500) select group_concat(hex(random_bytes(1000)) separator '') from n)",
  );
  await db.query("insert into t values (2, @big), (3, 'small')");
  await db.query("insert into unkeyed values (4, @big), (5, 'small')");
  await capture.caughtUp(run);
  const records = await capture.records("t");
  const keyOnly = records.filter(({ headers }) => headers["tailrace.key_only"] !== undefined);
  expect(keyOnly.map((record) => canal(record).data)).toEqual([[{ id: "2" }]]);
  expect(rowsOf(records).length).toBe(3);
  const unkeyed = await capture.records("unkeyed");
  expect(rowsOf(unkeyed)).toEqual(["INSERT 5 small"]);
  const [letter] = await capture.deadLetters();
  expect(letter).toMatchObject({
    kind: "gap",
    code: "KAFKA_RECORD_TOO_LARGE",
    table: "unkeyed",
    file: run.status().file,
  });
  expect(run.status().gaps).toMatchObject([{ table: "unkeyed", code: "KAFKA_RECORD_TOO_LARGE" }]);
  expect(run.status().sink.rejected).toBe(1);
  expect(await capture.checkpoint()).toMatchObject({ gaps: run.status().gaps });
  expect(run.troubles).toEqual([
    expect.stringContaining("rows are too large for their topic and go as their key only"),
    expect.stringContaining("the table has no primary key"),
    expect.stringMatching(/^KAFKA_RECORD_TOO_LARGE /),
  ]);
});

test("rows of a table without a key go to one partition, with a warning, or by the columns that are named", async () => {
  await using db = await openTestDatabase();
  await using topics = openTestTopics();
  await db.query("create table plain (id int, v int)");
  await db.query("create table spread (id int, v int)");
  const by = `{ "${db.name}.spread" = ["id"] }`;
  await using capture = await createTestCapture({ db, topics, sink: `partition_by = ${by}` });
  await using run = await capture.start();
  const rows = Array.from({ length: 50 }, (_, id) => `(${id}, 1)`).join(",");
  await db.query(`insert into plain values ${rows}; insert into spread values ${rows}`);
  await db.query("update plain set v = 2 where id = 7; delete from plain where id = 8");
  await capture.caughtUp(run);
  const plain = await capture.records("plain");
  expect(new Set(plain.map(({ partition }) => partition)).size).toBe(1);
  expect(rowsOf(plain)).toHaveLength(52);
  const spread = await capture.records("spread");
  expect(new Set(spread.map(({ partition }) => partition)).size).toBe(4);
  expect(run.troubles).toEqual([expect.stringContaining("the table has no primary key")]);
});

test.each(["file", "topic"])(
  "at least once, the checkpoint follows the records, in a %s",
  async (state) => {
    await using db = await openTestDatabase();
    await using topics = openTestTopics();
    await db.query("create table t (id int primary key, v int)");
    await using capture = await createTestCapture({
      db,
      topics,
      sink: 'delivery = "at_least_once"',
      ...(state === "file" && { state: 'type = "file"\npath = "state"' }),
    });
    {
      await using run = await capture.start();
      await db.query("insert into t values (1, 1), (2, 2)");
      await capture.caughtUp(run);
      expect(run.troubles).toEqual([]);
    }
    await db.query("insert into t values (3, 3)");
    await using run = await capture.start();
    await capture.caughtUp(run);
    const rows = rowsOf(await capture.records("t"));
    expect(rows.toSorted()).toEqual(["INSERT 1 1", "INSERT 2 2", "INSERT 3 3"]);
    expect(run.troubles).toEqual([]);
  },
);

test("a statement that changes a table's definition comes to every partition, in order with its rows", async () => {
  await using db = await openTestDatabase();
  await using topics = openTestTopics();
  await db.query("create table t (id int primary key, v int)");
  await using capture = await createTestCapture({ db, topics });
  await using run = await capture.start();
  const rows = Array.from({ length: 40 }, (_, id) => `(${id}, 1)`).join(",");
  await db.query(`insert into t values ${rows}`);
  await db.query("alter table t add column w int default 5");
  await db.query("update t set v = 2");
  await db.query("truncate table t");
  await capture.caughtUp(run);
  const byPartition = Map.groupBy(await capture.records("t"), ({ partition }) => partition);
  expect(byPartition.size).toBe(4);
  for (const records of byPartition.values()) {
    const types = records.map(canal).map(({ type }) => type);
    expect(types.filter((type, i) => type !== types[i - 1])).toEqual([
      "INSERT",
      "ALTER",
      "UPDATE",
      "TRUNCATE",
    ]);
  }
  expect(run.status().gaps).toEqual([]);
  expect(run.troubles).toEqual([]);
});

test("rows that were logged in part are completed from the table", async () => {
  await using db = await openTestDatabase();
  await using topics = openTestTopics();
  await db.query("create table t (id int primary key, v int, w varchar(20))");
  await db.query("insert into t values (1, 1, 'one'), (2, 2, 'two'), (3, 3, 'three')");
  await using capture = await createTestCapture({ db, topics });
  await using run = await capture.start();
  await db.query("set session binlog_row_image = 'MINIMAL'");
  await db.query("update t set v = 10 where id = 1");
  await db.query("update t set id = 20 where id = 2");
  await db.query("delete from t where id = 3");
  await db.query("insert into t (id, w) values (4, 'four')");
  await capture.caughtUp(run);
  const changes = (await capture.records("t")).map(canal).map(({ type, data }) => ({ type, data }));
  expect(changes.toSorted((a, b) => (a.type < b.type ? -1 : 1))).toEqual(
    expect.arrayContaining([
      { type: "DELETE", data: [expect.objectContaining({ id: "2" })] },
      { type: "DELETE", data: [expect.objectContaining({ id: "3" })] },
      { type: "INSERT", data: [{ id: "20", v: "2", w: "two" }] },
      { type: "INSERT", data: [{ id: "4", v: null, w: "four" }] },
      { type: "UPDATE", data: [{ id: "1", v: "10", w: "one" }] },
    ]),
  );
  expect(changes).toHaveLength(5);
  expect(run.troubles).toEqual([]);
});

test("a topic that is missing and may not be made stops the capture, before anything is lost", async () => {
  await using db = await openTestDatabase();
  await using topics = openTestTopics();
  await db.query("create table t (id int primary key, v int)");
  await using capture = await createTestCapture({ db, topics, sink: "create_topics = false" });
  {
    await using run = await capture.start();
    await db.query("insert into t values (1, 1)");
    expect(await run.failure).toMatchObject({ code: "KAFKA_TOPIC_MISSING" });
  }
  await topics.create(`${topics.prefix}t`, 2);
  await using run = await capture.start();
  await capture.caughtUp(run);
  expect(rowsOf(await capture.records("t"))).toEqual(["INSERT 1 1"]);
});

test("two tables whose names become one topic's are an error that says so", async () => {
  await using db = await openTestDatabase();
  await using topics = openTestTopics();
  await db.query(
    "create table `a b` (id int primary key); create table `a#b` (id int primary key)",
  );
  await using capture = await createTestCapture({ db, topics });
  await using run = await capture.start();
  await db.query("insert into `a b` values (1)");
  await capture.caughtUp(run);
  expect(await capture.records("a_b")).toHaveLength(1);
  await db.query("insert into `a#b` values (1)");
  const failure = await run.failure;
  expect(failure).toMatchObject({ code: "KAFKA_TOPIC_UNUSABLE" });
  expect(failure.message).toContain("a#b");
});

test("while nothing concerns it, a capture moves its checkpoint at most once a second, and an idle one writes nothing", async () => {
  await using db = await openTestDatabase();
  await using other = await openTestDatabase();
  await using topics = openTestTopics();
  await db.query("create table t (id int primary key, v int)");
  await other.query("create table t (id int primary key auto_increment)");
  await using capture = await createTestCapture({ db, topics });
  await using run = await capture.start();
  const before = (await capture.checkpoints()).length;
  const began = performance.now();
  for (let i = 0; i < 200; i++) await other.query("insert into t values ()");
  await capture.caughtUp(run);
  const { position } = run.status();
  await until("it is saved", async () => (await capture.checkpoints()).at(-1)! >= position);
  const saved = (await capture.checkpoints()).length - before;
  expect(saved).toBeLessThanOrEqual(2 + (performance.now() - began) / 1_000);
});

test("a capture whose checkpoint was lost begins with higher versions than its topics have", async () => {
  await using db = await openTestDatabase();
  await using topics = openTestTopics();
  await db.query("create table t (id int primary key, v int)");
  await using capture = await createTestCapture({ db, topics });
  {
    await using run = await capture.start();
    await db.query("insert into t values (1, 1)");
    await capture.caughtUp(run);
    expect(await capture.checkpoint()).toMatchObject({ epoch: 0 });
  }
  const state = `type = "kafka"\ntopic = "${topics.prefix}others"`;
  await using later = await createTestCapture({ db, topics, state });
  await using run = await later.start();
  await db.query("insert into t values (2, 2)");
  await later.caughtUp(run);
  expect(await later.checkpoint()).toMatchObject({ epoch: 1 });
  const versions = new Map(
    (await later.records("t")).map((record) => [
      canal(record).data![0]!["id"],
      BigInt(record.headers["tailrace.version"]!) >> 55n,
    ]),
  );
  expect(versions).toEqual(
    new Map([
      ["1", 0n],
      ["2", 1n],
    ]),
  );
});

test("rows of MariaDB arrive in the same way, through a stop and a start", async () => {
  await using db = await openTestDatabase("mariadb");
  await using topics = openTestTopics();
  await db.query("create table t (id int primary key, v int)");
  await using capture = await createTestCapture({ db, topics });
  {
    await using run = await capture.start();
    await db.query("insert into t values (1, 1), (2, 2)");
    await capture.caughtUp(run);
    expect(run.troubles).toEqual([]);
  }
  await db.query("update t set v = 3 where id = 1; delete from t where id = 2");
  await using run = await capture.start();
  await capture.caughtUp(run);
  const rows = rowsOf(await capture.records("t"));
  expect(rows.toSorted()).toEqual(["DELETE 2 2", "INSERT 1 1", "INSERT 2 2", "UPDATE 1 3"]);
  expect(run.troubles).toEqual([]);
});

test.each(["debezium", "maxwell"])("records may be %s's", async (format) => {
  await using db = await openTestDatabase();
  await using topics = openTestTopics();
  await db.query("create table t (id int primary key, v int)");
  await using capture = await createTestCapture({ db, topics, sink: `format = "${format}"` });
  await using run = await capture.start();
  await db.query("insert into t values (1, 5); update t set v = 6; delete from t");
  await capture.caughtUp(run);
  const records = await capture.records("t");
  const values = records.map(({ value }) => value && (JSON.parse(value) as object));
  expect(values).toMatchObject(
    format === "debezium"
      ? [
          { op: "c", after: { id: 1, v: 5 } },
          { op: "u", before: { id: 1, v: 5 }, after: { id: 1, v: 6 } },
          { op: "d", before: { id: 1, v: 6 }, after: null },
          null,
        ]
      : [
          { type: "insert", data: { id: 1, v: 5 } },
          { type: "update", data: { id: 1, v: 6 }, old: { v: 5 } },
          { type: "delete", data: { id: 1, v: 6 } },
        ],
  );
  expect(new Set(records.map(({ key }) => key)).size).toBe(1);
  expect(run.troubles).toEqual([]);
});

test.for(["canal", "debezium", "maxwell"])(
  "%s: a key that a row takes and leaves in one statement ends as deleted, whatever was written in between",
  async (format) => {
    await using db = await openTestDatabase();
    await using topics = openTestTopics();
    await db.query("create table t (id int primary key, v int)");
    await db.query("insert into t values (1, 0)");
    await using capture = await createTestCapture({ db, topics, sink: `format = "${format}"` });
    await using run = await capture.start();
    await db.query("insert into t values (1, 0), (11, 0) on duplicate key update id = id + 10");
    await capture.caughtUp(run);
    const version = ({ headers }: ReadRecord): bigint => BigInt(headers["tailrace.version"]!);
    const ofKey = (await capture.records("t")).filter(
      ({ key, value }) => value !== null && /"id":"?11\b/.test(`${key}${value}`),
    );
    const [insert, removal] = ofKey;
    expect(ofKey).toHaveLength(2);
    expect(version(removal!)).toBeGreaterThanOrEqual(version(insert!));
  },
);

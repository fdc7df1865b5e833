import { expect, test } from "vitest";
import { canalRecord, canalStatement, ours } from "../support/canal-record.ts";
import { openTestTarget } from "../support/elasticsearch.ts";
import { openProxy } from "../support/proxy.ts";
import { openSyncScene } from "../support/sync-scene.ts";
import { until } from "../support/until.ts";

test("records become documents, and offsets are committed behind them as next offsets", async () => {
  await using scene = await openSyncScene(3);
  const { topics, topic, target, index, sync } = scene;
  for (let i = 0; i < 30; i += 1)
    await topics.produce(topic, [
      { ...canalRecord("INSERT", [{ id: i, v: `v${i}` }]), partition: i % 3 },
    ]);
  await topics.produce(topic, [
    { ...canalRecord("UPDATE", [{ id: 3, v: "new" }]), partition: 0 },
    { ...canalRecord("DELETE", [{ id: 4, v: "v4" }]), partition: 1 },
  ]);
  await using run = await sync.start();
  await run.committed(topic, [11, 11, 10]);
  expect(await target.all(index)).toHaveLength(29);
  expect((await target.get(index, "3"))?._source).toEqual({ id: 3, v: "new" });
  expect(await target.get(index, "4")).toBeNull();
  expect(run.status()).toMatchObject({
    topology: "sync",
    state: "running",
    recordsPending: 0,
    lagSeconds: 0,
  });
  const shown = run
    .status()
    .partitions.map(({ offset, end, lagRecords }) => [offset, end, lagRecords]);
  expect(shown).toEqual([
    [11, 11, 0],
    [11, 11, 0],
    [10, 10, 0],
  ]);
  expect(run.troubles).toEqual([]);
});

test("while Elasticsearch does not answer no offset moves; a stop leaves them, and the next run goes on there", async () => {
  await using backend = await openTestTarget();
  await using proxy = await openProxy(backend.url);
  await using scene = await openSyncScene(2, {
    elasticsearchUrl: proxy.url,
    top: 'drain_timeout = "1s"',
  });
  const { topics, topic, target, index, sync } = scene;
  await topics.produce(topic, [
    { ...canalRecord("INSERT", [{ id: 1, v: "a" }]), partition: 0 },
    { ...canalRecord("INSERT", [{ id: 2, v: "b" }]), partition: 1 },
  ]);
  {
    await using run = await sync.start();
    await run.committed(topic, [1, 1]);
    proxy.stall();
    await topics.produce(topic, [{ ...canalRecord("INSERT", [{ id: 3, v: "c" }]), partition: 0 }]);
    await until("the record is taken", () => run.status().recordsPending === 1);
    // a second goes by between two commits
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await topics.committed(sync.group, topic)).toEqual([1, 1]);
    expect(run.status().partitions.map(({ offset }) => offset)).toEqual([1, 1]);
    expect(run.status().lagSeconds).toBeGreaterThan(0);
  }
  expect(await topics.committed(sync.group, topic)).toEqual([1, 1]);
  proxy.resume();
  await using run = await sync.start();
  await run.committed(topic, [2, 1]);
  expect((await target.get(index, "3"))?._source).toEqual({ id: 3, v: "c" });
});

test("a record that is no change is a dead letter, and the rest goes on", async () => {
  await using scene = await openSyncScene(1);
  const { topics, topic, target, index, sync } = scene;
  await topics.produce(topic, [
    { key: "k", value: "no JSON" },
    { value: Buffer.from([0xff, 0xfe]) },
    canalRecord("INSERT", [{ id: 1, v: "a" }]),
    { value: '{"unknown": "shape"}' },
  ]);
  await using run = await sync.start();
  await run.committed(topic, [4]);
  expect(await target.all(index)).toHaveLength(1);
  const letters = await sync.deadLetters();
  expect(letters).toMatchObject([
    {
      kind: "record",
      code: "KAFKA_RECORD_UNREADABLE",
      topic,
      partition: 0,
      offset: 0,
      key: "k",
      value: "no JSON",
    },
    { offset: 1, key: null, value: "base64://4=" },
    { offset: 3, value: '{"unknown": "shape"}' },
  ]);
  for (const letter of letters) expect(letter["error"]).toMatch(/./);
  // told at most once a second
  expect(run.troubles[0]).toContain("KAFKA_RECORD_UNREADABLE");
  expect(run.troubles.length).toBeLessThan(letters.length);
});

test("a TRUNCATE of ours in every partition takes away what is older, in whatever order partitions are read", async () => {
  await using scene = await openSyncScene(2, { rule: 'on_truncate = "delete"' });
  const { topics, topic, target, index, sync } = scene;
  const truncate = canalStatement("TRUNCATE", "truncate table orders");
  const insert = (id: number, v: string) => canalRecord("INSERT", [{ id, v }]);
  await using run = await sync.start();
  // the first partition is read to its end before anything lies in the second
  await topics.produce(topic, [
    ours(insert(1, "old"), 10n),
    ours(truncate, 20n),
    ours(insert(2, "new"), 30n),
  ]);
  await run.committed(topic, [3, 0]);
  expect((await target.all(index)).map(({ _id }) => _id)).toEqual(["2"]);
  await topics.produce(topic, [
    { ...ours(insert(3, "old"), 11n), partition: 1 },
    { ...ours(truncate, 20n), partition: 1 },
    { ...ours(insert(4, "new"), 31n), partition: 1 },
  ]);
  await run.committed(topic, [3, 3]);
  expect((await target.all(index)).map(({ _id }) => _id).toSorted()).toEqual(["2", "4"]);
  expect(await sync.deadLetters()).toEqual([]);
});

test("a TRUNCATE of a foreign topic with several partitions keeps the documents and says so", async () => {
  await using scene = await openSyncScene(2, { rule: 'on_truncate = "delete"' });
  const { topics, topic, target, index, sync } = scene;
  await topics.produce(topic, [
    canalRecord("INSERT", [{ id: 1, v: "a" }]),
    canalStatement("TRUNCATE", "truncate table orders"),
  ]);
  await using run = await sync.start();
  await run.committed(topic, [2, 0]);
  expect(await target.all(index)).toHaveLength(1);
  const [letter] = await sync.deadLetters();
  expect(letter).toMatchObject({
    kind: "gap",
    code: "SCHEMA_TABLE_CLEARED",
    topic,
    partition: 0,
    offset: 1,
  });
  expect(run.status().gaps).toMatchObject([{ code: "SCHEMA_TABLE_CLEARED", table: "orders" }]);
});

test("copies of a statement that does not clear are told once", async () => {
  await using scene = await openSyncScene(3);
  const { topics, topic, sync } = scene;
  const truncate = ours(canalStatement("TRUNCATE", "truncate table orders"), 20n);
  await topics.produce(
    topic,
    [0, 1, 2].map((partition) => ({ ...truncate, partition })),
  );
  await using run = await sync.start();
  await run.committed(topic, [1, 1, 1]);
  expect(await sync.deadLetters()).toHaveLength(1);
});

test("a record with the key only, and no MySQL server to ask, is a dead letter that says so", async () => {
  await using scene = await openSyncScene(1);
  const { topics, topic, target, index, sync } = scene;
  const keyOnly = canalRecord("INSERT", [], {
    data: [{ id: "7" }],
    mysqlType: { id: "int", v: "varchar(100)" },
  });
  await topics.produce(topic, [
    ours({ ...keyOnly, headers: { "tailrace.key_only": "1" } }, 10n),
    ours(canalRecord("INSERT", [{ id: 1, v: "a" }]), 11n),
  ]);
  await using run = await sync.start();
  await run.committed(topic, [2]);
  expect((await target.all(index)).map(({ _id }) => _id)).toEqual(["1"]);
  expect(await sync.deadLetters()).toMatchObject([
    {
      kind: "gap",
      code: "KAFKA_RECORD_INCOMPLETE",
      topic,
      partition: 0,
      offset: 0,
      table: "orders",
    },
  ]);
});

test("a row that a foreign record moves to another id is told of, unless the topic has a single partition", async () => {
  const move = canalRecord("UPDATE", [{ id: 2, v: "moved" }], { old: [{ id: "1" }] });
  const update = canalRecord("UPDATE", [{ id: 1, v: "" }], { old: [{ id: "1", v: "before" }] });
  {
    await using scene = await openSyncScene(1);
    await scene.topics.produce(scene.topic, [update, move]);
    await using run = await scene.sync.start();
    await run.committed(scene.topic, [2]);
    expect((await scene.target.all(scene.index)).map(({ _id }) => _id)).toEqual(["2"]);
    expect(await scene.sync.deadLetters()).toEqual([]);
  }
  await using scene = await openSyncScene(2);
  const { topics, topic, sync } = scene;
  await topics.produce(topic, [
    update,
    { ...move, partition: 1 },
    { ...ours(move, 5n), partition: 1 },
  ]);
  await using run = await sync.start();
  await run.committed(topic, [1, 2]);
  expect(await sync.deadLetters()).toEqual([
    expect.objectContaining({
      code: "KAFKA_KEY_MOVED",
      topic,
      partition: 1,
      offset: 0,
      table: "orders",
    }),
  ]);
  expect(run.troubles).toEqual([expect.stringContaining("KAFKA_KEY_MOVED")]);
});

import { expect, test } from "vitest";
import { canalRecord, ordersRule, ours } from "../support/canal-record.ts";
import { openSyncScene, type SyncScene } from "../support/sync-scene.ts";
import { until } from "../support/until.ts";

const ids = async ({ target, index }: SyncScene): Promise<string[]> =>
  (await target.all(index)).map(({ _id }) => _id).toSorted((a, b) => Number(a) - Number(b));

const MIDNIGHT = Date.UTC(2026, 0, 1);

/** Records 1, 2, 3 in partition 0, a second apart from midnight on; 11 in partition 1, at midnight. */
async function produceDay({ topics, topic }: SyncScene): Promise<void> {
  for (const n of [1, 2, 3])
    await topics.produce(topic, [
      { ...canalRecord("INSERT", [{ id: n, v: "" }]), timestampMs: MIDNIGHT + n * 1_000 },
    ]);
  await topics.produce(topic, [
    { ...canalRecord("INSERT", [{ id: 11, v: "" }]), partition: 1, timestampMs: MIDNIGHT },
  ]);
}

test.each([
  ['start = "earliest"', ["1", "2", "3", "11"], [3, 1]],
  ['start = "latest"', [], [3, 1]],
  ["start = { timestamp = 2026-01-01T00:00:02Z }", ["2", "3"], [3, 1]],
  ['start = { offsets = { TOPIC = { "0" = 2, "1" = 0 } } }', ["3", "11"], [3, 1]],
] as const)(
  "a group without offsets begins where the configuration says: %s",
  async (start, found, committed) => {
    await using scene = await openSyncScene(2);
    await produceDay(scene);
    const source = start.replace("TOPIC", `"${scene.topic}"`);
    await using run = await scene.sync.with({ source }).start();
    await run.committed(scene.topic, committed);
    expect(await ids(scene)).toEqual(found);
  },
);

test("what the group has committed wins, also what it has committed without reading anything", async () => {
  await using scene = await openSyncScene(2, { source: 'start = "latest"' });
  const { topics, topic, sync } = scene;
  await produceDay(scene);
  {
    await using run = await sync.start();
    await run.committed(topic, [3, 1]);
  }
  await topics.produce(topic, [canalRecord("INSERT", [{ id: 4, v: "" }])]);
  await using run = await sync.start();
  await run.committed(topic, [4, 1]);
  expect(await ids(scene)).toEqual(["4"]);
});

test("no offset and no start is an error that names group, topic and partition", async () => {
  await using scene = await openSyncScene(1);
  const { sync, topic } = scene;
  const { source, ...config } = sync.config;
  const { start: _start, ...rest } = source;
  const error = await sync.runToFailure({ ...config, source: rest });
  expect(error).toMatchObject({ code: "KAFKA_OFFSET_MISSING" });
  expect(error.message).toContain(sync.group);
  expect(error.message).toContain(`${topic}/0`);
});

test("offsets whose records were deleted are an error before anything is read", async () => {
  await using scene = await openSyncScene(2);
  const { topics, topic, sync } = scene;
  await topics.produce(topic, [canalRecord("INSERT", [{ id: 1, v: "" }])]);
  {
    await using run = await sync.start();
    await run.committed(topic, [1, 0]);
  }
  await topics.produce(
    topic,
    [2, 3, 4].map((id) => canalRecord("INSERT", [{ id, v: "" }])),
  );
  await topics.cutOff(topic, { 0: 3 });
  expect(await sync.runToFailure()).toMatchObject({ code: "KAFKA_OFFSET_LOST" });
  expect(await ids(scene)).toEqual(["1"]);
});

test("records that expired behind everything that was read are no loss, though marks of transactions expire with them", async () => {
  await using scene = await openSyncScene(1);
  const { topics, topic, sync } = scene;
  await topics.produceTransaction(topic, [canalRecord("INSERT", [{ id: 1, v: "" }])]);
  {
    await using run = await sync.start();
    await run.committed(topic, [2]);
  }
  await topics.cutOff(topic, { 0: 2 });
  await topics.produce(topic, [canalRecord("INSERT", [{ id: 2, v: "" }])]);
  await using run = await sync.start();
  await run.committed(topic, [3]);
  expect(await ids(scene)).toEqual(["1", "2"]);
});

test("a run can set the group's offsets first, unless the group is active", async () => {
  await using scene = await openSyncScene(2);
  const { topic, sync } = scene;
  await produceDay(scene);
  {
    await using run = await sync.start({
      seekTo: { kind: "timestamp", timestampMs: MIDNIGHT + 3_000 },
    });
    await run.committed(topic, [3, 1]);
    expect(await ids(scene)).toEqual(["3"]);
    expect(await sync.runToFailure(undefined, { seekTo: { kind: "earliest" } })).toMatchObject({
      code: "KAFKA_GROUP_ACTIVE",
    });
  }
  await using run = await sync.start({ seekTo: { kind: "earliest" } });
  await until("all are there", async () => (await ids(scene)).length === 4);
  await run.committed(topic, [3, 1]);
});

test("a topic made anew under its name ends the sync until that is accepted; then all of it is read", async () => {
  await using scene = await openSyncScene(1);
  const { topics, topic, sync, target, index } = scene;
  await topics.produce(
    topic,
    [1, 2, 3].map((id) => canalRecord("INSERT", [{ id, v: "old" }])),
  );
  {
    await using run = await sync.start();
    await run.committed(topic, [3]);
  }
  await topics.remove(topic);
  await until("the topic can be made anew", async () => {
    await topics.create(topic, 1);
    return true;
  });
  await topics.produce(
    topic,
    [1, 4].map((id) => canalRecord("INSERT", [{ id, v: "new" }])),
  );
  expect(await sync.runToFailure()).toMatchObject({ code: "KAFKA_TOPIC_RECREATED" });
  await using run = await sync.start({ acceptChanges: true });
  await run.committed(topic, [2]);
  expect(await ids(scene)).toEqual(["1", "2", "3", "4"]);
  // of a later generation, though its offset is a smaller one
  expect((await target.get(index, "1"))?._source).toEqual({ id: 1, v: "new" });
});

test("a topic made anew while it is read ends the sync, and its records are not taken for those of the old one", async () => {
  await using scene = await openSyncScene(1);
  const { topics, topic, sync } = scene;
  await topics.produce(topic, [canalRecord("INSERT", [{ id: 1, v: "" }])]);
  await using run = await sync.start();
  await run.committed(topic, [1]);
  await topics.remove(topic);
  await until("the topic can be made anew", async () => {
    await topics.create(topic, 1);
    return true;
  });
  await topics.produce(
    topic,
    [2, 3].map((id) => canalRecord("INSERT", [{ id, v: "" }])),
  );
  expect(await run.failure).toMatchObject({ code: "KAFKA_TOPIC_RECREATED" });
  expect(await ids(scene)).toEqual(["1"]);
});

test("added partitions end a sync of foreign records until that is accepted, and are read from their beginning", async () => {
  await using scene = await openSyncScene(1, { source: 'start = "latest"' });
  const { topics, topic, sync } = scene;
  await topics.produce(topic, [canalRecord("INSERT", [{ id: 1, v: "" }])]);
  {
    await using run = await sync.start();
    await run.committed(topic, [1]);
    await run.begun();
  }
  await topics.grow(topic, 2);
  await topics.produce(topic, [{ ...canalRecord("INSERT", [{ id: 2, v: "" }]), partition: 1 }]);
  expect(await sync.runToFailure()).toMatchObject({ code: "KAFKA_PARTITIONS_CHANGED" });
  expect(await topics.committed(sync.group, topic)).toEqual([1, 0]);
  await using run = await sync.start({ acceptChanges: true });
  await run.committed(topic, [1, 1]);
  expect(await ids(scene)).toEqual(["2"]);
});

test("added partitions only have a sync of our records warn", async () => {
  await using scene = await openSyncScene(1);
  const { topics, topic, sync } = scene;
  await topics.produce(topic, [ours(canalRecord("INSERT", [{ id: 1, v: "" }]), 10n)]);
  {
    await using run = await sync.start();
    await run.committed(topic, [1]);
  }
  await topics.grow(topic, 2);
  await topics.produce(topic, [
    { ...ours(canalRecord("INSERT", [{ id: 2, v: "" }]), 11n), partition: 1 },
  ]);
  await using run = await sync.start();
  await run.committed(topic, [1, 1]);
  expect(await ids(scene)).toEqual(["1", "2"]);
  expect(run.troubles).toEqual([expect.stringContaining("another number of partitions")]);
});

test("other rules than those of the offsets are an error until they are accepted", async () => {
  await using scene = await openSyncScene(1);
  const { topics, topic, sync, target } = scene;
  await topics.produce(topic, [canalRecord("INSERT", [{ id: 1, v: "" }])]);
  {
    await using run = await sync.start();
    await run.committed(topic, [1]);
  }
  const other = sync.with({ rules: ordersRule(`${target.prefix}other`) });
  expect(await other.runToFailure()).toMatchObject({ code: "CONFIG_RULES_CHANGED" });
  await topics.produce(topic, [canalRecord("INSERT", [{ id: 2, v: "" }])]);
  await using run = await other.start({ acceptChanges: true });
  await run.committed(topic, [2]);
});

test("topics that do not exist yet are waited for, and read from their beginning", async () => {
  await using scene = await openSyncScene(1, { source: 'start = "latest"' });
  const { topics, topic, sync } = scene;
  const late = `${topics.prefix}late`;
  await using run = await sync.with({ names: [topic, late] }).start();
  await run.committed(topic, [0]);
  await topics.create(late, 1);
  await topics.produce(late, [canalRecord("INSERT", [{ id: 1, v: "" }])]);
  await run.committed(late, [1]);
  expect(await ids(scene)).toEqual(["1"]);
  // a broker may take a moment to know the first one, too
  expect(run.troubles.filter((text) => !text.startsWith("KAFKA_TOPIC_AWAITED"))).toEqual([
    expect.stringContaining("waited for"),
  ]);
});

test("topics that appear and match a pattern are read from their beginning, and reading goes on meanwhile", async () => {
  await using scene = await openSyncScene(1, { source: 'start = "latest"' });
  const { topics, topic, sync } = scene;
  await using run = await sync.with({ names: [`${topics.prefix}*`] }).start();
  await run.committed(topic, [0]);
  for (const [n, name] of ["next", "last"].entries()) {
    const late = `${topics.prefix}${name}`;
    await topics.create(late, 2);
    await topics.produce(late, [canalRecord("INSERT", [{ id: n, v: "" }])]);
    await topics.produce(topic, [canalRecord("INSERT", [{ id: n + 10, v: "" }])]);
    await run.committed(late, [1, 0]);
    await run.committed(topic, [n + 1]);
  }
  expect(await ids(scene)).toEqual(["0", "1", "10", "11"]);
  expect(run.troubles.filter((text) => !text.startsWith("KAFKA_TOPIC_AWAITED"))).toEqual([]);
});

import { expect, test } from "vitest";
import { canalRecord } from "../support/canal-record.ts";
import { openTestTarget } from "../support/elasticsearch.ts";
import { openProxy } from "../support/proxy.ts";
import { openSyncScene, type SyncScene } from "../support/sync-scene.ts";
import type { RunningSync } from "../support/sync-pipeline.ts";
import { until } from "../support/until.ts";

const PARTITIONS = 6;

/** Rounds of updates of the same documents: each key stays in its partition, its last value is the last round. */
async function produceRounds(
  { topics, topic }: SyncScene,
  { from, to, keys }: { from: number; to: number; keys: number },
): Promise<void> {
  for (let round = from; round < to; round += 1) {
    const records = Array.from({ length: keys }, (_, id) => ({
      ...canalRecord("UPDATE", [{ id, v: `round ${round}` }]),
      partition: id % PARTITIONS,
    }));
    await topics.produce(topic, records);
  }
}

const partitionsOf = (run: RunningSync): number => run.status().partitions.length;

test.each(["consumer", "classic"])(
  "instances that come and go under load leave every document as its last record, with no version to save it (%s)",
  async (protocol) => {
    // partial documents have no version: a late write of an instance that lost its partition would stay
    await using scene = await openSyncScene(PARTITIONS, {
      rule: "upsert = true",
      source: `group_protocol = "${protocol}"`,
    });
    const { topic, topics, target, index, sync } = scene;
    const keys = 60;
    await produceRounds(scene, { from: 0, to: 1, keys });
    await using first = await sync.start();
    let isLoaded = false;
    const load = produceRounds(scene, { from: 1, to: 150, keys }).then(() => (isLoaded = true));
    for (let turn = 0; turn < 2; turn += 1) {
      await using second = await sync.start();
      await until("two share the partitions", () => partitionsOf(second) === PARTITIONS / 2);
      await using third = await sync.start();
      await until("three share the partitions", () => partitionsOf(third) === PARTITIONS / 3);
      expect(second.troubles).toEqual([]);
      expect(third.troubles).toEqual([]);
    }
    await until("the first has them all again", () => partitionsOf(first) === PARTITIONS);
    await load;
    expect(isLoaded).toBe(true);
    await first.committed(topic, Array(PARTITIONS).fill((150 * keys) / PARTITIONS) as number[]);
    const documents = await target.all(index);
    expect(documents).toHaveLength(keys);
    expect(new Set(documents.map(({ _source }) => _source["v"]))).toEqual(new Set(["round 149"]));
    expect(first.troubles).toEqual([]);
    expect(await topics.committed(sync.group, topic)).toHaveLength(PARTITIONS);
  },
);

test("partitions that are given away are finished first: the other instance begins behind what was written", async () => {
  await using backend = await openTestTarget();
  await using proxy = await openProxy(backend.url);
  await using scene = await openSyncScene(2, { elasticsearchUrl: proxy.url });
  const { topic, topics, target, index, sync } = scene;
  await topics.produce(topic, [{ ...canalRecord("INSERT", [{ id: 0, v: "" }]), partition: 0 }]);
  await using first = await sync.start();
  await first.committed(topic, [1, 0]);
  proxy.delay(400);
  const records = [1, 2].map((id) => ({
    ...canalRecord("INSERT", [{ id, v: "" }]),
    partition: id - 1,
  }));
  await topics.produce(topic, records);
  await until("both are in flight", () => first.status().recordsPending === 2);
  await using second = await sync.with({ elasticsearchUrl: target.url }).start();
  await until("they share the partitions", () => partitionsOf(second) === 1);
  await first.committed(topic, [2, 1]);
  expect(second.status().actionsTaken).toBe(0);
  expect(await target.all(index)).toHaveLength(3);
  expect([...first.troubles, ...second.troubles]).toEqual([]);
});

test("partitions that cannot be finished in time are abandoned uncommitted, and read again by the other instance", async () => {
  await using backend = await openTestTarget();
  await using proxy = await openProxy(backend.url);
  await using scene = await openSyncScene(2, {
    elasticsearchUrl: proxy.url,
    source: 'revoke_timeout = "500ms"',
    top: 'drain_timeout = "1s"',
  });
  const { topic, topics, target, index, sync } = scene;
  await topics.produce(topic, [{ ...canalRecord("INSERT", [{ id: 0, v: "" }]), partition: 0 }]);
  await using first = await sync.start();
  await first.committed(topic, [1, 0]);
  proxy.stall();
  const records = [1, 2].map((id) => ({
    ...canalRecord("INSERT", [{ id, v: "" }]),
    partition: id - 1,
  }));
  await topics.produce(topic, records);
  await until("both are in flight", () => first.status().recordsPending === 2);
  await using second = await sync.with({ elasticsearchUrl: target.url }).start();
  await until("the first abandons", () =>
    first.troubles.some((text) => text.startsWith("KAFKA_PARTITIONS_LOST")),
  );
  await until("one partition is read again", () => second.status().actionsClosed >= 1);
  proxy.resume();
  await second.committed(topic, [2, 1]);
  expect(await target.all(index)).toHaveLength(3);
  expect(second.troubles).toEqual([]);
});

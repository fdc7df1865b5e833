import { expect, test } from "vitest";
import type { SyncState } from "../../src/core/sync-state.ts";
import { openJsonClient } from "../../src/sink/client.ts";
import { openSyncStateIndex } from "../../src/state/sync-state-elasticsearch.ts";
import { openTestTarget } from "../support/elasticsearch.ts";

const state = (generation: number): SyncState => ({
  format: 1,
  pipeline: "shop",
  group: "shop",
  fingerprint: "f",
  generation,
  topics: { t: { id: "a", partitions: 3, begun: null, generation } },
  gaps: [],
  savedAt: "2026-11-23T10:00:00.000Z",
});

test("instances that change a sync's state at the same time build on one another's changes", async () => {
  await using target = await openTestTarget();
  await using client = openJsonClient({ hosts: [target.url.origin] });
  const options = { client, index: `${target.prefix}state`, pipeline: "shop" };
  const stores = [1, 2, 3, 4].map(() => openSyncStateIndex(options));
  expect(await stores[0]!.load()).toBeNull();
  await Promise.all(
    stores.map((store) =>
      store.update((before) => state(before === null ? 1 : before.generation + 1)),
    ),
  );
  expect(await stores[0]!.load()).toEqual(state(4));
});

test("a sync's state that stays as it is is not written, and a failing change writes nothing", async () => {
  await using target = await openTestTarget();
  await using client = openJsonClient({ hosts: [target.url.origin] });
  const index = `${target.prefix}state`;
  const store = openSyncStateIndex({ client, index, pipeline: "shop" });
  expect(await store.update(() => null)).toBeNull();
  await store.update(() => state(1));
  const version = (await target.get(index, "sync:shop"))?._version;
  expect(await store.update((before) => before)).toEqual(state(1));
  await expect(
    store.update(() => {
      throw new Error("no");
    }),
  ).rejects.toMatchObject({ code: "STATE_UNWRITABLE" });
  expect((await target.get(index, "sync:shop"))?._version).toBe(version);
});

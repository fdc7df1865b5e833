import { expect, test } from "vitest";
import type { KafkaCluster, TopicDescription } from "../../core/kafka.ts";
import type { RecordView } from "../../core/record.ts";
import type { FollowedTopic, SyncState, SyncStateStore } from "../../core/sync-state.ts";
import { TopicWatch } from "./topic-watch.ts";

const described = (name: string, partitions: number, id = "a"): TopicDescription => ({
  name,
  partitions,
  id,
  maxBatchBytes: 1_000_000,
  isCompacted: false,
});

const view = (topic: string, headers: string): RecordView => ({
  topic,
  partition: 0,
  offset: 0,
  timestampMs: 0,
  bytes: Buffer.from(headers),
  keyStart: -1,
  keyEnd: -1,
  valueStart: -1,
  valueEnd: -1,
  headersStart: 0,
  headersEnd: headers.length,
});

/** A watch over the topic `t` with 2 partitions, and a cluster that can be changed. */
function openWatch(noted: Partial<FollowedTopic> = {}) {
  const topics = new Map([["t", described("t", 2)]]);
  let committed = 2;
  const cluster: Pick<KafkaCluster, "describeTopics" | "listTopics" | "committedOffsets"> = {
    listTopics: () => Promise.resolve([...topics.keys()]),
    describeTopics: (names) =>
      Promise.resolve(new Map([...topics].filter(([name]) => names.includes(name)))),
    committedOffsets: (_group, partitions) =>
      Promise.resolve(partitions.slice(0, committed).map((one) => ({ ...one, offset: 1 }))),
  };
  let state: SyncState = {
    format: 1,
    pipeline: "shop",
    group: "g",
    fingerprint: "f",
    generation: 3,
    topics: { t: { id: "a", partitions: 2, begun: null, generation: 3, ...noted } },
    gaps: [],
    savedAt: "",
  };
  const store: SyncStateStore = {
    load: () => Promise.resolve(state),
    update: (change) => Promise.resolve((state = change(state) ?? state)),
  };
  const logged: string[] = [];
  const appeared: string[] = [];
  const log = (_fields: object, message: string): void => void logged.push(message);
  const watch = new TopicWatch({
    cluster: cluster as KafkaCluster,
    store,
    state,
    found: new Map(topics),
    wanted: ["t", "new*"],
    onAppeared: (names) => appeared.push(...names),
    clock: { now: () => 0, random: () => 0.5, sleep: () => Promise.resolve() },
    logger: { debug: log, info: log, warn: log, error: log },
  });
  return {
    watch,
    topics,
    logged,
    appeared,
    state: () => state.topics,
    know: (name: string, topic: FollowedTopic) => {
      state = { ...state, topics: { ...state.topics, [name]: topic } };
    },
    accept: (more: Partial<FollowedTopic>) => {
      state = { ...state, topics: { t: { ...state.topics["t"]!, ...more } } };
    },
    setCommitted: (count: number) => (committed = count),
  };
}

test("it notes when all partitions of a topic have offsets, not before", async () => {
  const { watch, state, setCommitted } = openWatch();
  setCommitted(1);
  await watch.look();
  expect(state()["t"]?.begun).toBeNull();
  setCommitted(2);
  await watch.look();
  expect(state()["t"]?.begun).toBe(2);
  expect(watch.topics["t"]?.begun).toBe(2);
});

test("a topic made anew ends the reading", async () => {
  const { watch, topics } = openWatch();
  topics.set("t", described("t", 2, "b"));
  await expect(watch.look()).rejects.toMatchObject({ code: "KAFKA_TOPIC_RECREATED" });
});

test("after partitions were added the first record without a version of its own is refused", async () => {
  const { watch, topics, logged, state } = openWatch();
  watch.admit(view("t", ""));
  topics.set("t", described("t", 3));
  await watch.look();
  expect(logged).toEqual([expect.stringContaining("another number of partitions")]);
  expect(() => {
    watch.admit(view("t", ""));
  }).toThrow(expect.objectContaining({ code: "KAFKA_PARTITIONS_CHANGED" }));
  expect(state()["t"]?.partitions).toBe(2);
  expect(watch.versionsOf("t")).toEqual({ generation: 3, partitions: 3 });
});

test("an assignment beyond the known partitions tells of them before the next look", () => {
  const { watch } = openWatch();
  watch.noteAssigned([{ topic: "t", partition: 1 }]);
  watch.admit(view("t", ""));
  watch.noteAssigned([{ topic: "t", partition: 4 }]);
  expect(() => {
    watch.admit(view("t", ""));
  }).toThrow(expect.objectContaining({ code: "KAFKA_PARTITIONS_CHANGED" }));
});

test("records with versions of their own go on, and the new number is noted", async () => {
  const { watch, topics, state, setCommitted } = openWatch({ begun: 2 });
  topics.set("t", described("t", 3));
  setCommitted(3);
  await watch.look();
  expect(state()["t"]).toMatchObject({ partitions: 2, begun: 3 });
  watch.admit(view("t", "1.tailrace.version.5"));
  await watch.look();
  expect(state()["t"]).toMatchObject({ partitions: 3, begun: 3, generation: 3 });
});

test("a topic that appears is noted as one to be read from its beginning, and is read from then on", async () => {
  const { watch, topics, state, appeared } = openWatch();
  topics.set("newer", described("newer", 4, "c"));
  await watch.look();
  expect(state()["newer"]).toEqual({ id: "c", partitions: 4, begun: 0, generation: 3 });
  expect(watch.topics["newer"]).toEqual(state()["newer"]);
  expect(appeared).toEqual(["newer"]);
  await watch.look();
  expect(appeared).toEqual(["newer"]);
});

test("a topic that appears and was another one when it was read has reading begin anew", async () => {
  const { watch, topics, know, appeared } = openWatch();
  know("newer", { id: "b", partitions: 4, begun: 4, generation: 3 });
  topics.set("newer", described("newer", 4, "c"));
  await expect(watch.look()).rejects.toMatchObject({ code: "KAFKA_TOPIC_APPEARED" });
  expect(appeared).toEqual([]);
});

test("a topic that is gone is told once", async () => {
  const { watch, topics, logged } = openWatch();
  topics.delete("t");
  await watch.look();
  await watch.look();
  expect(logged).toEqual(["the topic does not exist any more"]);
});

test("what another instance has accepted holds for this one, too", async () => {
  const { watch, topics, accept } = openWatch({ begun: 2 });
  topics.set("t", described("t", 3));
  await watch.look();
  accept({ partitions: 3, generation: 4 });
  await watch.look();
  watch.admit(view("t", ""));
  expect(watch.versionsOf("t")).toEqual({ generation: 4, partitions: 3 });
});

import { expect, test } from "vitest";
import { systemClock } from "../../core/clock.ts";
import type { KafkaCluster, NewTopic, TopicDescription } from "../../core/kafka.ts";
import { RecordTopics } from "./record-topics.ts";

interface Context {
  readonly topics: RecordTopics;
  readonly existing: Map<string, TopicDescription>;
  readonly created: [string, NewTopic][];
  readonly warnings: string[];
  readonly news: string[];
}

function open(template: string, create?: { partitions: number; replication: number }): Context {
  const existing = new Map<string, TopicDescription>();
  const created: [string, NewTopic][] = [];
  const warnings: string[] = [];
  const news: string[] = [];
  const cluster = {
    describeTopics: async (names: readonly string[]) =>
      new Map(names.flatMap((name) => (existing.has(name) ? [[name, existing.get(name)!]] : []))),
    createTopic: async (name: string, options: NewTopic) => {
      created.push([name, options]);
      existing.set(name, describe(name, options.partitions));
    },
  } as unknown as KafkaCluster;
  const ignore = (): void => {};
  const logger = {
    debug: ignore,
    info: (_fields: object, message: string) => void news.push(message),
    error: ignore,
    warn: (_fields: object, message: string) => void warnings.push(message),
  };
  const topics = new RecordTopics({ cluster, template, create, clock: systemClock, logger });
  return { topics, existing, created, warnings, news };
}

function describe(name: string, partitions: number, id = "1"): TopicDescription {
  return { name, id, partitions, maxBatchBytes: 1_000_000 };
}

const ORDERS = { database: "shop", table: "orders" };

test("a topic is made where that is allowed, and is the same object for every table of it", async () => {
  const { topics, created, news } = open("{database}", { partitions: 3, replication: 2 });
  const topic = await topics.open(ORDERS);
  expect(topic).toMatchObject({ name: "shop", partitions: 3 });
  expect(await topics.open({ database: "shop", table: "items" })).toBe(topic);
  expect(created).toEqual([["shop", { partitions: 3, replication: 2, compacted: false }]]);
  expect(news).toEqual(["created the topic"]);
});

test("a missing topic is an error where none may be made", async () => {
  const { topics, existing } = open("{database}.{table}");
  await expect(topics.open(ORDERS)).rejects.toMatchObject({ code: "KAFKA_TOPIC_MISSING" });
  existing.set("shop.orders", describe("shop.orders", 6));
  expect(await topics.open(ORDERS)).toMatchObject({ partitions: 6 });
});

test("shards may share a topic; names that only look alike as topics may not", async () => {
  const { topics } = open("cdc.{table}", { partitions: 1, replication: 1 });
  await topics.open({ database: "shop_1", table: "a-b" });
  await topics.open({ database: "shop_2", table: "a-b" });
  await topics.open({ database: "shop", table: "a b" });
  await expect(topics.open({ database: "shop", table: "a_b" })).rejects.toMatchObject({
    code: "KAFKA_TOPIC_UNUSABLE",
    message: expect.stringContaining("cdc.a b") as string,
  });
});

test("partitions that are added are told once, and are not written to before the next start", async () => {
  const { topics, existing, warnings } = open("{table}", { partitions: 3, replication: 1 });
  const topic = await topics.open(ORDERS);
  await topics.check();
  expect(warnings).toEqual([]);
  existing.set("orders", describe("orders", 5));
  await topics.check();
  await topics.check();
  expect(warnings).toEqual([expect.stringContaining("5 partitions instead of 3")]);
  expect(await topics.open(ORDERS)).toBe(topic);
  expect(topic.partitions).toBe(3);
});

test("a topic that is deleted, or made anew, is told", async () => {
  const { topics, existing, warnings } = open("{table}", { partitions: 3, replication: 1 });
  await topics.open(ORDERS);
  existing.delete("orders");
  await topics.check();
  existing.set("orders", describe("orders", 3, "2"));
  await topics.check();
  expect(warnings).toEqual([
    expect.stringContaining("was deleted"),
    expect.stringContaining("made anew"),
  ]);
});

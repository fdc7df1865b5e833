import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { deleteTopicsV6 } from "@platformatic/kafka";
import { expect, test } from "vitest";
import type { KafkaCluster, RecordProducer, TopicDescription } from "../../src/core/kafka.ts";
import { libraryCall } from "../../src/kafka/call.ts";
import { openCluster } from "../../src/kafka/cluster.ts";
import { KafkaConnections } from "../../src/kafka/connections.ts";
import { openProducer } from "../../src/kafka/producer.ts";
import { openTestMember } from "../support/kafka-member.ts";
import { openProxy } from "../support/proxy.ts";
import { testServerUrl } from "../support/servers.ts";
import { until } from "../support/until.ts";

const broker = testServerUrl("kafka").host;
const SMALL = { partitions: 2, replication: 1, compacted: false };

function uniqueName(): string {
  return `cluster-${randomBytes(6).toString("hex")}`;
}

async function makeTopic(cluster: KafkaCluster, name: string): Promise<TopicDescription> {
  await cluster.createTopic(name, SMALL);
  return (await cluster.describeTopics([name])).get(name)!;
}

async function send(
  producer: RecordProducer,
  topic: TopicDescription,
  records: Readonly<Record<string, string | null>>,
  timestampMs = Date.now(),
): Promise<void> {
  const buffer = producer.createBuffer();
  for (const [key, text] of Object.entries(records)) {
    const value = text === null ? null : Buffer.from(text);
    const headers = Buffer.from([0]);
    buffer.append(topic, 0, { key: Buffer.from(key), value, headers, timestampMs });
  }
  await producer.send(buffer);
}

async function lastText(cluster: KafkaCluster, topic: string, key: string): Promise<string | null> {
  const value = await cluster.readLast(topic, key);
  return value === null ? null : value.toString();
}

test("a topic is made once, described, and has another id when it is made anew", async () => {
  await using cluster = await openCluster({ brokers: [broker] });
  const [name, other] = [uniqueName(), uniqueName()];
  expect(await cluster.describeTopics([name])).toEqual(new Map());
  await Promise.all([cluster.createTopic(name, SMALL), cluster.createTopic(name, SMALL)]);
  await cluster.createTopic(name, { ...SMALL, partitions: 9 });
  await cluster.createTopic(other, { ...SMALL, partitions: 1, compacted: true });
  const before = await cluster.describeTopics([name, other, uniqueName()]);
  expect(before.get(name)).toMatchObject({ name, partitions: 2, maxBatchBytes: 1_048_588 });
  expect([...before.keys()].toSorted()).toEqual([name, other].toSorted());
  const topics = await cluster.listTopics();
  expect(topics).toContain(name);
  expect(topics).not.toContain("__consumer_offsets");
  await using connections = new KafkaConnections({ brokers: [broker] });
  const deletion = libraryCall(deleteTopicsV6.api, [{ name }], 5000);
  await connections.request("any", deletion);
  const after = await until("the topic is there again", async () => {
    await cluster.createTopic(name, { ...SMALL, partitions: 3 });
    const described = (await cluster.describeTopics([name])).get(name);
    return described?.partitions === 3 && described;
  });
  expect(after).toMatchObject({ name, partitions: 3 });
  expect(after).not.toMatchObject({ id: before.get(name)?.id });
});

test.each([
  ["with more replicas than brokers", { ...SMALL, replication: 3 }, "KAFKA_TOPIC_UNUSABLE"],
  ["without partitions", { ...SMALL, partitions: 0 }, "KAFKA_TOPIC_UNUSABLE"],
])("a topic %s is refused in the broker's words", async (_what, options, code) => {
  await using cluster = await openCluster({ brokers: [broker] });
  const name = uniqueName();
  await expect(cluster.createTopic(name, options)).rejects.toMatchObject({
    code,
    message: expect.stringContaining(`create topic ${name}: `) as string,
  });
});

test("offsets are those of committed records, by partition, and of a time where there is one", async () => {
  await using cluster = await openCluster({ brokers: [broker] });
  const topic = await makeTopic(cluster, uniqueName());
  await using producer = await openProducer({ brokers: [broker] });
  await send(producer, topic, { a: "1" }, 1000);
  await send(producer, topic, { b: "2" }, 2000);
  await using open = await openProducer({ brokers: [broker] }, { transactionalId: topic.name });
  await send(open, topic, { c: "3" }, 3000);
  const at = (when: "earliest" | "latest" | { timestampMs: number }) =>
    cluster
      .listOffsets(topic.name, when)
      .then((offsets) => [...offsets].toSorted(([a], [b]) => a - b));
  expect(await at("earliest")).toEqual([
    [0, 0],
    [1, 0],
  ]);
  expect(await at("latest")).toEqual([
    [0, 2],
    [1, 0],
  ]);
  expect(await at({ timestampMs: 1500 })).toEqual([[0, 1]]);
  expect(await at({ timestampMs: 4000 })).toEqual([]);
  const missing = cluster.listOffsets(uniqueName(), "latest");
  await expect(missing).rejects.toMatchObject({ code: "KAFKA_TOPIC_MISSING" });
});

test("a group's offsets are set while it has no members, and refused while it has", async () => {
  await using cluster = await openCluster({ brokers: [broker] });
  const { name } = await makeTopic(cluster, uniqueName());
  const partitions = [0, 1].map((partition) => ({ topic: name, partition }));
  expect(await cluster.describeGroup(name)).toEqual({ state: "Dead", members: [] });
  expect(await cluster.committedOffsets(name, partitions)).toEqual([]);
  const offsets = [{ topic: name, partition: 1, offset: 7 }];
  await cluster.commitOffsets(name, offsets);
  expect(await cluster.committedOffsets(name, partitions)).toEqual(offsets);
  expect(await cluster.describeGroup(name)).toEqual({ state: "Empty", members: [] });
});

test.each(["classic", "consumer"] as const)(
  "a group of the %s protocol is described, and its offsets are its members'",
  async (groupProtocol) => {
    await using cluster = await openCluster({ brokers: [broker] });
    const { name } = await makeTopic(cluster, uniqueName());
    const offsets = [{ topic: name, partition: 0, offset: 0 }];
    {
      await using member = await openTestMember({
        brokers: [broker],
        topics: [name],
        group: name,
        groupProtocol,
      });
      await until("the member has its partitions", () => member.partitions().length === 2);
      const group = await until("the group is stable", async () => {
        const described = await cluster.describeGroup(name);
        return described.state === "Stable" ? described : null;
      });
      expect(group?.members).toMatchObject([{ host: "127.0.0.1" }]);
      await expect(cluster.commitOffsets(name, offsets)).rejects.toMatchObject({
        code: "KAFKA_GROUP_ACTIVE",
        message: `group ${name} has members`,
      });
    }
    await until("the group is empty", async () => {
      await cluster.commitOffsets(name, offsets);
      return true;
    });
    expect(await cluster.committedOffsets(name, offsets)).toEqual(offsets);
  },
);

test("the last value of a key is the last that was committed", async () => {
  await using cluster = await openCluster({ brokers: [broker] });
  const topic = await makeTopic(cluster, uniqueName());
  const { name } = topic;
  expect(await lastText(cluster, name, "a")).toBeNull();
  await using producer = await openProducer({ brokers: [broker] });
  await send(producer, topic, { a: "1", b: "1" });
  await send(producer, topic, { a: "2", b: null });
  {
    const transactionalId = name;
    await using aborted = await openProducer({ brokers: [broker] }, { transactionalId });
    await send(aborted, topic, { a: "3" });
  }
  expect(await lastText(cluster, name, "a")).toBe("2");
  expect(await lastText(cluster, name, "b")).toBeNull();
  expect(await lastText(cluster, name, "c")).toBeNull();
  await send(producer, topic, { a: "x".repeat(900_000) });
  await send(producer, topic, { b: "x".repeat(900_000) });
  expect((await lastText(cluster, name, "a"))?.length).toBe(900_000);
});

test("a value that was committed behind the beginning of somebody's open transaction is not missed", async () => {
  await using cluster = await openCluster({ brokers: [broker] });
  const topic = await makeTopic(cluster, uniqueName());
  const options = (suffix: string) => ({ transactionalId: topic.name + suffix });
  await using other = await openProducer({ brokers: [broker] }, options("-other"));
  await using own = await openProducer({ brokers: [broker] }, options("-own"));
  await send(other, topic, { x: "1" });
  await send(own, topic, { a: "mine" });
  await own.commit();
  let isEnded = false;
  const ending = sleep(300).then(async () => {
    isEnded = true;
    await other.commit();
  });
  expect(await lastText(cluster, topic.name, "a")).toBe("mine");
  expect(isEnded).toBe(true);
  await ending;
});

test("a broker that stands still is given up after the request's time, and reached again later", async () => {
  await using proxy = await openProxy(`kafka://${broker}`);
  const brokers = [`127.0.0.1:${proxy.port}`];
  const limits = { requestTimeoutMs: 300, connectTimeoutMs: 200 };
  await using connections = new KafkaConnections({ brokers, ...limits });
  await connections.metadata([]);
  proxy.stall();
  const silent = (words: string): object => ({
    code: "KAFKA_UNREACHABLE",
    message: expect.stringContaining(words) as string,
  });
  await expect(connections.metadata([])).rejects.toMatchObject(silent("no answer in 300 ms"));
  await expect(openCluster({ brokers, ...limits })).rejects.toMatchObject(silent("in 200 ms"));
  proxy.resume();
  expect(await connections.metadata([])).toEqual(new Map());
});

test("closing does not wait for a broker that does not answer", async () => {
  await using proxy = await openProxy(`kafka://${broker}`);
  proxy.stall();
  const connections = new KafkaConnections({ brokers: [`127.0.0.1:${proxy.port}`] });
  const asking = connections.allTopics();
  await until("the proxy is connected", () => proxy.connections > 0);
  await connections[Symbol.asyncDispose]();
  await expect(asking).rejects.toMatchObject({ code: "KAFKA_UNREACHABLE" });
});

test("the first broker that can be reached is used, and of several failures the telling one told", async () => {
  const nobody = "127.0.0.1:1";
  await using cluster = await openCluster({ brokers: [nobody, broker] });
  expect(await cluster.describeGroup(uniqueName())).toMatchObject({ state: "Dead" });
  const sasl = { mechanism: "plain", username: "a", password: "b" } as const;
  const refused = openCluster({ brokers: [nobody, broker], sasl });
  await expect(refused).rejects.toMatchObject({ code: "KAFKA_ACCESS_DENIED" });
  await expect(openCluster({ brokers: [nobody] })).rejects.toMatchObject({
    code: "KAFKA_UNREACHABLE",
    message: `connect to Kafka at ${nobody}: connect ECONNREFUSED ${nobody}`,
  });
});

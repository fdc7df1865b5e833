import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { createTopicsV7 } from "@platformatic/kafka";
import { expect, test } from "vitest";
import { runCommand } from "../../scripts/services/command.ts";
import { findJavaHome } from "../../scripts/services/java.ts";
import { kafkaPackage } from "../../scripts/services/kafka.ts";
import { REPOSITORY } from "../../scripts/services/paths.ts";
import type {
  KafkaCluster,
  RecordBuffer,
  RecordProducer,
  TopicDescription,
} from "../../src/core/kafka.ts";
import { libraryCall } from "../../src/kafka/call.ts";
import { openCluster } from "../../src/kafka/cluster.ts";
import { COMPRESSIONS } from "../../src/kafka/compression.ts";
import { KafkaConnections } from "../../src/kafka/connections.ts";
import { openProducer } from "../../src/kafka/producer.ts";
import { startTestBroker } from "../support/kafka-broker.ts";
import { readTopic } from "../support/read-topic.ts";
import { testServerUrl } from "../support/servers.ts";

const BASE_MS = 1_700_000_000_000;
const NO_HEADERS = Buffer.from([0]);

interface TestTopic extends AsyncDisposable {
  readonly brokers: readonly string[];
  readonly cluster: KafkaCluster;
  readonly topic: TopicDescription;
  /** Values of committed records, by partition. */
  values(partition: number): Promise<(string | null)[]>;
}

async function openTopic(
  partitions: number,
  broker = testServerUrl("kafka").host,
): Promise<TestTopic> {
  const cluster = await openCluster({ brokers: [broker] });
  const name = `producer-${randomBytes(6).toString("hex")}`;
  await cluster.createTopic(name, { partitions, replication: 1, compacted: false });
  const topic = (await cluster.describeTopics([name])).get(name)!;
  return {
    brokers: [broker],
    cluster,
    topic,
    values: async (partition) =>
      (await readTopic(broker, name)).flatMap((each) =>
        each.partition === partition ? [each.value] : [],
      ),
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  };
}

function append(
  buffer: RecordBuffer,
  topic: TopicDescription,
  partition: number,
  value: string,
): boolean {
  const record = { key: Buffer.from("k"), value: Buffer.from(value) };
  return buffer.append(topic, partition, { ...record, headers: NO_HEADERS, timestampMs: BASE_MS });
}

async function send(
  producer: RecordProducer,
  topic: TopicDescription,
  values: Readonly<Record<number, string>>,
): Promise<void> {
  const buffer = producer.createBuffer();
  for (const [partition, value] of Object.entries(values)) {
    expect(append(buffer, topic, Number(partition), value)).toBe(true);
  }
  await producer.send(buffer);
}

/** The records of partition 0 as Kafka's own client reads them: offset, timestamp, key, value and headers. */
async function readWithJava(broker: string, topic: string): Promise<readonly string[]> {
  const jars = await kafkaPackage.install(() => undefined);
  const java = join(findJavaHome("Kafka", 17), "bin", "java");
  const program = join(REPOSITORY, "test", "support", "ReadRecords.java");
  const options = ["-XX:TieredStopAtLevel=1", "-cp", join(jars, "*")];
  const printed = await runCommand(java, [...options, program, broker, topic]);
  return printed.split("\n").filter((line) => line.startsWith("record "));
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

test("records of every compression are read by Kafka's own client as they were appended", async () => {
  await using context = await openTopic(1);
  const expected: string[] = [];
  for (const compression of COMPRESSIONS) {
    await using producer = await openProducer({ brokers: context.brokers }, { compression });
    const buffer = producer.createBuffer();
    for (let index = 0; index < 200; index += 1) {
      // An earlier time than that of the batch's first record is as good.
      const timestampMs = BASE_MS - index * 5_000_000_000;
      const value = `${compression} ${"long ".repeat(index)}${index}`;
      const isBare = index % 3 === 2;
      buffer.append(context.topic, 0, {
        key: isBare ? null : Buffer.from(`key-${index}`),
        value: index % 5 === 4 ? null : Buffer.from(value),
        // one header: count, name's length and name, value's length and value
        headers: isBare ? NO_HEADERS : Buffer.from("\x02\x0av.one\x04ab", "latin1"),
        timestampMs,
      });
      const parts = [
        `record ${expected.length} ${timestampMs}`,
        isBare ? "null" : base64(`key-${index}`),
        index % 5 === 4 ? "null" : base64(value),
        ...(isBare ? [] : [`v.one=${base64("ab")}`]),
      ];
      expected.push(parts.join(" "));
    }
    await producer.send(buffer);
  }
  const [broker = ""] = context.brokers;
  expect(await readWithJava(broker, context.topic.name)).toEqual(expected);
});

test.each(["gzip", "snappy", "lz4", "zstd"])(
  "records that the broker itself compresses by %s are read",
  async (compression) => {
    const broker = testServerUrl("kafka").host;
    await using connections = new KafkaConnections({ brokers: [broker] });
    const name = `producer-${randomBytes(6).toString("hex")}`;
    const configs = [{ name: "compression.type", value: compression }];
    const topics = [{ name, numPartitions: 1, replicationFactor: 1, assignments: [], configs }];
    await connections.request("any", libraryCall(createTopicsV7.api, topics, 10_000, false));
    await using producer = await openProducer({ brokers: [broker] });
    const buffer = producer.createBuffer();
    const topic = { name, id: "", partitions: 1, maxBatchBytes: 1_000_000 };
    const values = Array.from({ length: 3000 }, (_, index) => `${index} ${"abc ".repeat(30)}`);
    for (const value of values) expect(append(buffer, topic, 0, value)).toBe(true);
    await producer.send(buffer);
    expect((await readTopic(broker, name)).map(({ value }) => value)).toEqual(values);
  },
);

test("many batches of a partition in one send keep their order", async () => {
  await using context = await openTopic(2);
  await using producer = await openProducer({ brokers: context.brokers });
  const buffer = producer.createBuffer();
  const values = Array.from({ length: 200 }, (_, index) => `${index} ${"x".repeat(50_000)}`);
  for (const [index, value] of values.entries()) append(buffer, context.topic, index % 2, value);
  expect(buffer.bytes).toBeGreaterThan(10_000_000);
  await producer.send(buffer);
  expect([buffer.bytes, buffer.records]).toEqual([0, 0]);
  expect(await context.values(0)).toEqual(values.filter((_, index) => index % 2 === 0));
  expect(await context.values(1)).toEqual(values.filter((_, index) => index % 2 === 1));
});

test("what is sent in a transaction is seen when it is committed, in all partitions", async () => {
  await using context = await openTopic(3);
  const options = { transactionalId: context.topic.name };
  await using producer = await openProducer({ brokers: context.brokers }, options);
  const { name } = context.topic;
  await send(producer, context.topic, { 0: "a", 1: "b" });
  await send(producer, context.topic, { 0: "c", 2: "d" });
  expect([...(await context.cluster.listOffsets(name, "latest")).values()]).toEqual([0, 0, 0]);
  await producer.commit();
  expect([await context.values(0), await context.values(1), await context.values(2)]).toEqual([
    ["a", "c"],
    ["b"],
    ["d"],
  ]);
  for (let count = 0; count < 20; count += 1) {
    await send(producer, context.topic, { 0: String(count) });
    await producer.commit();
  }
  expect((await context.values(0)).length).toBe(22);
});

test("a second producer with the id fences the first, whose open transaction is never seen", async () => {
  await using context = await openTopic(1);
  const options = { transactionalId: context.topic.name };
  await using first = await openProducer({ brokers: context.brokers }, options);
  await send(first, context.topic, { 0: "committed" });
  await first.commit();
  await send(first, context.topic, { 0: "aborted" });
  await using second = await openProducer({ brokers: context.brokers }, options);
  const fenced = { code: "KAFKA_FENCED" };
  await expect(send(first, context.topic, { 0: "late" })).rejects.toMatchObject(fenced);
  await expect(first.commit()).rejects.toMatchObject(fenced);
  await send(second, context.topic, { 0: "second" });
  await second.commit();
  expect(await context.values(0)).toEqual(["committed", "second"]);
});

test("a producer that is closed takes its open transaction back at once", async () => {
  await using context = await openTopic(1);
  {
    const options = { transactionalId: context.topic.name };
    await using producer = await openProducer({ brokers: context.brokers }, options);
    await send(producer, context.topic, { 0: "aborted" });
  }
  await using other = await openProducer({ brokers: context.brokers });
  await send(other, context.topic, { 0: "plain" });
  expect(await context.values(0)).toEqual(["plain"]);
});

test("a record larger than the topic accepts is sent compressed, or refused", async () => {
  await using context = await openTopic(1);
  await using producer = await openProducer({ brokers: context.brokers });
  const buffer = producer.createBuffer();
  const long = "long ".repeat(1_000_000);
  expect(append(buffer, context.topic, 0, long)).toBe(true);
  expect(append(buffer, context.topic, 0, randomBytes(1_200_000).toString("base64"))).toBe(false);
  expect(append(buffer, context.topic, 0, "short")).toBe(true);
  await producer.send(buffer);
  expect(await context.values(0)).toEqual([long, "short"]);
});

test("a topic that does not exist is an error after a moment, and the producer of no more use", async () => {
  await using context = await openTopic(1);
  await using producer = await openProducer({ brokers: context.brokers });
  const missing = { ...context.topic, name: `${context.topic.name}-missing` };
  const error = {
    code: "KAFKA_TOPIC_MISSING",
    message: expect.stringContaining(missing.name) as string,
  };
  await expect(send(producer, missing, { 0: "a" })).rejects.toMatchObject(error);
  await expect(send(producer, context.topic, { 0: "a" })).rejects.toMatchObject(error);
});

test("connections that break and a broker that restarts lose, repeat and reorder nothing", async () => {
  await using broker = await startTestBroker({});
  await using context = await openTopic(2, broker.url);
  const brokers = [broker.proxiedUrl];
  await using plain = await openProducer({ brokers });
  await using transactional = await openProducer({ brokers }, { transactionalId: "t" });
  const cutting = setInterval(() => broker.proxy.cut(), 100);
  const expected = Array.from({ length: 100 }, (_, index) => String(index));
  try {
    const restarting = broker.kill().then(() => broker.start());
    for (const value of expected) {
      await Promise.all([
        send(plain, context.topic, { 0: value }),
        send(transactional, context.topic, { 1: value }).then(() => transactional.commit()),
      ]);
    }
    await restarting;
  } finally {
    clearInterval(cutting);
  }
  expect(await context.values(0)).toEqual(expected);
  expect(await context.values(1)).toEqual(expected);
});

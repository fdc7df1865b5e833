import { randomBytes } from "node:crypto";
import { Admin } from "@platformatic/kafka";
import type { RecordProducer } from "../../src/core/kafka.ts";
import { openProducer } from "../../src/kafka/producer.ts";
import { testServerUrl } from "./servers.ts";

/** A record to produce: text and headers as text. */
export interface TestRecord {
  readonly key?: string | null;
  readonly value: string | Buffer | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly partition?: number;
  /** ms since 1970. */
  readonly timestampMs?: number;
}

/** Topics and groups of its own on the test broker, asked about by a client that is not ours; its topics are deleted at the end of its scope. */
export interface TestTopics extends AsyncDisposable {
  /** `host:port`. */
  readonly broker: string;
  /** Unique; names of the test's topics and groups begin with it. */
  readonly prefix: string;
  create(topic: string, partitions?: number): Promise<void>;
  remove(topic: string): Promise<void>;
  grow(topic: string, partitions: number): Promise<void>;
  /** Deletes the records before these offsets. */
  cutOff(topic: string, offsets: Readonly<Record<number, number>>): Promise<void>;
  /** Resolves when the broker holds them, in order per partition. */
  produce(topic: string, records: readonly TestRecord[]): Promise<void>;
  /** Produces them in one transaction, whose mark is a record of its own in each partition. */
  produceTransaction(topic: string, records: readonly TestRecord[]): Promise<void>;
  /** The group's committed offsets by partition; -1 = none. */
  committed(group: string, topic: string): Promise<number[]>;
}

/** Connects to the test broker, or to the one at `host:port`. */
export async function openTestTopics(broker = testServerUrl("kafka").host): Promise<TestTopics> {
  const prefix = `t-${randomBytes(6).toString("hex")}-`;
  const created = new Map<string, number>();
  const options = { clientId: "tailrace-test", bootstrapBrokers: [broker] };
  const admin = new Admin(options);
  const producer = await openProducer({ brokers: [broker] });
  const send = async (
    by: RecordProducer,
    topic: string,
    records: readonly TestRecord[],
  ): Promise<void> => {
    const partitions = created.get(topic) ?? 1;
    const description = { name: topic, partitions, maxBatchBytes: 1 << 20 };
    const buffer = by.createBuffer();
    for (const { key, value, headers, partition = 0, timestampMs } of records)
      buffer.append(description, partition, {
        key: typeof key === "string" ? Buffer.from(key) : null,
        value: value === null ? null : Buffer.from(value),
        headers: headerBlock(headers ?? {}),
        timestampMs: timestampMs ?? Date.now(),
      });
    await by.send(buffer);
  };
  const create = async (topic: string, partitions = 1): Promise<void> => {
    await admin.createTopics({ topics: [topic], partitions, replicas: 1 });
    created.set(topic, partitions);
  };
  const topics: TestTopics = {
    broker,
    prefix,
    create,
    remove: async (topic) => {
      await admin.deleteTopics({ topics: [topic] });
      created.delete(topic);
    },
    grow: async (topic, count) => {
      // no assignments: the broker chooses
      await admin.createPartitions({ topics: [{ name: topic, count, assignments: null }] });
      created.set(topic, count);
    },
    cutOff: async (topic, offsets) => {
      const partitions = Object.entries(offsets).map(([partition, offset]) => ({
        partition: Number(partition),
        offset: BigInt(offset),
      }));
      await admin.deleteRecords({ topics: [{ name: topic, partitions }] });
    },
    produce: (topic, records) => send(producer, topic, records),
    produceTransaction: async (topic, records) => {
      await using own = await openProducer(
        { brokers: [broker] },
        { transactionalId: `${prefix}transactions` },
      );
      await send(own, topic, records);
      await own.commit();
    },
    committed: async (group, topic) => {
      const partitions = Array.from({ length: created.get(topic) ?? 1 }, (_, i) => i);
      const [answer] = await admin.listConsumerGroupOffsets({
        groups: [{ groupId: group, topics: [{ name: topic, partitionIndexes: partitions }] }],
      });
      const found = answer?.topics.find((one) => one.name === topic)?.partitions ?? [];
      return partitions.map((partition) =>
        Number(found.find((one) => one.partitionIndex === partition)?.committedOffset ?? -1),
      );
    },
    [Symbol.asyncDispose]: async () => {
      await producer[Symbol.asyncDispose]();
      if (created.size > 0) await admin.deleteTopics({ topics: [...created.keys()] });
      await admin.close();
    },
  };
  return topics;
}

/** The headers of a record as they stand in a batch: count, then length, name, length, value of each; numbers as zigzag varints, here of one byte or two. */
function headerBlock(headers: Readonly<Record<string, string>>): Buffer {
  const varint = (value: number): Buffer => {
    const zigzag = value * 2;
    return Buffer.from(zigzag < 128 ? [zigzag] : [(zigzag & 127) | 128, zigzag >> 7]);
  };
  const text = (value: string): Buffer[] => [varint(Buffer.byteLength(value)), Buffer.from(value)];
  const entries = Object.entries(headers);
  return Buffer.concat([
    varint(entries.length),
    ...entries.flatMap(([name, value]) => [...text(name), ...text(value)]),
  ]);
}

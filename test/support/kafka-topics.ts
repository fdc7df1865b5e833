import { randomBytes } from "node:crypto";
import { Admin } from "@platformatic/kafka";
import type { RecordProducer } from "../../src/core/kafka.ts";
import { openProducer } from "../../src/kafka/producer.ts";
import { testServerUrl } from "./servers.ts";
import { until } from "./until.ts";

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
  /** With these settings of the broker's; resolves also when it has to wait for one of that name to be gone. */
  create(
    topic: string,
    partitions?: number,
    settings?: Readonly<Record<string, string>>,
  ): Promise<void>;
  /** Resolves when the broker does not know it any more. */
  remove(topic: string): Promise<void>;
  grow(topic: string, partitions: number): Promise<void>;
  /** Deletes the records before these offsets. */
  cutOff(topic: string, offsets: Readonly<Record<number, number>>): Promise<void>;
  /** Resolves when the broker holds them, in order per partition. */
  produce(topic: string, records: readonly TestRecord[]): Promise<void>;
  /** Produces them in one transaction, whose mark is a record of its own in each partition; it is committed unless `end` says otherwise. */
  produceTransaction(
    topic: string,
    records: readonly TestRecord[],
    end?: "commit" | "abort",
  ): Promise<void>;
  /** The group's committed offsets by partition; -1 = none. */
  committed(group: string, topic: string): Promise<number[]>;
}

/** Connects to the test broker, or to the one at `host:port`. */
export function openTestTopics(broker = testServerUrl("kafka").host): TestTopics {
  const prefix = `t-${randomBytes(6).toString("hex")}-`;
  const created = new Map<string, number>();
  const admin = new Admin({ clientId: "tailrace-test", bootstrapBrokers: [broker], retries: 10 });
  let producer: Promise<RecordProducer> | null = null;
  const send = async (
    by: RecordProducer,
    topic: string,
    records: readonly TestRecord[],
  ): Promise<void> => {
    const partitions = created.get(topic) ?? 1;
    const description = { name: topic, partitions, maxBatchBytes: 1 << 20 };
    const buffer = by.createBuffer();
    for (const { key, value, headers, partition = 0, timestampMs } of records) {
      const accepted = buffer.append(description, partition, {
        key: typeof key === "string" ? Buffer.from(key) : null,
        value: value === null ? null : Buffer.from(value),
        headers: headerBlock(headers ?? {}),
        timestampMs: timestampMs ?? Date.now(),
      });
      if (!accepted) throw new Error("a test's record is too large");
    }
    await by.send(buffer);
  };
  const create: TestTopics["create"] = async (topic, partitions = 1, settings = {}) => {
    const configs = Object.entries(settings).map(([name, value]) => ({ name, value }));
    for (;;) {
      try {
        await admin.createTopics({ topics: [topic], partitions, replicas: 1, configs });
        created.set(topic, partitions);
        return;
      } catch (error) {
        // what was deleted may still be there for a moment
        const { errors } = error as { errors?: unknown };
        if (!String(errors).includes("already exists")) throw error;
      }
    }
  };
  const topics: TestTopics = {
    broker,
    prefix,
    create,
    remove: async (topic) => {
      await admin.deleteTopics({ topics: [topic] });
      created.delete(topic);
      await until(
        `the broker knows that ${topic} is gone`,
        async () => !(await admin.listTopics()).includes(topic),
      );
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
    produce: async (topic, records) =>
      send(await (producer ??= openProducer({ brokers: [broker] })), topic, records),
    produceTransaction: async (topic, records, end = "commit") => {
      // disposing of a producer aborts the transaction that is open
      await using own = await openProducer(
        { brokers: [broker] },
        { transactionalId: `${prefix}${topic}-${records[0]?.partition ?? 0}` },
      );
      await send(own, topic, records);
      if (end === "commit") await own.commit();
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
      if (producer !== null) await (await producer)[Symbol.asyncDispose]();
      if (created.size > 0)
        await admin.deleteTopics({ topics: [...created.keys()] }).catch(() => undefined);
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

import { randomBytes } from "node:crypto";
import { Admin } from "@platformatic/kafka";
import type { RecordProducer } from "../../src/core/kafka.ts";
import { openProducer, type ProducerOptions } from "../../src/kafka/producer.ts";
import { testServerUrl } from "./servers.ts";
import { until } from "./until.ts";

/** A topic of a test's own. Disposing deletes it. */
export interface TestTopic extends AsyncDisposable {
  readonly brokers: readonly string[];
  /** Unique; a good name for a group, too. */
  readonly name: string;
  /** Sends one record for each value, in order; `timestampMs` defaults to now. */
  produce(
    partition: number,
    values: readonly string[],
    options?: { readonly timestampMs?: number },
  ): Promise<void>;
  /** Sends records in a transaction that is committed or aborted. */
  produceTransaction(
    partition: number,
    values: readonly string[],
    end: "commit" | "abort",
  ): Promise<void>;
  addPartitions(total: number): Promise<void>;
  /** Deletes what lies before an offset. */
  deleteRecords(partition: number, offset: number): Promise<void>;
  /** Resolves when brokers do not know it any more. */
  remove(): Promise<void>;
  /** Makes it anew after {@link TestTopic.remove}. */
  create(): Promise<void>;
}

/** Makes a topic on the tests' broker, or on the one at `url` (`host:port`). */
export async function openTestTopic(
  partitions: number,
  url: string = testServerUrl("kafka").host,
): Promise<TestTopic> {
  const brokers = [url];
  const name = `test-${randomBytes(6).toString("hex")}`;
  const admin = new Admin({ clientId: "test", bootstrapBrokers: brokers, retries: 10 });
  const create = { topics: [name], partitions, replicas: 1 };
  await admin.createTopics(create);
  const topic = { name, partitions, maxBatchBytes: 1_000_000 };
  let plain: Promise<RecordProducer> | null = null;
  const send = async (
    producer: RecordProducer,
    partition: number,
    values: readonly string[],
    timestampMs: number,
  ): Promise<void> => {
    const buffer = producer.createBuffer();
    for (const value of values) {
      const accepted = buffer.append(topic, partition, {
        key: Buffer.from(value.slice(0, 8)),
        value: Buffer.from(value),
        headers: Buffer.from([0]),
        timestampMs,
      });
      if (!accepted) throw new Error("a test's record is too large");
    }
    await producer.send(buffer);
  };
  const produceTransaction: TestTopic["produceTransaction"] = async (partition, values, end) => {
    const options: ProducerOptions = { transactionalId: `${name}-${partition}` };
    // Disposing of a producer aborts the transaction that is open.
    await using producer = await openProducer({ brokers }, options);
    await send(producer, partition, values, Date.now());
    if (end === "commit") await producer.commit();
  };
  return {
    brokers,
    name,
    produce: async (partition, values, { timestampMs = Date.now() } = {}) =>
      send(await (plain ??= openProducer({ brokers })), partition, values, timestampMs),
    produceTransaction,
    addPartitions: async (total) => {
      await admin.createPartitions({
        topics: [{ name, count: total, assignments: null }],
      });
    },
    deleteRecords: async (partition, offset) => {
      await admin.deleteRecords({
        topics: [{ name, partitions: [{ partition, offset: BigInt(offset) }] }],
      });
    },
    remove: async () => {
      await admin.deleteTopics({ topics: [name] });
      await until(
        "brokers know that it is gone",
        async () => !(await admin.listTopics()).includes(name),
      );
    },
    create: async () => {
      for (;;) {
        try {
          await admin.createTopics(create);
          return;
        } catch (error) {
          // What was deleted may still be there for a moment.
          const { errors } = error as { errors?: unknown };
          if (!String(errors).includes("already exists")) throw error;
        }
      }
    },
    [Symbol.asyncDispose]: async () => {
      if (plain !== null) await (await plain)[Symbol.asyncDispose]();
      await admin.deleteTopics({ topics: [name] }).catch(() => undefined);
      await admin.close();
    },
  };
}

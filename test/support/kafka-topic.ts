import { openTestTopics } from "./kafka-topics.ts";

/** A topic of a test's own, for records that are a line of text. Disposing deletes it. */
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
export async function openTestTopic(partitions: number, url?: string): Promise<TestTopic> {
  const topics = openTestTopics(url);
  const name = `${topics.prefix}topic`;
  await topics.create(name, partitions);
  const records = (partition: number, values: readonly string[]) =>
    values.map((value) => ({ partition, key: value.slice(0, 8), value }));
  return {
    brokers: [topics.broker],
    name,
    produce: (partition, values, options = {}) =>
      topics.produce(
        name,
        records(partition, values).map((record) => ({ ...record, ...options })),
      ),
    produceTransaction: (partition, values, end) =>
      topics.produceTransaction(name, records(partition, values), end),
    addPartitions: (total) => topics.grow(name, total),
    deleteRecords: (partition, offset) => topics.cutOff(name, { [partition]: offset }),
    remove: () => topics.remove(name),
    create: () => topics.create(name, partitions),
    [Symbol.asyncDispose]: () => topics[Symbol.asyncDispose](),
  };
}

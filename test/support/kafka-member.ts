import type { PartitionOffset, RecordConsumer, TopicPartition } from "../../src/core/kafka.ts";
import { openConsumer, type ConsumerOptions } from "../../src/kafka/consumer.ts";

/** A record that a member took. */
export interface TakenRecord {
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly value: string;
}

/** What a member is like. */
export interface TestMemberOptions extends Partial<ConsumerOptions> {
  readonly brokers: readonly string[];
  readonly topics: readonly string[];
  readonly group: string;
  /** Where to begin what the group has not committed. Default 0. */
  readonly begin?: number;
  /** Awaited before what is revoked is committed. */
  readonly drain?: () => Promise<void>;
}

/** A member of a group that takes whatever comes, and commits what it has taken when partitions go. */
export interface TestMember extends AsyncDisposable {
  readonly consumer: RecordConsumer;
  readonly taken: readonly TakenRecord[];
  /** `assigned 0,1`, `revoking 1`, `revoked 1`, `lost 0`, with the time of each. */
  readonly events: readonly { readonly what: string; readonly atMs: number }[];
  readonly warnings: readonly string[];
  /** What ended it. */
  readonly failure: unknown;
  /** Numbers of the partitions that are read. */
  partitions(): readonly number[];
  /** Commits all that was taken. */
  commit(): Promise<void>;
  /** Commits, then closes. */
  leave(): Promise<void>;
}

/** Opens a member. Disposing closes it without a commit. */
export async function openTestMember(options: TestMemberOptions): Promise<TestMember> {
  const taken: TakenRecord[] = [];
  const events: { what: string; atMs: number }[] = [];
  const warnings: string[] = [];
  const next = new Map<number, PartitionOffset>();
  let failure: unknown;
  const closing = new AbortController();
  const note = (what: string, partitions: readonly TopicPartition[]): void => {
    const numbers = partitions.map(({ partition }) => partition).toSorted((a, b) => a - b);
    events.push({ what: `${what} ${numbers.join()}`, atMs: performance.now() });
  };
  const quiet = (): void => undefined;
  const warn = (_fields: object, message: string): void => void warnings.push(message);
  const logger = { debug: quiet, info: quiet, warn, error: warn };
  const commitOf = (partitions: readonly TopicPartition[]): Promise<void> =>
    consumer.commit(partitions.flatMap(({ partition }) => next.get(partition) ?? []));
  const consumer = await openConsumer(
    { logger, ...options },
    {
      onAssigned: (partitions, committed) => {
        note("assigned", partitions);
        const begin = partitions.map(
          ({ topic, partition }) =>
            committed.find((each) => each.partition === partition) ?? {
              topic,
              partition,
              offset: options.begin ?? 0,
            },
        );
        for (const each of begin) next.set(each.partition, each);
        return Promise.resolve(begin);
      },
      onRevoked: async (partitions) => {
        note("revoking", partitions);
        await options.drain?.();
        await commitOf(partitions);
        for (const { partition } of partitions) next.delete(partition);
        note("revoked", partitions);
      },
      onLost: (partitions) => {
        note("lost", partitions);
        for (const { partition } of partitions) next.delete(partition);
      },
    },
  );
  const take = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      const record = consumer.poll();
      if (record === null) {
        await consumer.wait();
        continue;
      }
      const { topic, partition, offset, timestampMs, bytes, valueStart, valueEnd } = record;
      const value = bytes.toString("utf8", valueStart, valueEnd);
      taken.push({ partition, offset, timestampMs, value });
      next.set(partition, { topic, partition, offset: offset + 1 });
    }
  };
  const taking = take().catch((error: unknown) => (failure = error));
  const close = async (): Promise<void> => {
    closing.abort();
    await consumer[Symbol.asyncDispose]();
    await taking;
  };
  return {
    consumer,
    taken,
    events,
    warnings,
    get failure() {
      return failure;
    },
    partitions: () => consumer.assignment().map(({ partition }) => partition),
    commit: () => consumer.commit([...next.values()]),
    leave: async () => {
      closing.abort();
      await consumer.commit([...next.values()]);
      await close();
    },
    [Symbol.asyncDispose]: close,
  };
}

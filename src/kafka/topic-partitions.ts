import type { TopicPartition } from "../core/kafka.ts";

/** Partitions of one topic, as most requests name them. */
export interface TopicPartitions {
  topic: string;
  partitions: number[];
}

/** Names a partition as a key of maps. */
export function partitionKey({ topic, partition }: TopicPartition): string {
  return `${topic}:${partition}`;
}

/** Collects what belongs to the same topic. */
export function groupBy<T extends TopicPartition>(
  items: readonly T[],
): ReadonlyMap<string, readonly T[]> {
  return Map.groupBy(items, ({ topic }) => topic);
}

/** Partitions by topic. */
export function groupByTopic(partitions: readonly TopicPartition[]): TopicPartitions[] {
  return [...groupBy(partitions)].map(([topic, each]) => ({
    topic,
    partitions: each.map(({ partition }) => partition),
  }));
}

/** The reverse of {@link groupByTopic}. */
export function splitByTopic(
  topics: readonly Readonly<TopicPartitions>[],
): readonly TopicPartition[] {
  return topics.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  );
}

import type { OffsetStart } from "../../config/config.ts";
import { TailraceError } from "../../core/errors.ts";
import type { KafkaCluster, PartitionOffset, TopicPartition } from "../../core/kafka.ts";
import type { FollowedTopic } from "../../core/sync-state.ts";

/** What decides where partitions are begun. */
export interface OffsetStartInputs {
  readonly cluster: Pick<KafkaCluster, "listOffsets">;
  readonly group: string;
  /** The configuration's choice for partitions without a committed offset. */
  readonly start: OffsetStart | undefined;
  readonly topics: Readonly<Record<string, FollowedTopic>>;
}

/**
 * Where to begin each partition: at the offset that the group has committed, if its records are still there; a partition that was added, at its beginning; any other
 * where the configuration says. Nothing is guessed: throws KAFKA_OFFSET_LOST, KAFKA_OFFSET_MISSING.
 */
export async function resolveOffsets(
  partitions: readonly TopicPartition[],
  committed: readonly PartitionOffset[],
  inputs: OffsetStartInputs,
): Promise<readonly PartitionOffset[]> {
  const offsets: PartitionOffset[] = [];
  for (const [topic, ours] of Map.groupBy(partitions, (one) => one.topic)) {
    const earliest = await inputs.cluster.listOffsets(topic, "earliest");
    const missing: number[] = [];
    for (const { partition } of ours) {
      const offset = committed.find((one) => isSame(one, { topic, partition }))?.offset;
      if (offset === undefined) missing.push(partition);
      else offsets.push(checkThere({ topic, partition, offset }, earliest, inputs.group));
    }
    if (missing.length > 0)
      offsets.push(...(await beginTopic(topic, missing, { ...inputs, earliest })));
  }
  return offsets;
}

async function beginTopic(
  topic: string,
  missing: readonly number[],
  inputs: OffsetStartInputs & { readonly earliest: ReadonlyMap<number, number> },
): Promise<readonly PartitionOffset[]> {
  const { start, earliest, topics } = inputs;
  const begun = topics[topic]?.begun ?? null;
  const isAdded = (partition: number): boolean => begun !== null && partition >= begun;
  const asked = missing.filter((partition) => !isAdded(partition));
  const added = missing
    .filter(isAdded)
    .map((partition) => ({ topic, partition, offset: earliest.get(partition) ?? 0 }));
  if (asked.length === 0) return added;
  // the end now is not the end when reading began: what came in between would be skipped
  if (start === undefined || (start.kind === "latest" && begun !== null))
    throw missingOffset({ topic, partition: asked[0]! }, inputs);
  const found = await lookUpOffsets(topic, start, inputs.cluster);
  return [
    ...added,
    ...asked.map((partition) => {
      const offset = found.get(partition);
      if (offset === undefined) throw missingOffset({ topic, partition }, inputs);
      return { topic, partition, offset };
    }),
  ];
}

/** The offset of each partition at a start; the end of those that hold nothing as late as a timestamp. Partitions that the configuration does not name are absent. Throws KAFKA_*. */
export async function lookUpOffsets(
  topic: string,
  start: OffsetStart,
  cluster: Pick<KafkaCluster, "listOffsets">,
): Promise<ReadonlyMap<number, number>> {
  switch (start.kind) {
    case "earliest":
    case "latest":
      return cluster.listOffsets(topic, start.kind);
    case "timestamp": {
      const ends = await cluster.listOffsets(topic, "latest");
      const found = await cluster.listOffsets(topic, { timestampMs: start.timestampMs });
      const offsetOf = (partition: number, end: number): number => {
        const offset = found.get(partition) ?? -1;
        return offset < 0 ? end : offset;
      };
      return new Map([...ends].map(([partition, end]) => [partition, offsetOf(partition, end)]));
    }
    case "offsets": {
      const named = Object.entries(start.offsets[topic] ?? {});
      return new Map(named.map(([partition, offset]) => [Number(partition), offset]));
    }
  }
}

function checkThere(
  at: PartitionOffset,
  earliest: ReadonlyMap<number, number>,
  group: string,
): PartitionOffset {
  const first = earliest.get(at.partition) ?? 0;
  if (at.offset >= first) return at;
  throw new TailraceError(
    "KAFKA_OFFSET_LOST",
    `group ${group} has read ${at.topic}/${at.partition} up to offset ${at.offset}, and its first record now is ${first}`,
  );
}

function missingOffset(
  { topic, partition }: TopicPartition,
  { group, start, topics }: OffsetStartInputs,
): TailraceError {
  const why =
    start === undefined
      ? "and source.start is not set"
      : start.kind === "offsets"
        ? "and source.start does not name it"
        : `although it had one for ${topics[topic]?.begun ?? 0} partitions of the topic; the end now is not where reading stopped`;
  return new TailraceError(
    "KAFKA_OFFSET_MISSING",
    `group ${group} has no offset for ${topic}/${partition}, ${why}`,
  );
}

function isSame(a: TopicPartition, b: TopicPartition): boolean {
  return a.topic === b.topic && a.partition === b.partition;
}

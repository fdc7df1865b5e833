import type { OffsetStart } from "../config/config.ts";
import { TailraceError } from "../core/errors.ts";
import type { KafkaCluster, TopicPartition } from "../core/kafka.ts";
import { lookUpOffsets } from "./offset-start.ts";

/** Where a group is to go on. */
export interface SeekRequest {
  readonly group: string;
  readonly topics: readonly string[];
  readonly to: OffsetStart;
  /** Only look. */
  readonly isDryRun?: boolean | undefined;
}

/** A partition's committed offset before and after. */
export interface SeekStep extends TopicPartition {
  /** Null = none. */
  readonly before: number | null;
  readonly after: number;
}

/**
 * Looks up the offset of every partition and commits it for the group, which must have no members. Offsets that are named must name every partition and lie within it. Resolves with
 * what changes, by topic and partition. Throws KAFKA_GROUP_ACTIVE, KAFKA_OFFSET_MISSING, KAFKA_OFFSET_LOST and other KAFKA_*.
 */
export async function seekGroup(
  cluster: KafkaCluster,
  { group, topics, to, isDryRun = false }: SeekRequest,
): Promise<readonly SeekStep[]> {
  const { members } = await cluster.describeGroup(group);
  if (members.length > 0) {
    const who = members.map(({ clientId, host }) => `${clientId} at ${host}`).join(", ");
    throw new TailraceError(
      "KAFKA_GROUP_ACTIVE",
      `group ${group} has ${members.length} member${members.length === 1 ? "" : "s"}: ${who}`,
    );
  }
  const steps: SeekStep[] = [];
  for (const topic of topics.toSorted()) {
    const earliest = await cluster.listOffsets(topic, "earliest");
    const latest = await cluster.listOffsets(topic, "latest");
    const target = await lookUpOffsets(topic, to, cluster);
    const partitions = [...latest.keys()].toSorted((a, b) => a - b);
    const committed = await cluster.committedOffsets(
      group,
      partitions.map((partition) => ({ topic, partition })),
    );
    for (const partition of partitions) {
      const after = target.get(partition);
      if (after === undefined)
        throw new TailraceError(
          "KAFKA_OFFSET_MISSING",
          `no offset is named for ${topic}/${partition}`,
        );
      const [first, end] = [earliest.get(partition) ?? 0, latest.get(partition)!];
      if (after < first || after > end)
        throw new TailraceError(
          "KAFKA_OFFSET_LOST",
          `${topic}/${partition} has the offsets ${first} to ${end}, and ${after} is not among them`,
        );
      const before = committed.find((one) => one.partition === partition)?.offset ?? null;
      steps.push({ topic, partition, before, after });
    }
  }
  if (!isDryRun && steps.length > 0)
    await cluster.commitOffsets(
      group,
      steps.map(({ topic, partition, after: offset }) => ({ topic, partition, offset })),
    );
  return steps;
}

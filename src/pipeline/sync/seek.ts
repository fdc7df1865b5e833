import type { OffsetStart } from "../../config/config.ts";
import { TailraceError } from "../../core/errors.ts";
import type { KafkaCluster, TopicPartition } from "../../core/kafka.ts";
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
  /** The first record that is there, and the place behind the last one. */
  readonly first: number;
  readonly end: number;
}

/** What a seek means for a topic, in records; offsets that a transaction's end takes count. */
export interface SeekTotals {
  readonly topic: string;
  /** Passed over: between where reading would have gone on, or the first record, and where it goes on. */
  readonly skipped: number;
  /** Read again. */
  readonly repeated: number;
  /** That are there now and will be read. */
  readonly ahead: number;
}

/** The steps by topic. Pure. */
export function totalSeek(steps: readonly SeekStep[]): readonly SeekTotals[] {
  return [...Map.groupBy(steps, (step) => step.topic)].map(([topic, ours]) => {
    const sum = (of: (step: SeekStep) => number): number =>
      ours.reduce((total, step) => total + Math.max(0, of(step)), 0);
    const from = ({ before, first }: SeekStep): number => Math.max(before ?? first, first);
    return {
      topic,
      skipped: sum((step) => step.after - from(step)),
      repeated: sum((step) => from(step) - step.after),
      ahead: sum((step) => step.end - step.after),
    };
  });
}

/**
 * Looks up the offset of every partition and commits it for the group, which must have no members. Offsets that are named must name every partition, no
 * other, and lie within it. Resolves with what changes, by topic and partition. Throws KAFKA_GROUP_ACTIVE, CONFIG_INVALID and other KAFKA_*.
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
  if (to.kind === "offsets") {
    const unknown = Object.keys(to.offsets).find((topic) => !topics.includes(topic));
    if (unknown !== undefined)
      throw new TailraceError(
        "CONFIG_INVALID",
        `an offset is named for the topic ${unknown}, which is none of those that are read: ${topics.join(", ")}`,
      );
  }
  const steps: SeekStep[] = [];
  for (const topic of topics.toSorted()) {
    const earliest = await cluster.listOffsets(topic, "earliest");
    const target = await lookUpOffsets(topic, to, cluster);
    // behind the lookup: what is written meanwhile only moves the end
    const latest = await cluster.listOffsets(topic, "latest");
    const partitions = [...latest.keys()].toSorted((a, b) => a - b);
    const unknown = [...target.keys()].find((partition) => !latest.has(partition));
    if (unknown !== undefined)
      throw new TailraceError(
        "CONFIG_INVALID",
        `an offset is named for ${topic}/${unknown}, and the topic has the partitions 0 to ${partitions.length - 1}`,
      );
    const committed = await cluster.committedOffsets(
      group,
      partitions.map((partition) => ({ topic, partition })),
    );
    for (const partition of partitions) {
      const after = target.get(partition);
      if (after === undefined)
        throw new TailraceError(
          "CONFIG_INVALID",
          `no offset is named for ${topic}/${partition}: all partitions need one`,
        );
      const [first, end] = [earliest.get(partition) ?? 0, latest.get(partition)!];
      if (after < first || after > end)
        throw new TailraceError(
          "CONFIG_INVALID",
          `the offset ${after} is named for ${topic}/${partition}, whose records begin at ${first} and end before ${end}`,
        );
      const before = committed.find((one) => one.partition === partition)?.offset ?? null;
      steps.push({ topic, partition, before, after, first, end });
    }
  }
  if (!isDryRun && steps.length > 0)
    await cluster.commitOffsets(
      group,
      steps.map(({ topic, partition, after: offset }) => ({ topic, partition, offset })),
    );
  return steps;
}

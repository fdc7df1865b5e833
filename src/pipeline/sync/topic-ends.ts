import type { KafkaCluster, PartitionOffset } from "../../core/kafka.ts";
import { matchTopics } from "./topic-patterns.ts";

/** Where the partitions of the topics that are meant end now. Throws KAFKA_*. */
export async function readTopicEnds(
  cluster: Pick<KafkaCluster, "listTopics" | "listOffsets">,
  topics: readonly string[],
): Promise<readonly PartitionOffset[]> {
  const ends: PartitionOffset[] = [];
  for (const topic of matchTopics(topics, await cluster.listTopics()))
    for (const [partition, offset] of await cluster.listOffsets(topic, "latest"))
      ends.push({ topic, partition, offset });
  return ends;
}

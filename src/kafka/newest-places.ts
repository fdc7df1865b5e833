import type { KafkaCluster, PartitionOffset } from "../core/kafka.ts";

/** Enough that there are records among them: some places are marks of transactions. */
const PLACES = 40;

/** So many places before the end of each partition of a topic that holds something. Throws KAFKA_*. */
export async function newestPlaces(
  cluster: KafkaCluster,
  topic: string,
  places = PLACES,
): Promise<readonly PartitionOffset[]> {
  const first = await cluster.listOffsets(topic, "earliest");
  const ends = await cluster.listOffsets(topic, "latest");
  return [...ends].flatMap(([partition, end]) => {
    const begin = first.get(partition) ?? 0;
    return end > begin ? [{ topic, partition, offset: Math.max(begin, end - places) }] : [];
  });
}

import { listOffsetsV7, listOffsetsV8 } from "@platformatic/kafka";
import { checkedCall } from "./call.ts";
import type { KafkaConnections } from "./connections.ts";
import { refusalOf } from "./translate-error.ts";

/** Which records are asked for: those of committed transactions, or all. */
export type Isolation = "read_uncommitted" | "read_committed";

const CONSUMER = -1;
const ISOLATION_LEVELS = { read_uncommitted: 0, read_committed: 1 } as const;
const TIMES = { earliest: -2n, latest: -1n } as const;
const NO_LEADER = 5;
const MISSING = 3;

/**
 * Offsets by partition: the first one, the one behind the last record (that is committed), or that of the first record at or after a time, absent where
 * there is none. Throws KAFKA_*.
 */
export async function listOffsets(
  connections: KafkaConnections,
  topic: string,
  at: "earliest" | "latest" | { readonly timestampMs: number },
  isolation: Isolation = "read_committed",
): Promise<ReadonlyMap<number, number>> {
  const { partitions } = (await connections.metadata([topic])).get(topic) ?? {};
  if (partitions === undefined) throw refusalOf(MISSING, `topic ${topic}`);
  const timestamp = typeof at === "object" ? BigInt(at.timestampMs) : TIMES[at];
  const level = ISOLATION_LEVELS[isolation];
  const numbered = partitions.map((partition, index) => ({ ...partition, index }));
  const byLeader = Map.groupBy(numbered, ({ leader }) => leader);
  const answers = await Promise.all(
    [...byLeader].map(([node, led]) => {
      const asked = led.map(({ index, leaderEpoch }) => ({
        partitionIndex: index,
        currentLeaderEpoch: leaderEpoch,
        timestamp,
      }));
      const topics = [{ name: topic, partitions: asked }];
      if (node < 0) throw refuse(connections, NO_LEADER, topic);
      return connections.request(
        { node, lane: "offsets" },
        checkedCall(listOffsetsV8.api, CONSUMER, level, topics),
        checkedCall(listOffsetsV7.api, CONSUMER, level, topics),
      );
    }),
  );
  const offsets = new Map<number, number>();
  for (const answer of answers.flatMap(({ topics }) => topics.flatMap((each) => each.partitions))) {
    if (answer.errorCode !== 0) throw refuse(connections, answer.errorCode, topic);
    if (answer.offset >= 0n) offsets.set(answer.partitionIndex, Number(answer.offset));
  }
  return offsets;
}

function refuse(connections: KafkaConnections, code: number, topic: string): Error {
  connections.forgetTopic(topic);
  return refusalOf(code, `topic ${topic}`);
}

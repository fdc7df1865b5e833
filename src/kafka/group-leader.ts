import {
  decodeConsumerProtocolSubscription,
  decodeCooperativeStickyGeneration,
} from "@platformatic/kafka";
import type { TopicPartition } from "../core/kafka.ts";
import type { KafkaConnections } from "./connections.ts";
import type { MemberOptions } from "./group-member.ts";
import { assignCooperatively, type Subscriber } from "./sticky-assignor.ts";
import { splitByTopic } from "./topic-partitions.ts";

/** A member as JoinGroup presents it to the leader. */
export interface JoinedMember {
  readonly memberId: string;
  /** A ConsumerProtocolSubscription. */
  readonly metadata: Buffer;
}

const MISSING_CHECK_MS = 1000;

/** What the leader of a classic group does beside being a member: it divides the partitions, and asks for it again when there are others. */
export class ClassicLeader {
  readonly #connections: KafkaConnections;
  readonly #metadataMaxAgeMs: number;
  /** What the last division was of; null while another member leads. */
  #counts: ReadonlyMap<string, number> | null = null;

  constructor(parts: Pick<MemberOptions, "connections" | "metadataMaxAgeMs">) {
    this.#connections = parts.connections;
    this.#metadataMaxAgeMs = parts.metadataMaxAgeMs;
  }

  /** How soon to ask {@link hasChanged}, ms: topics that have just been made should not have to wait. */
  get checkMs(): number {
    const isComplete = !this.#counts?.values().some((count) => count === 0);
    return isComplete ? this.#metadataMaxAgeMs : Math.min(MISSING_CHECK_MS, this.#metadataMaxAgeMs);
  }

  /** What each member shall have; nothing when the members are not known to us because another one leads (null). Throws KAFKA_*. */
  async assign(
    members: readonly JoinedMember[] | null,
  ): Promise<ReadonlyMap<string, readonly TopicPartition[]>> {
    this.#counts = null;
    if (members === null) return new Map();
    const subscribers = members.map(readSubscriber);
    const topics = [...new Set(subscribers.flatMap((subscriber) => subscriber.topics))];
    const counts = await this.#count(topics);
    this.#counts = counts;
    return assignCooperatively(subscribers, counts);
  }

  /** We lead, and there are topics or partitions that were not divided, or some no more. Throws KAFKA_*. */
  async hasChanged(): Promise<boolean> {
    const before = this.#counts;
    if (before === null) return false;
    const now = await this.#count([...before.keys()]);
    return [...now].some(([topic, count]) => before.get(topic) !== count);
  }

  /** Partitions of each topic at this moment, 0 for one that does not exist. */
  async #count(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    for (const topic of topics) this.#connections.forgetTopic(topic);
    const metadata = await this.#connections.metadata(topics);
    return new Map(topics.map((topic) => [topic, metadata.get(topic)?.partitions.length ?? 0]));
  }
}

function readSubscriber({ memberId, metadata }: JoinedMember): Subscriber {
  const { version, topics, ownedPartitions, generationId, userData } =
    decodeConsumerProtocolSubscription(metadata);
  return {
    memberId,
    topics,
    owned: splitByTopic(ownedPartitions),
    // Version 1 has no field for the generation: Kafka's own client then puts it into the user data.
    generation: version >= 2 ? generationId : decodeCooperativeStickyGeneration(userData),
  };
}

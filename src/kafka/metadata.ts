import { metadataV12 } from "@platformatic/kafka";
import { checkedCall, type KafkaCall } from "./call.ts";
import type { Endpoint } from "./options.ts";
import { refusalOf } from "./translate-error.ts";

/** A topic as the cluster's metadata has it. */
export interface TopicMetadata {
  readonly name: string;
  /** Changes when the topic is deleted and made anew; 32 hex digits with dashes, as the library writes UUIDs. */
  readonly id: string;
  /** One of Kafka's own. */
  readonly isInternal: boolean;
  /** By number. */
  readonly partitions: readonly PartitionMetadata[];
}

/** Who leads a partition. */
export interface PartitionMetadata {
  /** Node id; -1 = nobody at this moment. */
  readonly leader: number;
  readonly leaderEpoch: number;
}

/** What is known of brokers and topics. */
export class MetadataCache {
  readonly #brokers = new Map<number, Endpoint>();
  readonly #topics = new Map<string, TopicMetadata>();

  broker(node: number): Endpoint | undefined {
    return this.#brokers.get(node);
  }

  get brokers(): readonly Endpoint[] {
    return [...this.#brokers.values()];
  }

  topic(name: string): TopicMetadata | undefined {
    return this.#topics.get(name);
  }

  /** The next use asks the cluster again; without a name that holds for every topic. */
  forget(topic?: string): void {
    if (topic === undefined) this.#topics.clear();
    else this.#topics.delete(topic);
  }

  /** The request that `read` understands; null asks for all topics. Never creates one. */
  static call(topics: readonly string[] | null): KafkaCall<MetadataAnswer> {
    return checkedCall(metadataV12.api, topics === null ? null : [...topics], false, false);
  }

  /**
   * Takes an answer in and returns its topics. Those that do not exist are absent; one without leaders at this moment is returned but asked for
   * again. Throws KAFKA_ACCESS_DENIED with the topic's name.
   */
  read(answer: MetadataAnswer): readonly TopicMetadata[] {
    this.#brokers.clear();
    for (const { nodeId, host, port } of answer.brokers) this.#brokers.set(nodeId, { host, port });
    return answer.topics.flatMap((topic) => {
      const read = readTopic(topic);
      if (read === undefined) return [];
      if (read.partitions.every(({ leader }) => leader >= 0)) this.#topics.set(read.name, read);
      else this.#topics.delete(read.name);
      return [read];
    });
  }
}

/** What a Metadata request is answered with. */
export type MetadataAnswer = ReturnType<typeof metadataV12.parseResponse>;

const LEADER_NOT_AVAILABLE = 5;
const MISSING: ReadonlySet<number> = new Set([
  3, // UNKNOWN_TOPIC_OR_PARTITION
  17, // INVALID_TOPIC_EXCEPTION: such a name cannot exist
]);

function readTopic(topic: MetadataAnswer["topics"][number]): TopicMetadata | undefined {
  const name = topic.name ?? "";
  if (MISSING.has(topic.errorCode)) return undefined;
  if (topic.errorCode !== 0 && topic.errorCode !== LEADER_NOT_AVAILABLE) {
    throw refusalOf(topic.errorCode, `topic ${name}`);
  }
  const partitions: PartitionMetadata[] = [];
  for (const { partitionIndex, leaderId, leaderEpoch } of topic.partitions) {
    partitions[partitionIndex] = { leader: leaderId, leaderEpoch };
  }
  return { name, id: topic.topicId, isInternal: topic.isInternal, partitions };
}

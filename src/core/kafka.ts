import type { RecordTopic, RecordView, RecordWriter } from "./record.ts";

/** A partition of a topic. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** A partition and a place in it. */
export interface PartitionOffset extends TopicPartition {
  readonly offset: number;
}

/** A topic as the cluster describes it. */
export interface TopicDescription extends RecordTopic {
  /** Changes when the topic is deleted and made anew. */
  readonly id: string;
  /** `cleanup.policy` is `compact` alone: the last record of each key is kept, and none expires. Absent = the brokers do not tell. */
  readonly isCompacted?: boolean;
}

/** A consumer group at this moment. */
export interface GroupDescription {
  /** As Kafka says it: `Stable`, `Empty`, `Dead`, `PreparingRebalance`, … */
  readonly state: string;
  readonly members: readonly {
    readonly memberId: string;
    readonly clientId: string;
    readonly host: string;
  }[];
}

/** What is asked of a Kafka cluster outside the stream of records. Every method throws KAFKA_*. */
export interface KafkaCluster extends AsyncDisposable {
  /** Names of the topics that we may see, without Kafka's own. */
  listTopics(): Promise<readonly string[]>;
  /** Missing topics are absent from the answer. */
  describeTopics(names: readonly string[]): Promise<ReadonlyMap<string, TopicDescription>>;
  /** Resolves when the topic exists, also when somebody else has made it. */
  createTopic(name: string, options: NewTopic): Promise<void>;
  /** The first offset, the offset of the next record (of the last stable one, when reading committed records), or that of the first record at or after a time; by partition. */
  listOffsets(
    topic: string,
    at: "earliest" | "latest" | { readonly timestampMs: number },
  ): Promise<ReadonlyMap<number, number>>;
  describeGroup(group: string): Promise<GroupDescription>;
  /** Offsets that the group has committed; partitions without one are absent. */
  committedOffsets(
    group: string,
    partitions: readonly TopicPartition[],
  ): Promise<readonly PartitionOffset[]>;
  /** Commits offsets for a group without members. Throws KAFKA_GROUP_ACTIVE. */
  commitOffsets(group: string, offsets: readonly PartitionOffset[]): Promise<void>;
  /** The value of the last committed record with this key in partition 0 of a topic, null without one. Reads the whole partition: it should be compacted. */
  readLast(topic: string, key: string): Promise<Buffer | null>;
}

/** How a topic is made. */
export interface NewTopic {
  readonly partitions: number;
  readonly replication: number;
  /** Keep the last record of each key instead of the newest records. */
  readonly compacted: boolean;
}

/**
 * Sends records, in order per partition, each exactly once as far as this producer goes (idempotent, acknowledged by all replicas in sync). With a
 * transactional id, what was sent since the last `commit` becomes visible by the next one or never; another producer with the id fences this one
 * (KAFKA_FENCED). After any rejection it is of no more use but to be disposed of.
 */
export interface RecordProducer extends AsyncDisposable {
  /** Empty buffers to encode into. Several may be in use, one being sent while another is filled. */
  createBuffer(): RecordBuffer;
  /** Sends what the buffer holds; when it resolves the brokers hold it, and the buffer is empty. One at a time. */
  send(buffer: RecordBuffer): Promise<void>;
  /** Makes what was sent visible. Only with a transactional id. */
  commit(): Promise<void>;
}

/** Records of many partitions, in batches as Kafka stores them. `append` returns false when the record alone, compressed, is larger than its topic accepts. */
export interface RecordBuffer extends RecordWriter {
  /** Of all batches, before compression. */
  readonly bytes: number;
  readonly records: number;
}

/**
 * A member of a consumer group and the records of its partitions, pulled. One consumer. Fetching goes on ahead up to a bound; membership does not depend on
 * how fast records are taken. Only records of committed transactions are seen.
 */
export interface RecordConsumer extends AsyncDisposable {
  /** The next record that is already here, in order per partition, or null: then await `wait()`. */
  poll(): RecordView | null;
  /** Resolves when `poll` may have a record. Rejects with a KAFKA_* TailraceError when the consumer cannot go on; resolves when it was closed. */
  wait(): Promise<void>;
  /** Reads these topics, too, from now on; their partitions are assigned as others are. */
  subscribe(topics: readonly string[]): void;
  /** Commits next offsets of partitions that are ours. Throws KAFKA_PARTITIONS_LOST when one is not any more. */
  commit(offsets: readonly PartitionOffset[]): Promise<void>;
  /** What is assigned to us, with the offset of the next record to come from `poll`, and the partition's end as of the last fetch; -1 = unknown. */
  assignment(): readonly AssignedPartition[];
  /** Brokers answer at this moment and we are a member of the group. */
  readonly isConnected: boolean;
}

/** A partition of ours. */
export interface AssignedPartition extends TopicPartition {
  readonly position: number;
  readonly end: number;
}

/** What a consumer's user has to say about its partitions. Calls come one after another, outside of `poll`. */
export interface AssignmentListener {
  /** These partitions are ours from now on: where to begin each. `committed` = what the group has, absent where nothing. A rejection ends the consumer. */
  onAssigned(
    partitions: readonly TopicPartition[],
    committed: readonly PartitionOffset[],
  ): Promise<readonly PartitionOffset[]>;
  /**
   * These partitions will go to others when this resolves. No more of their records come from `poll`; what was taken from them may be finished and
   * committed until then.
   */
  onRevoked(partitions: readonly TopicPartition[]): Promise<void>;
  /** These partitions are others' already (session expired, fenced): nothing of them may be written any more. May come while `onRevoked` is waited for. */
  onLost(partitions: readonly TopicPartition[]): void;
}

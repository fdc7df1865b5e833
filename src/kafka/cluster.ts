import { systemClock, type Clock } from "../core/clock.ts";
import type {
  GroupDescription,
  KafkaCluster,
  NewTopic,
  PartitionOffset,
  TopicDescription,
  TopicPartition,
} from "../core/kafka.ts";
import { KafkaConnections } from "./connections.ts";
import { commitOffsets, committedOffsets, describeGroup } from "./groups.ts";
import type { KafkaOptions } from "./options.ts";
import { readLast } from "./read-last.ts";
import { retrying, type RetryLimits } from "./retry.ts";
import { listOffsets } from "./topic-offsets.ts";
import { createTopic, describeTopics } from "./topics.ts";

/** What a cluster's client is to do. */
export interface ClusterOptions {
  /** How long a request is tried again, for reasons that may pass. Default 15,000. */
  readonly retryTimeoutMs?: number | undefined;
  /** How long `readLast` waits for transactions that others have open; longer than theirs may be. Default 120,000. */
  readonly readTimeoutMs?: number | undefined;
  readonly clock?: Clock | undefined;
}

const RETRY_TIMEOUT_MS = 15_000;
const READ_TIMEOUT_MS = 120_000;

/** Connects to a cluster to ask it about topics, offsets and groups. Throws KAFKA_UNREACHABLE, KAFKA_ACCESS_DENIED, KAFKA_TLS_FAILED. */
export async function openCluster(
  connection: KafkaOptions,
  options: ClusterOptions = {},
): Promise<KafkaCluster> {
  const connections = new KafkaConnections(connection);
  try {
    await connections.metadata([]);
    return new Cluster(connections, options);
  } catch (error) {
    await connections[Symbol.asyncDispose]();
    throw error;
  }
}

/** Requests that brokers may refuse for a moment are repeated here, all of them harmless when they come twice. */
class Cluster implements KafkaCluster {
  readonly #connections: KafkaConnections;
  readonly #closing = new AbortController();
  readonly #limits: RetryLimits;
  readonly #readLimits: RetryLimits;

  constructor(connections: KafkaConnections, options: ClusterOptions) {
    this.#connections = connections;
    const { signal } = this.#closing;
    const { clock = systemClock, retryTimeoutMs = RETRY_TIMEOUT_MS } = options;
    this.#limits = { clock, limitMs: retryTimeoutMs, signal };
    this.#readLimits = { clock, limitMs: options.readTimeoutMs ?? READ_TIMEOUT_MS, signal };
  }

  async listTopics(): Promise<readonly string[]> {
    const topics = await this.#retrying(() => this.#connections.allTopics());
    return topics.filter(({ isInternal }) => !isInternal).map(({ name }) => name);
  }

  describeTopics(names: readonly string[]): Promise<ReadonlyMap<string, TopicDescription>> {
    return this.#retrying(() => describeTopics(this.#connections, names));
  }

  async createTopic(name: string, options: NewTopic): Promise<void> {
    await this.#retrying(() => createTopic(this.#connections, name, options));
    // It is made by one broker, and the others hear of it.
    await this.#retrying(() => listOffsets(this.#connections, name, "latest"));
  }

  listOffsets(
    topic: string,
    at: "earliest" | "latest" | { readonly timestampMs: number },
  ): Promise<ReadonlyMap<number, number>> {
    return this.#retrying(() => listOffsets(this.#connections, topic, at));
  }

  describeGroup(group: string): Promise<GroupDescription> {
    return this.#retrying(() => describeGroup(this.#connections, group));
  }

  committedOffsets(
    group: string,
    partitions: readonly TopicPartition[],
  ): Promise<readonly PartitionOffset[]> {
    return this.#retrying(() => committedOffsets(this.#connections, group, partitions));
  }

  commitOffsets(group: string, offsets: readonly PartitionOffset[]): Promise<void> {
    return this.#retrying(() => commitOffsets(this.#connections, group, offsets));
  }

  readLast(topic: string, key: string): Promise<Buffer | null> {
    return readLast(this.#connections, { topic, key, limits: this.#readLimits });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#connections[Symbol.asyncDispose]();
  }

  #retrying<T>(step: () => Promise<T>): Promise<T> {
    return retrying(step, this.#limits);
  }
}

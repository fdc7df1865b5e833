import { describeGroupsV5 } from "@platformatic/kafka";
import { systemClock, type Clock } from "../core/clock.ts";
import { asTailraceError } from "../core/errors.ts";
import type {
  AssignedPartition,
  AssignmentListener,
  PartitionOffset,
  RecordConsumer,
} from "../core/kafka.ts";
import type { Logger } from "../core/logger.ts";
import type { RecordView } from "../core/record.ts";
import { Assignment } from "./assignment.ts";
import { checkedCall } from "./call.ts";
import { KafkaConnections } from "./connections.ts";
import { Fetcher } from "./fetcher.ts";
import { ClassicMember } from "./group-classic.ts";
import { ConsumerMember, heartbeatCalls } from "./group-consumer.ts";
import type { GroupMember } from "./group-member.ts";
import { GroupOffsets } from "./group-offsets.ts";
import type { KafkaOptions } from "./options.ts";
import { retrying } from "./retry.ts";
import { TopicIdentities } from "./topic-identities.ts";
import { refusalName } from "./translate-error.ts";

/** What to read, and as which member of which group. */
export interface ConsumerOptions extends KafkaOptions {
  readonly group: string;
  readonly topics: readonly string[];
  /** `consumer` (KIP-848), `classic`, or, by default, the newer one that brokers and group have. */
  readonly groupProtocol?: "auto" | "classic" | "consumer" | undefined;
  /** Static membership: who comes back under this name within the session's time finds its partitions. */
  readonly instanceId?: string | undefined;
  /** Without a heartbeat for so long the partitions are others'; not more than the brokers' `group.consumer.session.timeout.ms`. Default 45,000. */
  readonly sessionTimeoutMs?: number | undefined;
  /** How long `onRevoked` may take; the group waits so long. Default 60,000. */
  readonly revokeTimeoutMs?: number | undefined;
  /** Bytes fetched ahead of what was polled, at most, but for a record that alone is larger. Default 16 MiB. */
  readonly maxFetchBytes?: number | undefined;
  /** Default 1,000, less where the session is short. */
  readonly heartbeatIntervalMs?: number | undefined;
  /** How soon partitions that are added to a topic are noticed (the new protocol leaves that to the brokers). Default 30,000. */
  readonly metadataMaxAgeMs?: number | undefined;
  readonly logger: Logger;
  readonly clock?: Clock | undefined;
}

const SESSION_MS = 45_000;
const REVOKE_MS = 60_000;
/** What a member may take to come to a rebalance beside giving up its partitions. */
const REJOIN_MS = 5_000;
const FETCH_BYTES = 16 << 20;
const HEARTBEAT_MS = 1_000;
const METADATA_MAX_AGE_MS = 30_000;
const REQUEST_MS = 30_000;
const FIND_GROUP_MS = 20_000;
const NEVER = new AbortController().signal;
/** Leaving a group may take so long, at most. */
const LEAVE_MS = 2_000;

/**
 * Becomes a member of a consumer group and reads what it is assigned. Calls of the listener come one after another, except that `onLost` may come while
 * `onRevoked` is waited for. Throws KAFKA_UNREACHABLE, KAFKA_ACCESS_DENIED, KAFKA_TLS_FAILED, KAFKA_UNSUPPORTED.
 */
export async function openConsumer(
  options: ConsumerOptions,
  listener: AssignmentListener,
): Promise<RecordConsumer> {
  const { sessionTimeoutMs = SESSION_MS, requestTimeoutMs = REQUEST_MS } = options;
  const connections = new KafkaConnections({
    ...options,
    // A connection on which nothing moves is replaced before it costs the session.
    requestTimeoutMs: Math.min(requestTimeoutMs, Math.ceil(sessionTimeoutMs / 3)),
  });
  try {
    const isConsumerProtocol = await choosesConsumerProtocol(connections, options);
    return new GroupConsumer(connections, { ...options, listener, isConsumerProtocol });
  } catch (error) {
    await connections[Symbol.asyncDispose]();
    throw error;
  }
}

async function choosesConsumerProtocol(
  connections: KafkaConnections,
  { group, groupProtocol = "auto", clock = systemClock }: ConsumerOptions,
): Promise<boolean> {
  if (groupProtocol !== "auto") {
    // Says at once what is wrong with addresses, credentials and topics.
    await connections.metadata([]);
    return groupProtocol === "consumer";
  }
  const probe = heartbeatCalls(group, "", 0, null, null, -1, null, null, null, null);
  const supported = await Promise.all(probe.map((call) => connections.supports(call)));
  if (!supported.includes(true)) return false;
  // Members of one group should agree; the brokers know a group of the new protocol as none of the old.
  const describe = checkedCall(describeGroupsV5.api, [group], false);
  // The first group of a cluster has no coordinator until the brokers have made the topic for its offsets.
  const answer = await retrying(() => connections.request({ group }, describe), {
    clock,
    limitMs: FIND_GROUP_MS,
    signal: NEVER,
  });
  return (answer.groups[0]?.members ?? []).length === 0;
}

class GroupConsumer implements RecordConsumer {
  readonly #connections: KafkaConnections;
  readonly #fetcher: Fetcher;
  readonly #assignment: Assignment;
  readonly #offsets: GroupOffsets;
  readonly #closing = new AbortController();
  readonly #clock: Clock;
  readonly #running: Promise<void>;
  readonly #topics: Set<string>;
  #member: GroupMember;

  constructor(
    connections: KafkaConnections,
    options: ConsumerOptions & {
      readonly listener: AssignmentListener;
      readonly isConsumerProtocol: boolean;
    },
  ) {
    const { group, logger, clock = systemClock, listener } = options;
    const { sessionTimeoutMs = SESSION_MS, revokeTimeoutMs = REVOKE_MS } = options;
    const instanceId = options.instanceId ?? null;
    const identities = new TopicIdentities();
    const topics = new Set(options.topics);
    this.#topics = topics;
    this.#connections = connections;
    this.#clock = clock;
    const { signal } = this.#closing;
    this.#offsets = new GroupOffsets({ connections, group, instanceId, clock, signal });
    const maxFetchBytes = options.maxFetchBytes ?? FETCH_BYTES;
    this.#fetcher = new Fetcher({ connections, identities, maxFetchBytes, clock, logger });
    this.#assignment = new Assignment({
      listener,
      fetcher: this.#fetcher,
      committed: (partitions) => this.#offsets.fetch(partitions),
    });
    const heartbeatIntervalMs = options.heartbeatIntervalMs ?? HEARTBEAT_MS;
    const memberOptions = {
      connections,
      assignment: this.#assignment,
      identities,
      group,
      topics,
      instanceId,
      sessionTimeoutMs,
      rebalanceTimeoutMs: revokeTimeoutMs + REJOIN_MS,
      heartbeatIntervalMs: Math.min(heartbeatIntervalMs, Math.ceil(sessionTimeoutMs / 5)),
      metadataMaxAgeMs: options.metadataMaxAgeMs ?? METADATA_MAX_AGE_MS,
      clock,
      logger,
    };
    const classic = new ClassicMember(memberOptions);
    this.#member = options.isConsumerProtocol ? new ConsumerMember(memberOptions) : classic;
    this.#running = this.#run(options.groupProtocol === "consumer" ? null : classic);
  }

  get isConnected(): boolean {
    const isMember = this.#member.identity !== null;
    return isMember && this.#fetcher.isConnected && this.#connections.isConnected;
  }

  poll(): RecordView | null {
    return this.#fetcher.poll();
  }

  wait(): Promise<void> {
    return this.#fetcher.wait();
  }

  subscribe(topics: readonly string[]): void {
    for (const topic of topics) this.#topics.add(topic);
    this.#member.resubscribe();
  }

  assignment(): readonly AssignedPartition[] {
    return this.#fetcher.partitions.map(({ topic, partition, position, end }) => ({
      topic,
      partition,
      position,
      end,
    }));
  }

  async commit(offsets: readonly PartitionOffset[]): Promise<void> {
    if (offsets.length === 0) return;
    await this.#offsets.commit(offsets, {
      identity: () => this.#member.identity,
      tenure: (partition) => this.#assignment.tenure(partition),
      onRefused: (name, identity) => this.#member.onCommitRefused(name, identity),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing.signal.aborted) return this.#running;
    this.#closing.abort();
    this.#member.stop();
    this.#fetcher.close();
    const limit = new AbortController();
    // A group that cannot be reached notices by itself that we have gone.
    const left = this.#member.leave().catch(() => undefined);
    await Promise.race([left, this.#clock.sleep(LEAVE_MS, limit.signal)]);
    await this.#connections[Symbol.asyncDispose]();
    await this.#fetcher[Symbol.asyncDispose]();
    // Whoever closes may be the one that a call of the listener waits for.
    await Promise.race([this.#running, this.#clock.sleep(LEAVE_MS, limit.signal)]);
    limit.abort();
  }

  /** Never rejects. */
  async #run(fallback: GroupMember | null): Promise<void> {
    try {
      await this.#member.run();
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      // Brokers may know the new protocol and have it switched off.
      if (fallback !== null && refusalName(error) === "UNSUPPORTED_VERSION") {
        this.#member = fallback;
        return this.#run(null);
      }
      this.#assignment.lose();
      this.#fetcher.fail(asTailraceError(error));
    }
  }
}

import type { Clock } from "../core/clock.ts";
import { asTailraceError, TailraceError } from "../core/errors.ts";
import type { AssignedPartition, PartitionOffset, TopicPartition } from "../core/kafka.ts";
import type { Logger } from "../core/logger.ts";
import type { RecordView } from "../core/record.ts";
import type { KafkaConnections } from "./connections.ts";
import { fetchCall, type FetchAnswer } from "./fetch-call.ts";
import {
  FetchedPartitionState,
  NO_LEADER,
  offsetBehind,
  type AnswerBytes,
  type FetchedChunk,
} from "./fetched-partition.ts";
import { Pauses } from "./pauses.ts";
import { mayPass } from "./retry.ts";
import { RecordQueue } from "./record-queue.ts";
import type { TopicIdentities } from "./topic-identities.ts";
import { partitionKey } from "./topic-partitions.ts";
import { isRetriableRefusal, refusalOf } from "./translate-error.ts";

/** What a fetcher needs. */
export interface FetcherOptions {
  readonly connections: KafkaConnections;
  readonly identities: TopicIdentities;
  /** Bytes of answers that wait to be read, at most; one answer more when a record alone is larger. */
  readonly maxFetchBytes: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

const MAX_WAIT_MS = 500;
const MAX_ANSWER_BYTES = 4 << 20;
const MAX_PARTITION_BYTES = 1 << 20;
/** A broker that has just been started may not know every topic yet, and the group may be about to take a topic that was deleted from us. */
const TOPIC_PATIENCE_MS = 90_000;
const OFFSET_OUT_OF_RANGE = 1;
const FETCHING = "fetch";

/**
 * Reads partitions from the brokers that lead them. Each broker has one request in flight, and always for all partitions that it leads: so an idle one among
 * them, for which the broker waits, never holds up another. The next request goes out when no more than half of what may be kept of this broker is
 * unread, so while that is read the next is on its way. Answers are read in the order in which they came, a partition's piece of an answer at a time;
 * partitions that brought something go to the end of the next request, and as the first partition of a request is always served, none starves and none is
 * stuck at a record larger than what was asked for.
 */
export class Fetcher implements AsyncDisposable {
  readonly #options: FetcherOptions;
  readonly #pauses: Pauses;
  readonly #closing = new AbortController();
  /** In the order in which they are asked for. */
  readonly #states = new Map<string, FetchedPartitionState>();
  readonly #queue: RecordQueue;
  readonly #requests = new Map<number, Promise<void>>();
  #locating: Promise<void> | null = null;
  /** How long to wait before leaders are asked for: something has failed. */
  #delayMs = 0;
  #missingSinceMs: number | null = null;
  #waiter: PromiseWithResolvers<void> | null = null;
  #failure: TailraceError | null = null;

  constructor(options: FetcherOptions) {
    this.#options = options;
    this.#pauses = new Pauses(options.clock);
    this.#queue = new RecordQueue({
      maxFreeBytes: options.maxFetchBytes,
      onRoom: () => this.#schedule(),
    });
  }

  /** The brokers of all partitions answer. */
  get isConnected(): boolean {
    return this.#pauses.failures === 0 || this.#states.size === 0;
  }

  /** Reads a partition from an offset. */
  start(begin: PartitionOffset): void {
    this.#states.set(partitionKey(begin), new FetchedPartitionState(begin));
    this.#schedule();
  }

  /** Nothing more of these comes from `poll`. */
  stop(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) {
      const state = this.#states.get(partitionKey(partition));
      if (state === undefined) continue;
      state.isStopped = true;
      this.#states.delete(partitionKey(partition));
    }
    this.#queue.dropStopped();
  }

  /** What is read, in no special order. */
  get partitions(): readonly AssignedPartition[] {
    return [...this.#states.values()];
  }

  /** As RecordConsumer's. */
  poll(): RecordView | null {
    if (this.#failure !== null) return null;
    try {
      return this.#queue.next();
    } catch (error) {
      this.fail(asTailraceError(error));
      return null;
    }
  }

  /** As RecordConsumer's. */
  wait(): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#isClosed || this.#queue.isReady) return Promise.resolve();
    this.#waiter ??= Promise.withResolvers();
    return this.#waiter.promise;
  }

  /** Ends it: `wait` rejects with this. */
  fail(error: TailraceError): void {
    if (this.#isClosed) return;
    this.#failure ??= error;
    this.#waiter?.reject(this.#failure);
    this.#waiter = null;
  }

  /** Requests in flight end when the connections do. */
  close(): void {
    this.#closing.abort();
    this.#wake();
  }

  /** After {@link close} and that of the connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.#locating;
    await Promise.all(this.#requests.values());
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  #wake(): void {
    this.#waiter?.resolve();
    this.#waiter = null;
  }

  /** Sends what can be sent: finds leaders where they are not known, asks each broker that has room. */
  #schedule(): void {
    if (this.#isClosed || this.#failure !== null) return;
    const nodes = new Set<number>();
    for (const { leader, isRequested } of this.#states.values()) {
      if (!isRequested) nodes.add(leader);
    }
    if (nodes.delete(NO_LEADER)) this.#locating ??= this.#locate();
    for (const node of nodes) {
      const limit = this.#options.maxFetchBytes / this.#leaders;
      if (this.#requests.has(node) || this.#queue.unreadOf(node) > limit / 2) continue;
      this.#requests.set(node, this.#fetch(node, Math.min(MAX_ANSWER_BYTES, limit / 2)));
    }
  }

  get #leaders(): number {
    const leaders = new Set([...this.#states.values()].map(({ leader }) => leader));
    leaders.delete(NO_LEADER);
    return Math.max(1, leaders.size);
  }

  /** One request. Never rejects. */
  async #fetch(node: number, limit: number): Promise<void> {
    const states = [...this.#states.values()].filter((state) => state.leader === node);
    const { connections, identities } = this.#options;
    const maxBytes = Math.floor(limit);
    for (const state of states) state.isRequested = true;
    let buffer: Buffer | null = null;
    try {
      const answer = await connections.request(
        { node, lane: FETCHING },
        fetchCall(
          {
            maxWaitMs: MAX_WAIT_MS,
            maxBytes,
            partitionMaxBytes: Math.min(MAX_PARTITION_BYTES, maxBytes),
            partitions: states.map((state) => ({
              topicId: identities.id(state.topic) ?? "",
              partition: state.partition,
              leaderEpoch: state.leaderEpoch,
              offset: state.fetchOffset,
            })),
          },
          (length) => (buffer = this.#queue.allocate(length)),
        ),
      );
      if (answer.errorCode !== 0) throw refusalOf(answer.errorCode, `fetch from broker ${node}`);
      this.#accept(node, answer, { states: new Set(states), buffer });
    } catch (caught) {
      const error = asTailraceError(caught);
      if (mayPass(error)) this.#mistrust(states, error);
      else this.fail(error);
    }
    for (const state of states) state.isRequested = false;
    this.#requests.delete(node);
    this.#schedule();
  }

  #accept(
    node: number,
    answer: FetchAnswer,
    {
      states,
      buffer,
    }: { readonly states: ReadonlySet<FetchedPartitionState>; readonly buffer: Buffer | null },
  ): void {
    const { identities } = this.#options;
    const total = answer.partitions.reduce((sum, { records }) => sum + records.length, 0);
    const bytes: AnswerBytes = { node, bytes: total, buffer, open: 0 };
    const chunks: FetchedChunk[] = [];
    let isClean = true;
    for (const fetched of answer.partitions) {
      const topic = identities.name(fetched.topicId) ?? "";
      const key = partitionKey({ topic, partition: fetched.partition });
      const state = this.#states.get(key);
      // Revoked meanwhile, and perhaps assigned anew: then it is read from elsewhere, perhaps from another broker by now.
      if (state === undefined || !states.has(state)) continue;
      if (fetched.errorCode !== 0) {
        isClean = false;
        this.#refused(state, fetched.errorCode);
        continue;
      }
      state.end = fetched.end;
      const { fetchOffset } = state;
      const next = offsetBehind(fetched.records, fetchOffset);
      if (next === fetchOffset) continue;
      state.fetchOffset = next;
      chunks.push({ state, fetched, fetchOffset, answer: bytes });
      this.#states.delete(key);
      this.#states.set(key, state);
    }
    this.#queue.push(chunks);
    if (chunks.length > 0) this.#wake();
    if (isClean) this.#pauses.reset();
  }

  #refused(state: FetchedPartitionState, errorCode: number): void {
    const error = refusalOf(errorCode, state.name);
    if (errorCode === OFFSET_OUT_OF_RANGE) {
      this.fail(
        new TailraceError(
          "KAFKA_OFFSET_LOST",
          `${state.name}: offset ${state.fetchOffset} is outside of what the topic holds`,
          { cause: error },
        ),
      );
    } else if (isRetriableRefusal(error)) this.#mistrust([state], error);
    else this.fail(error);
  }

  /** What is known of these partitions' leaders may be wrong. */
  #mistrust(states: readonly FetchedPartitionState[], error: TailraceError): void {
    const { connections, logger } = this.#options;
    if (this.#isClosed) return;
    for (const state of states) {
      state.leader = NO_LEADER;
      connections.forgetTopic(state.topic);
    }
    this.#delayMs = this.#pauses.next();
    const level = this.#pauses.isWorthWarning ? "warn" : "debug";
    logger[level]({ error, retryMs: this.#delayMs }, "cannot fetch records");
  }

  /** Finds the leaders of all partitions that have none. Never rejects. */
  async #locate(): Promise<void> {
    const { clock, connections, identities } = this.#options;
    const { signal } = this.#closing;
    while (!this.#isClosed && this.#failure === null) {
      const lost = [...this.#states.values()].filter(({ leader }) => leader === NO_LEADER);
      if (lost.length === 0) break;
      await clock.sleep(this.#delayMs, signal);
      this.#delayMs = 0;
      if (this.#isClosed) break;
      try {
        const topics = await connections.metadata([...new Set(lost.map(({ topic }) => topic))]);
        identities.note(topics.values());
        for (const state of lost) {
          const found = topics.get(state.topic)?.partitions[state.partition];
          state.leader = found?.leader ?? NO_LEADER;
          state.leaderEpoch = found?.leaderEpoch ?? -1;
        }
        const missing = lost.filter(({ topic }) => !topics.has(topic));
        this.#checkMissing(missing);
        const leaderless = lost.filter(({ leader }) => leader === NO_LEADER);
        if (leaderless.length > 0) {
          this.#mistrust(leaderless, refusalOf(LEADER_NOT_AVAILABLE, leaderless[0]!.name));
        }
      } catch (caught) {
        const error = asTailraceError(caught);
        if (mayPass(error)) this.#mistrust(lost, error);
        else this.fail(error);
      }
    }
    this.#locating = null;
    this.#schedule();
  }

  /** Throws KAFKA_TOPIC_MISSING when a topic has been away for longer than a broker's start takes. */
  #checkMissing(missing: readonly FetchedPartitionState[]): void {
    const nowMs = this.#options.clock.now();
    const first = missing[0];
    if (first === undefined) this.#missingSinceMs = null;
    else if (nowMs - (this.#missingSinceMs ??= nowMs) > TOPIC_PATIENCE_MS) {
      throw new TailraceError("KAFKA_TOPIC_MISSING", `topic ${first.topic} is not there any more`);
    }
  }
}

const LEADER_NOT_AVAILABLE = 5;

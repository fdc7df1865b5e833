import type { Clock } from "../../core/clock.ts";
import { asTailraceError, TailraceError } from "../../core/errors.ts";
import type { KafkaCluster, TopicDescription, TopicPartition } from "../../core/kafka.ts";
import type { Logger } from "../../core/logger.ts";
import { RECORD_HEADERS, type RecordView } from "../../core/record.ts";
import type { FollowedTopic, SyncState, SyncStateStore } from "../../core/sync-state.ts";
import { matchTopics } from "./topic-patterns.ts";

/**
 * How often the cluster is asked what has become of the topics, ms; oftener where a pattern may meet topics that nobody has named, and oftener still while one that is
 * named is missing or has partitions without offsets.
 */
const WATCH_INTERVAL_MS = 30_000;
const PATTERN_INTERVAL_MS = 5_000;
const SETTLING_INTERVAL_MS = 2_000;

/** What watching topics takes. */
export interface TopicWatchOptions {
  readonly cluster: KafkaCluster;
  readonly store: SyncStateStore;
  /** With all of `found` in it. */
  readonly state: SyncState;
  /** The topics that are read. */
  readonly found: ReadonlyMap<string, TopicDescription>;
  /** Names and patterns of the configuration. */
  readonly wanted: readonly string[];
  /** Called with topics that have appeared, when they are noted: from now on they are read, too. */
  readonly onAppeared: (names: readonly string[]) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The topics that exist and that the configuration means. Throws KAFKA_*. */
export async function findTopics(
  cluster: KafkaCluster,
  wanted: readonly string[],
): Promise<ReadonlyMap<string, TopicDescription>> {
  const hasPattern = wanted.some((name) => name.includes("*"));
  const names = hasPattern ? matchTopics(wanted, await cluster.listTopics()) : wanted;
  return names.length === 0 ? new Map() : cluster.describeTopics(names);
}

/**
 * Watches that the topics stay what they were: made anew, their records are not those that were read; with another number of partitions, the changes of a row may lie in
 * two of them. The latter only matters to records without a version of their own, so the first of these after the change ends the reading, and ours only have it noted.
 */
export class TopicWatch {
  readonly #options: TopicWatchOptions;
  readonly #partitions: Map<string, number>;
  /** Topics with another number of partitions than is noted. */
  readonly #changed = new Set<string>();
  /** Of these, those in which a record with a version of its own was seen. */
  readonly #versioned = new Set<string>();
  readonly #gone = new Set<string>();
  #topics: Readonly<Record<string, FollowedTopic>>;

  constructor(options: TopicWatchOptions) {
    this.#options = options;
    this.#topics = options.state.topics;
    this.#partitions = new Map([...options.found].map(([name, topic]) => [name, topic.partitions]));
    for (const [name, topic] of options.found) this.#compare(name, topic.partitions);
  }

  /** What is noted of the topics. */
  get topics(): Readonly<Record<string, FollowedTopic>> {
    return this.#topics;
  }

  /** What the versions of a topic's records without one of their own are made with: the generation; and how many partitions it has, as of the last look. */
  versionsOf(topic: string): { readonly generation: number; readonly partitions: number } {
    const generation = this.#topics[topic]?.generation ?? 0;
    return { generation, partitions: this.#partitions.get(topic) ?? 0 };
  }

  /** A record is about to be taken. Throws KAFKA_PARTITIONS_CHANGED. */
  admit(record: RecordView): void {
    const { topic } = record;
    if (this.#changed.size === 0 || !this.#changed.has(topic) || this.#versioned.has(topic)) return;
    if (!carriesVersion(record)) {
      throw new TailraceError(
        "KAFKA_PARTITIONS_CHANGED",
        `topic ${topic} has ${this.#partitions.get(topic)} partitions instead of ${this.#topics[topic]?.partitions}`,
      );
    }
    this.#versioned.add(topic);
  }

  /** Partitions were assigned: one beyond those that are known shows that there are more. */
  noteAssigned(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions)
      if (partition >= (this.#partitions.get(topic) ?? 0)) this.#compare(topic, partition + 1);
  }

  /** Looks again and again until the signal aborts. Rejects with KAFKA_TOPIC_RECREATED, KAFKA_TOPIC_APPEARED and other errors that reading cannot go on with. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    for (;;) {
      await clock.sleep(this.#pauseMs, signal);
      if (signal.aborted) return;
      try {
        await this.look();
      } catch (cause) {
        if (signal.aborted) return;
        const error = asTailraceError(cause);
        if (error.disposition !== "retry" || error.code === "KAFKA_TOPIC_APPEARED") throw error;
        logger.warn({ err: error }, "the topics could not be looked at; trying again");
      }
    }
  }

  /** One look at all topics; see {@link TopicWatch.run}. */
  async look(): Promise<void> {
    const { cluster, store, wanted } = this.#options;
    // another instance may have accepted changes
    this.#adopt(await store.load());
    const found = await findTopics(cluster, wanted);
    for (const [name, topic] of found) {
      if (!this.#partitions.has(name)) continue;
      const { id } = this.#topics[name]!;
      if (topic.id !== id)
        throw new TailraceError(
          "KAFKA_TOPIC_RECREATED",
          `topic ${name} has the id ${topic.id} instead of ${id}`,
        );
      this.#compare(name, topic.partitions);
    }
    this.#noteGone(found);
    await this.#noteBegun();
    await this.#noteAppeared(found);
  }

  get #pauseMs(): number {
    if (!this.#isSettled) return SETTLING_INTERVAL_MS;
    const { wanted } = this.#options;
    return wanted.some((name) => name.includes("*")) ? PATTERN_INTERVAL_MS : WATCH_INTERVAL_MS;
  }

  /** Nothing is to be expected: all that is named is there, and the group has offsets for all of it. */
  get #isSettled(): boolean {
    const partitions = this.#partitions;
    return (
      this.#options.wanted.every((name) => name.includes("*") || partitions.has(name)) &&
      [...partitions].every(([name, count]) => this.#topics[name]?.begun === count)
    );
  }

  #compare(name: string, partitions: number): void {
    this.#partitions.set(name, partitions);
    const noted = this.#topics[name]?.partitions;
    if (noted === partitions || this.#changed.has(name)) return;
    this.#changed.add(name);
    this.#options.logger.warn(
      { topic: name, before: noted, now: partitions },
      "the topic has another number of partitions: changes of a row may lie in two of them; records with versions of their own stand that",
    );
  }

  #noteGone(found: ReadonlyMap<string, TopicDescription>): void {
    for (const name of this.#partitions.keys()) {
      if (found.has(name)) this.#gone.delete(name);
      else if (!this.#gone.has(name)) {
        this.#gone.add(name);
        this.#options.logger.error({ topic: name }, "the topic does not exist any more");
      }
    }
  }

  /** Notes of how many partitions the group has offsets, and the number of partitions where a change of it is harmless. */
  async #noteBegun(): Promise<void> {
    const { store, state, clock } = this.#options;
    const news = new Map<string, Partial<FollowedTopic>>();
    for (const [topic, count] of this.#partitions) {
      const noted = this.#topics[topic];
      if (noted === undefined || this.#gone.has(topic)) continue;
      const partitions = this.#versioned.has(topic) ? count : noted.partitions;
      const begun = noted.begun === count ? count : await this.#countBegun(topic, count);
      if (begun === noted.begun && partitions === noted.partitions) continue;
      news.set(topic, { begun, partitions });
    }
    if (news.size === 0) return;
    const saved = await store.update((now) => {
      if (now === null || now.group !== state.group) return now;
      const topics = { ...now.topics };
      for (const [name, more] of news)
        if (topics[name] !== undefined) topics[name] = { ...topics[name], ...more };
      return { ...now, topics, savedAt: new Date(clock.now()).toISOString() };
    });
    this.#adopt(saved);
  }

  /** Goes on with what is noted of the topics now. */
  #adopt(state: SyncState | null): void {
    if (state !== null) this.#topics = { ...this.#topics, ...state.topics };
    for (const name of this.#changed) {
      if (this.#topics[name]?.partitions !== this.#partitions.get(name)) continue;
      this.#changed.delete(name);
      this.#versioned.delete(name);
    }
  }

  /** All partitions when each has a committed offset, else what is noted. */
  async #countBegun(topic: string, count: number): Promise<number | null> {
    const { cluster, state } = this.#options;
    const all = Array.from({ length: count }, (_, partition) => ({ topic, partition }));
    const committed = await cluster.committedOffsets(state.group, all);
    return committed.length >= count ? count : (this.#topics[topic]?.begun ?? null);
  }

  /**
   * A topic that appears while others are read is read from its beginning. Throws KAFKA_TOPIC_APPEARED when it was read before as another one of that name: opening anew
   * tells what to do.
   */
  async #noteAppeared(found: ReadonlyMap<string, TopicDescription>): Promise<void> {
    const { store, clock, logger, onAppeared } = this.#options;
    const appeared = [...found].filter(([name]) => !this.#partitions.has(name));
    if (appeared.length === 0) return;
    const saved = await store.update((now) => {
      if (now === null) return now;
      const added = appeared.flatMap(([name, { id, partitions }]): [string, FollowedTopic][] =>
        now.topics[name] === undefined
          ? [[name, { id, partitions, begun: 0, generation: now.generation }]]
          : [],
      );
      if (added.length === 0) return now;
      const savedAt = new Date(clock.now()).toISOString();
      return { ...now, topics: { ...now.topics, ...Object.fromEntries(added) }, savedAt };
    });
    this.#adopt(saved);
    const other = appeared.find(([name, { id }]) => this.#topics[name]?.id !== id);
    if (other !== undefined)
      throw new TailraceError("KAFKA_TOPIC_APPEARED", `topic ${other[0]} was made anew`);
    for (const [name, { partitions }] of appeared) this.#compare(name, partitions);
    const names = appeared.map(([name]) => name);
    logger.info({ topics: names }, "topics have appeared and are read, too");
    onAppeared(names);
  }
}

const VERSION = Buffer.from(RECORD_HEADERS.version);

/** Has the record a version that its writer gave it? */
export function carriesVersion({ bytes, headersStart, headersEnd }: RecordView): boolean {
  return bytes.subarray(headersStart, headersEnd).includes(VERSION);
}

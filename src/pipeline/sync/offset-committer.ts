import type { Clock } from "../../core/clock.ts";
import { asTailraceError, TailraceError } from "../../core/errors.ts";
import type { PartitionOffset, RecordConsumer, TopicPartition } from "../../core/kafka.ts";
import type { Logger } from "../../core/logger.ts";
import type { OffsetTracker, TrackedPartition } from "./offset-tracker.ts";
import type { ResumePoint } from "../stages.ts";

/** How often moving offsets are committed, ms. A crash repeats what was closed since. */
const COMMIT_INTERVAL_MS = 1_000;
/** How long a run that ends waits for brokers to take its offsets, ms: a consumer tries for as long as the partitions are its own. */
const LAST_COMMIT_MS = 5_000;

/** What committing offsets takes. */
export interface OffsetCommitterOptions {
  readonly consumer: Pick<RecordConsumer, "commit" | "assignment">;
  readonly tracker: OffsetTracker;
  /** Moves partitions over what the sink has closed. */
  readonly close: () => void;
  /** Makes durable what must be known before an offset moves. */
  readonly saveNotes: () => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Keeps the group's offsets behind the closed records of each partition: as next offsets, every second while they move, and when partitions are given away. */
export class OffsetCommitter implements ResumePoint {
  readonly #options: OffsetCommitterOptions;
  #saving: Promise<void> = Promise.resolve();

  constructor(options: OffsetCommitterOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    while (!signal.aborted) {
      await clock.sleep(COMMIT_INTERVAL_MS, signal);
      try {
        await this.#commitAll();
      } catch (cause) {
        const error = asTailraceError(cause);
        if (error.disposition !== "retry") throw error;
        // in the middle of a rebalance: those that stay ours are committed the next time
        if (error.code === "KAFKA_PARTITIONS_LOST") continue;
        logger.warn({ err: error }, "offsets could not be committed; trying again");
      }
    }
  }

  async save(): Promise<void> {
    const ended = new AbortController();
    const late = this.#options.clock.sleep(LAST_COMMIT_MS, ended.signal).then(() => {
      throw new TailraceError(
        "KAFKA_REQUEST_FAILED",
        `offsets were not committed within ${LAST_COMMIT_MS} ms; records will be read again`,
      );
    });
    try {
      await Promise.race([this.#commitAll(), late]);
    } finally {
      late.catch(() => undefined);
      ended.abort();
    }
  }

  #commitAll(): Promise<void> {
    this.#options.close();
    return this.commit([...this.#options.tracker.partitions()]);
  }

  /** Commits how far these partitions are closed, as far as that is news; one commit at a time. Throws KAFKA_*, STATE_*. */
  commit(partitions: readonly TopicPartition[]): Promise<void> {
    this.#saving = this.#saving.then(
      () => this.#commitNow(partitions),
      () => this.#commitNow(partitions),
    );
    return this.#saving;
  }

  async #commitNow(partitions: readonly TopicPartition[]): Promise<void> {
    const { consumer, tracker, saveNotes } = this.#options;
    for (const { topic, partition, position: offset } of consumer.assignment())
      tracker.pass({ topic, partition, offset });
    // the offsets first: a gap that is noted meanwhile belongs to records behind them
    const moved = partitions.flatMap(
      (one): { partition: TrackedPartition; at: PartitionOffset }[] => {
        const partition = tracker.get(one);
        if (partition === undefined || partition.closed === partition.committed) return [];
        const { topic, closed: offset } = partition;
        return [{ partition, at: { topic, partition: partition.partition, offset } }];
      },
    );
    if (moved.length === 0) return;
    await saveNotes();
    await consumer.commit(moved.map(({ at }) => at));
    for (const { partition, at } of moved) partition.committed = at.offset;
  }

  place(): Readonly<Record<string, unknown>> {
    const offsets = [...this.#options.tracker.partitions()].map(
      ({ topic, partition, closed }) => `${topic}/${partition}:${closed}`,
    );
    return { offsets };
  }
}

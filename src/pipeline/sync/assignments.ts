import type { Clock } from "../../core/clock.ts";
import { asTailraceError, TailraceError } from "../../core/errors.ts";
import type { AssignmentListener, PartitionOffset, TopicPartition } from "../../core/kafka.ts";
import type { Logger } from "../../core/logger.ts";
import type { Sink } from "../../core/sink.ts";
import type { OffsetTracker } from "./offset-tracker.ts";

/** What following the group's assignment takes. */
export interface AssignmentsOptions {
  readonly tracker: OffsetTracker;
  readonly sink: Pick<Sink, "kick" | "abandon" | "stats">;
  /** Where to begin partitions. Throws KAFKA_*. */
  readonly resolve: (
    partitions: readonly TopicPartition[],
    committed: readonly PartitionOffset[],
  ) => Promise<readonly PartitionOffset[]>;
  /** Commits how far partitions are closed. */
  readonly commit: (partitions: readonly TopicPartition[]) => Promise<void>;
  /** The stages cannot go on. */
  readonly onFailure: (error: unknown) => void;
  readonly revokeTimeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * What happens to partitions that come and go. Those that go to another instance are finished first: the record in hand and all actions of theirs closed, their offsets committed. When that
 * takes longer than it may, or they are others' already, nothing of them may be written any more; but actions of theirs stand among others in the lanes' batches. So the
 * sink is abandoned as a whole, requests in flight included, and everything opens anew from the committed offsets. Dropping single actions from batches was the
 * alternative: it needs to know the partition of each, for something that hardly ever happens.
 */
export class Assignments implements AssignmentListener {
  readonly #options: AssignmentsOptions;
  #changes = 0;
  /** Called whenever records were closed. */
  #onClosed: () => void = () => {};
  /** Ends the wait for partitions that are being finished. */
  #giveUp: () => void = () => {};

  constructor(options: AssignmentsOptions) {
    this.#options = options;
  }

  /** Partitions are being taken over or given away. */
  get isChanging(): boolean {
    return this.#changes > 0;
  }

  /** Records were closed: a partition that is given away may be finished. */
  closed(): void {
    this.#onClosed();
  }

  async onAssigned(
    partitions: readonly TopicPartition[],
    committed: readonly PartitionOffset[],
  ): Promise<readonly PartitionOffset[]> {
    const { tracker, resolve, logger } = this.#options;
    return this.#change(async () => {
      const offsets = await resolve(partitions, committed);
      for (const from of offsets) {
        const { topic, partition } = from;
        const known = committed.find((one) => one.topic === topic && one.partition === partition);
        tracker.assign(from, known?.offset ?? null);
      }
      logger.info({ partitions: offsets.map(describeOffset) }, "partitions assigned");
      return offsets;
    });
  }

  async onRevoked(partitions: readonly TopicPartition[]): Promise<void> {
    const { revokeTimeoutMs, commit, logger } = this.#options;
    await this.#change(async () => {
      if (!(await this.#finish(partitions))) {
        await this.#abandon(
          partitions,
          `were not finished within ${revokeTimeoutMs} ms for another instance`,
        );
        return;
      }
      await commit(partitions).catch((cause: unknown) => {
        const err = asTailraceError(cause);
        logger.warn({ err }, "offsets could not be committed; records will be read again");
      });
      this.#forget(partitions);
      logger.info({ partitions: partitions.map(describePartition) }, "partitions given away");
    });
  }

  onLost(partitions: readonly TopicPartition[]): void {
    const { tracker, onFailure, logger } = this.#options;
    const isOpen = partitions.some((one) => (tracker.get(one)?.open ?? 0) > 0);
    if (isOpen) {
      this.#abandon(partitions, "were lost to another instance").catch(onFailure);
      return;
    }
    // those that were never begun have nothing to lose
    const begun = partitions.filter((one) => tracker.get(one) !== undefined);
    this.#forget(partitions);
    if (begun.length > 0)
      logger.warn({ partitions: begun.map(describePartition) }, "partitions lost");
  }

  async #change<T>(step: () => Promise<T>): Promise<T> {
    this.#changes += 1;
    try {
      return await step();
    } finally {
      this.#changes -= 1;
    }
  }

  /** True when all records of the partitions that were begun are closed, false when that takes too long. */
  async #finish(partitions: readonly TopicPartition[]): Promise<boolean> {
    const { tracker, sink, clock, revokeTimeoutMs } = this.#options;
    const isFinished = (): boolean =>
      partitions.every((one) => (tracker.get(one)?.open ?? 0) === 0);
    if (isFinished()) return true;
    const finished = Promise.withResolvers<boolean>();
    const ended = new AbortController();
    this.#onClosed = () => {
      if (isFinished()) finished.resolve(true);
      // what the record in hand brought since the last kick
      else sink.kick();
    };
    this.#giveUp = () => finished.resolve(false);
    sink.kick();
    void clock.sleep(revokeTimeoutMs, ended.signal).then(this.#giveUp);
    try {
      return await finished.promise;
    } finally {
      ended.abort();
      this.#onClosed = () => {};
      this.#giveUp = () => {};
    }
  }

  async #abandon(partitions: readonly TopicPartition[], why: string): Promise<void> {
    const { sink, onFailure } = this.#options;
    const { tracker } = this.#options;
    const names = partitions.flatMap((one) => {
      const open = tracker.get(one)?.open ?? 0;
      return open === 0 ? [] : [`${describePartition(one)} (${open} records)`];
    });
    const { waitingFor } = sink.stats();
    const error = new TailraceError(
      "KAFKA_PARTITIONS_LOST",
      `${names.join(", ")} ${why}${waitingFor === null ? "" : `; Elasticsearch: ${waitingFor}`}`,
    );
    const abandoned = sink.abandon(error);
    this.#giveUp();
    onFailure(error);
    await abandoned;
  }

  #forget(partitions: readonly TopicPartition[]): void {
    for (const one of partitions) this.#options.tracker.forget(one);
  }
}

function describePartition({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

function describeOffset({ topic, partition, offset }: PartitionOffset): string {
  return `${topic}/${partition} from ${offset}`;
}

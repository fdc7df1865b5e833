import type { AssignmentListener, PartitionOffset, TopicPartition } from "../core/kafka.ts";
import { TailraceError } from "../core/errors.ts";
import type { Fetcher } from "./fetcher.ts";
import { partitionKey } from "./topic-partitions.ts";

/** What {@link Assignment} works with. */
export interface AssignmentParts {
  readonly listener: AssignmentListener;
  readonly fetcher: Pick<Fetcher, "start" | "stop">;
  /** What the group has committed; asks until brokers answer. */
  readonly committed: (
    partitions: readonly TopicPartition[],
  ) => Promise<readonly PartitionOffset[]>;
}

/**
 * The partitions that are ours, from the moment in which the group gave them to us to that in which we gave them up or lost them. `revoke` and `assign` are
 * called by the membership's one loop, one after another; `lose` at any moment, also while one of them waits:
 *
 *   assign    owned ── committed offsets ── onAssigned ── fetched            lost in between: onLost behind onAssigned, or nothing if that was not yet called
 *   revoke    not fetched any more ── onRevoked ── not owned                 lost in between: onLost at once, while onRevoked is waited for
 */
export class Assignment {
  readonly #parts: AssignmentParts;
  /** By key; replaced as a whole when they are lost, so that whoever waits sees it. */
  #owned = new Map<string, TopicPartition>();
  /** Given to us, but the listener has not said where to begin. */
  readonly #beginning = new Set<string>();

  constructor(parts: AssignmentParts) {
    this.#parts = parts;
  }

  get owned(): readonly TopicPartition[] {
    return [...this.#owned.values()];
  }

  /** Stands for the time for which the partition has been ours: another object when it has been lost and given to us again. */
  tenure(partition: TopicPartition): object | undefined {
    return this.#owned.get(partitionKey(partition));
  }

  /** What must be given up and what is new, when these shall be ours. */
  compare(target: readonly TopicPartition[]): {
    readonly revoked: readonly TopicPartition[];
    readonly added: readonly TopicPartition[];
  } {
    const keys = new Set(target.map(partitionKey));
    return {
      revoked: this.owned.filter((partition) => !keys.has(partitionKey(partition))),
      added: target.filter((partition) => this.tenure(partition) === undefined),
    };
  }

  /** They are ours from now on. Rejects with what the listener or the brokers refuse. */
  async assign(partitions: readonly TopicPartition[]): Promise<void> {
    const { listener, fetcher, committed } = this.#parts;
    const owned = this.#owned;
    for (const partition of partitions) {
      owned.set(partitionKey(partition), { ...partition });
      this.#beginning.add(partitionKey(partition));
    }
    try {
      const offsets = await committed(partitions);
      if (owned !== this.#owned) return;
      const begin = await listener.onAssigned(partitions, offsets);
      if (owned !== this.#owned) return listener.onLost(partitions);
      for (const partition of partitions) fetcher.start(beginOf(partition, begin));
    } finally {
      for (const partition of partitions) this.#beginning.delete(partitionKey(partition));
    }
  }

  /** Resolves when they are not ours any more and nothing of them is in flight. */
  async revoke(partitions: readonly TopicPartition[]): Promise<void> {
    const owned = this.#owned;
    this.#parts.fetcher.stop(partitions);
    await this.#parts.listener.onRevoked(partitions);
    for (const partition of partitions) owned.delete(partitionKey(partition));
  }

  /** They are others' already, all of them. */
  lose(): void {
    const lost = [...this.#owned].filter(([key]) => !this.#beginning.has(key));
    this.#parts.fetcher.stop(this.owned);
    this.#owned = new Map();
    if (lost.length > 0) this.#parts.listener.onLost(lost.map(([, partition]) => partition));
  }
}

function beginOf(partition: TopicPartition, begin: readonly PartitionOffset[]): PartitionOffset {
  const found = begin.find((each) => partitionKey(each) === partitionKey(partition));
  if (found !== undefined) return found;
  throw new TailraceError(
    "INVARIANT_BROKEN",
    `nobody says where to begin ${partition.topic}/${partition.partition}`,
  );
}

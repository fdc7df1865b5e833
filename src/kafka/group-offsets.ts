import { offsetCommitV8, offsetCommitV9, offsetFetchV8, offsetFetchV9 } from "@platformatic/kafka";
import type { Clock } from "../core/clock.ts";
import { asTailraceError, TailraceError } from "../core/errors.ts";
import type { PartitionOffset, TopicPartition } from "../core/kafka.ts";
import { checkedCall, libraryCall } from "./call.ts";
import type { KafkaConnections } from "./connections.ts";
import { noteCoordinator, type MemberIdentity } from "./group-member.ts";
import { Pauses } from "./pauses.ts";
import { mayPass } from "./retry.ts";
import { groupBy } from "./topic-partitions.ts";
import { refusalName, refusalOf } from "./translate-error.ts";

/** What asking a group for its offsets needs. */
export interface GroupOffsetsOptions {
  readonly connections: KafkaConnections;
  readonly group: string;
  readonly instanceId: string | null;
  readonly clock: Clock;
  /** Ends the repetition of requests. */
  readonly signal: AbortSignal;
}

/** What the commit of a member needs to know of the member. */
export interface Committer {
  /** As who to commit at this moment; null = not a member. */
  readonly identity: () => MemberIdentity | null;
  /** Stands for the time for which the partition has been ours; another one, or undefined, when it has been lost. */
  readonly tenure: (partition: TopicPartition) => object | undefined;
  /** The group refused it. */
  readonly onRefused: (name: string, identity: MemberIdentity) => void;
}

/** The group does not know this member in this generation: either it has just moved on, or it was thrown out. `Committer` knows. */
const PASSES_OR_LOST: ReadonlySet<string> = new Set([
  "REBALANCE_IN_PROGRESS",
  "ILLEGAL_GENERATION",
  "STALE_MEMBER_EPOCH",
  "UNKNOWN_MEMBER_ID",
  "FENCED_MEMBER_EPOCH",
  "FENCED_INSTANCE_ID",
]);

/** A group's committed offsets, read and written by a member. */
export class GroupOffsets {
  readonly #options: GroupOffsetsOptions;

  constructor(options: GroupOffsetsOptions) {
    this.#options = options;
  }

  /** What the group has committed, transactions on their way included; partitions without an offset are absent. Asks until brokers answer; throws what will not pass. */
  async fetch(partitions: readonly TopicPartition[]): Promise<readonly PartitionOffset[]> {
    const { connections, group } = this.#options;
    const topics = [...groupBy(partitions)].map(([name, each]) => ({
      name,
      partitionIndexes: each.map(({ partition }) => partition),
    }));
    const groups = [{ groupId: group, memberId: null, memberEpoch: -1, topics }];
    const answer = await this.#untilAnswered(() =>
      connections.request(
        { group },
        libraryCall(offsetFetchV9.api, groups, true),
        libraryCall(offsetFetchV8.api, groups, true),
      ),
    );
    return (answer.groups[0]?.topics ?? []).flatMap((topic) =>
      topic.partitions.flatMap(({ partitionIndex, committedOffset }) =>
        committedOffset < 0n
          ? []
          : [{ topic: topic.name, partition: partitionIndex, offset: Number(committedOffset) }],
      ),
    );
  }

  /**
   * Commits next offsets. While the group moves to another generation, or brokers are away, it tries again for as long as the partitions are the
   * member's. Throws KAFKA_PARTITIONS_LOST when one is not, and what else will not pass.
   */
  async commit(offsets: readonly PartitionOffset[], committer: Committer): Promise<void> {
    const { group, clock, signal } = this.#options;
    const pauses = new Pauses(clock);
    const tenures = offsets.map((offset) => committer.tenure(offset));
    for (;;) {
      const lost = offsets.find((offset, i) => {
        const tenure = committer.tenure(offset);
        return tenure === undefined || tenure !== tenures[i];
      });
      if (lost !== undefined) throw partitionsLost(group, lost);
      const identity = committer.identity();
      if (identity !== null) {
        const refusal = await this.#tryCommit(offsets, identity);
        if (refusal === null) return;
        const name = refusalName(refusal) ?? "";
        if (PASSES_OR_LOST.has(name)) committer.onRefused(name, identity);
        else if (!mayPass(refusal)) throw refusal;
      }
      if (signal.aborted)
        throw new TailraceError("KAFKA_PARTITIONS_LOST", `group ${group}: closed`);
      await pauses.pause(signal);
    }
  }

  /** Resolves with why it was refused, or null. */
  async #tryCommit(
    offsets: readonly PartitionOffset[],
    { memberId, generation }: MemberIdentity,
  ): Promise<TailraceError | null> {
    const { connections, group, instanceId } = this.#options;
    const topics = [...groupBy(offsets)].map(([name, each]) => ({
      name,
      partitions: each.map(({ partition, offset }) => ({
        partitionIndex: partition,
        committedOffset: BigInt(offset),
        committedLeaderEpoch: -1,
        committedMetadata: "",
      })),
    }));
    try {
      const answer = await connections.request(
        { group },
        checkedCall(offsetCommitV9.api, group, generation, memberId, instanceId, topics),
        checkedCall(offsetCommitV8.api, group, generation, memberId, instanceId, topics),
      );
      for (const topic of answer.topics) {
        for (const { partitionIndex, errorCode } of topic.partitions) {
          const what = `commit group ${group}, topic ${topic.name}, partition ${partitionIndex}`;
          if (errorCode !== 0) throw refusalOf(errorCode, what);
        }
      }
      return null;
    } catch (error) {
      noteCoordinator(this.#options, error);
      return asTailraceError(error);
    }
  }

  async #untilAnswered<T>(request: () => Promise<T>): Promise<T> {
    const { clock, signal } = this.#options;
    const pauses = new Pauses(clock);
    for (;;) {
      try {
        return await request();
      } catch (caught) {
        const error = asTailraceError(caught);
        noteCoordinator(this.#options, error);
        if (!mayPass(error) || signal.aborted) throw error;
        await pauses.pause(signal);
      }
    }
  }
}

function partitionsLost(group: string, { topic, partition }: TopicPartition): TailraceError {
  return new TailraceError(
    "KAFKA_PARTITIONS_LOST",
    `group ${group}: topic ${topic}, partition ${partition} is another member's`,
  );
}

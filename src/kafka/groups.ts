import {
  consumerGroupDescribeV0,
  describeGroupsV5,
  offsetCommitV8,
  offsetFetchV8,
} from "@platformatic/kafka";
import { TailraceError } from "../core/errors.ts";
import type { GroupDescription, PartitionOffset, TopicPartition } from "../core/kafka.ts";
import { checkedCall } from "./call.ts";
import type { KafkaConnections } from "./connections.ts";
import { groupBy } from "./topic-partitions.ts";
import { refusalOf } from "./translate-error.ts";

const COORDINATOR_MOVED: ReadonlySet<number> = new Set([
  15, // COORDINATOR_NOT_AVAILABLE
  16, // NOT_COORDINATOR
]);
/** Answers of brokers that know no such group of the new protocol: it may be one of the old. */
const NO_CONSUMER_GROUP: ReadonlySet<number> = new Set([
  35, // UNSUPPORTED_VERSION: the protocol is switched off
  69, // GROUP_ID_NOT_FOUND
]);
/** A commit without membership is refused so while the group has members. */
const HAS_MEMBERS: ReadonlySet<number> = new Set([
  22, // ILLEGAL_GENERATION
  25, // UNKNOWN_MEMBER_ID
  27, // REBALANCE_IN_PROGRESS
  113, // STALE_MEMBER_EPOCH
]);

/** A group of either protocol; one that does not exist is `Dead`. Throws KAFKA_*. */
export async function describeGroup(
  connections: KafkaConnections,
  group: string,
): Promise<GroupDescription> {
  const target = { group };
  const describe = checkedCall(consumerGroupDescribeV0.api, [group], false);
  if (await connections.supports(describe)) {
    const answer = (await connections.request(target, describe)).groups[0]!;
    if (!NO_CONSUMER_GROUP.has(answer.errorCode)) {
      check(connections, group, answer.errorCode);
      return { state: answer.groupState, members: answer.members.map(memberOf) };
    }
  }
  const call = checkedCall(describeGroupsV5.api, [group], false);
  const answer = (await connections.request(target, call)).groups[0]!;
  check(connections, group, answer.errorCode);
  return { state: answer.groupState, members: answer.members.map(memberOf) };
}

/** Offsets that the group has committed; partitions without one are absent. Throws KAFKA_*. */
export async function committedOffsets(
  connections: KafkaConnections,
  group: string,
  partitions: readonly TopicPartition[],
): Promise<readonly PartitionOffset[]> {
  const topics = [...groupBy(partitions)].map(([name, each]) => ({
    name,
    partitionIndexes: each.map(({ partition }) => partition),
  }));
  if (topics.length === 0) return [];
  const asked = [{ groupId: group, memberEpoch: -1, topics }];
  const { groups } = await connections.request(
    { group },
    checkedCall(offsetFetchV8.api, asked, true),
  );
  check(connections, group, groups[0]!.errorCode);
  return groups[0]!.topics.flatMap((topic) =>
    topic.partitions.flatMap(({ partitionIndex, committedOffset, errorCode }) => {
      check(connections, group, errorCode, `, topic ${topic.name}`);
      if (committedOffset < 0n) return [];
      return [{ topic: topic.name, partition: partitionIndex, offset: Number(committedOffset) }];
    }),
  );
}

/** Commits offsets as nobody in particular, which brokers accept while the group has no members. Throws KAFKA_GROUP_ACTIVE. */
export async function commitOffsets(
  connections: KafkaConnections,
  group: string,
  offsets: readonly PartitionOffset[],
): Promise<void> {
  const topics = [...groupBy(offsets)].map(([name, each]) => ({
    name,
    partitions: each.map(({ partition, offset }) => ({
      partitionIndex: partition,
      committedOffset: BigInt(offset),
      committedLeaderEpoch: -1,
      committedMetadata: "",
    })),
  }));
  if (topics.length === 0) return;
  const call = checkedCall(offsetCommitV8.api, group, -1, "", null, topics);
  const answer = await connections.request({ group }, call);
  for (const { name, partitions } of answer.topics) {
    for (const { errorCode } of partitions) {
      if (HAS_MEMBERS.has(errorCode)) {
        throw new TailraceError("KAFKA_GROUP_ACTIVE", `group ${group} has members`, {
          cause: refusalOf(errorCode, `group ${group}`),
        });
      }
      check(connections, group, errorCode, `, topic ${name}`);
    }
  }
}

function check(connections: KafkaConnections, group: string, code: number, where = ""): void {
  if (code === 0) return;
  if (COORDINATOR_MOVED.has(code)) connections.forgetCoordinator({ group });
  throw refusalOf(code, `group ${group}${where}`);
}

function memberOf(member: {
  readonly memberId: string;
  readonly clientId: string;
  readonly clientHost: string;
}): GroupDescription["members"][number] {
  const { memberId, clientId, clientHost } = member;
  return { memberId, clientId, host: clientHost.replace(/^\//, "") };
}

import type { TopicPartition } from "../core/kafka.ts";
import { partitionKey } from "./topic-partitions.ts";

/** A member as the group's leader knows it. */
export interface Subscriber {
  readonly memberId: string;
  readonly topics: readonly string[];
  /** What it reads at this moment, by its own account. */
  readonly owned: readonly TopicPartition[];
  /** The generation in which it was given these; -1 = none. */
  readonly generation: number;
}

interface Load {
  readonly subscriber: Subscriber;
  readonly topics: ReadonlySet<string>;
  readonly partitions: Map<string, TopicPartition>;
}

/**
 * Divides partitions among the members of a classic group, as the protocol "cooperative-sticky" asks (KIP-429): as evenly as subscriptions allow, members
 * keep what they have as far as that allows, and a partition that must change hands is given to nobody in this round: its owner sees that it has lost it,
 * gives it up and asks for the next round. A claim of a later generation is better than an earlier one; of two in one generation neither counts.
 *
 * From the heaviest member partitions are moved to the lightest as long as that evens them out. (The library's assignor stops earlier when several members
 * are too light: of 12 partitions it leaves a fifth member one.)
 */
export function assignCooperatively(
  members: readonly Subscriber[],
  partitionCounts: ReadonlyMap<string, number>,
): ReadonlyMap<string, readonly TopicPartition[]> {
  const loads = members
    .map((subscriber): Load => ({
      subscriber,
      topics: new Set(subscriber.topics),
      partitions: new Map(),
    }))
    .toSorted((a, b) => (a.subscriber.memberId < b.subscriber.memberId ? -1 : 1));
  const unassigned = listPartitions(loads, partitionCounts);
  const claims = collectClaims(loads);
  for (const [key, partition] of unassigned) {
    const owner = findOwner(claims.get(key) ?? []);
    if (owner === undefined || !owner.topics.has(partition.topic)) continue;
    owner.partitions.set(key, partition);
    unassigned.delete(key);
  }
  for (const [key, partition] of unassigned) {
    const candidates = loads.filter(({ topics }) => topics.has(partition.topic));
    lightest(candidates)?.partitions.set(key, partition);
  }
  while (evenOut(loads, claims));
  for (const load of loads) {
    for (const key of load.partitions.keys()) {
      if (claims.get(key)?.some((claimant) => claimant !== load)) load.partitions.delete(key);
    }
  }
  return new Map(
    loads.map(({ subscriber, partitions }) => [subscriber.memberId, [...partitions.values()]]),
  );
}

function listPartitions(
  loads: readonly Load[],
  partitionCounts: ReadonlyMap<string, number>,
): Map<string, TopicPartition> {
  const topics = new Set(loads.flatMap((load) => [...load.topics]));
  const partitions = [...topics].toSorted().flatMap((topic) =>
    Array.from({ length: partitionCounts.get(topic) ?? 0 }, (_, partition) => ({
      topic,
      partition,
    })),
  );
  return new Map(partitions.map((each) => [partitionKey(each), each]));
}

function collectClaims(loads: readonly Load[]): ReadonlyMap<string, readonly Load[]> {
  const claims = new Map<string, Load[]>();
  for (const load of loads) {
    for (const key of new Set(load.subscriber.owned.map(partitionKey))) {
      const claimants = claims.get(key);
      if (claimants) claimants.push(load);
      else claims.set(key, [load]);
    }
  }
  return claims;
}

function findOwner(claimants: readonly Load[]): Load | undefined {
  const latest = Math.max(...claimants.map(({ subscriber }) => subscriber.generation));
  const owners = claimants.filter(({ subscriber }) => subscriber.generation === latest);
  return owners.length === 1 ? owners[0] : undefined;
}

function lightest(loads: readonly Load[]): Load | undefined {
  return loads.reduce<Load | undefined>(
    (best, load) => (best && best.partitions.size <= load.partitions.size ? best : load),
    undefined,
  );
}

/** Moves one partition; false when no move would make the members more even. */
function evenOut(loads: readonly Load[], claims: ReadonlyMap<string, readonly Load[]>): boolean {
  const byWeight = loads.toSorted((a, b) => b.partitions.size - a.partitions.size);
  for (const heavy of byWeight) {
    for (const light of byWeight.toReversed()) {
      if (heavy.partitions.size - light.partitions.size < 2) break;
      const movable = [...heavy.partitions].filter(([, { topic }]) => light.topics.has(topic));
      // What its new owner had before, or what nobody has yet, moves without a stop.
      const chosen = movable.find(([key]) => !claims.get(key)?.includes(heavy)) ?? movable.at(-1);
      if (!chosen) continue;
      heavy.partitions.delete(chosen[0]);
      light.partitions.set(...chosen);
      return true;
    }
  }
  return false;
}

import fc from "fast-check";
import { expect, test } from "vitest";
import type { TopicPartition } from "../core/kafka.ts";
import { assignCooperatively, type Subscriber } from "./sticky-assignor.ts";
import { partitionKey } from "./topic-partitions.ts";

const TWELVE = new Map([["t", 12]]);

function subscriber(memberId: string, options: Partial<Subscriber> = {}): Subscriber {
  return { memberId, topics: ["t"], owned: [], generation: -1, ...options };
}

function partitions(...numbers: number[]): TopicPartition[] {
  return numbers.map((partition) => ({ topic: "t", partition }));
}

/** Rounds until nobody has to give anything up, as the group would do them. */
function settle(
  members: readonly Subscriber[],
  counts: ReadonlyMap<string, number>,
): { members: Subscriber[]; rounds: number } {
  let current = [...members];
  for (let rounds = 1; ; rounds += 1) {
    const assigned = assignCooperatively(current, counts);
    const next = current.map((member) => ({
      ...member,
      owned: assigned.get(member.memberId) ?? [],
      generation: rounds + 100,
    }));
    const isSettled = current.every((member) => {
      const kept = new Set((assigned.get(member.memberId) ?? []).map(partitionKey));
      return member.owned.every((owned) => kept.has(partitionKey(owned)));
    });
    current = next;
    if (isSettled) return { members: current, rounds };
    if (rounds > 5) throw new Error("does not settle");
  }
}

test("partitions of a new group are divided evenly in one round", () => {
  const { members, rounds } = settle(
    ["a", "b", "c", "d", "e"].map((id) => subscriber(id)),
    TWELVE,
  );
  expect(rounds).toBe(1);
  expect(members.map(({ owned }) => owned.length).toSorted((a, b) => a - b)).toEqual([
    2, 2, 2, 3, 3,
  ]);
});

test("a partition that changes hands is given to nobody until its owner has given it up", () => {
  const a = subscriber("a", { owned: partitions(0, 1, 2, 3), generation: 7 });
  const counts = new Map([["t", 4]]);
  const first = assignCooperatively([a, subscriber("b")], counts);
  expect(first.get("b")).toEqual([]);
  expect(first.get("a")).toEqual(partitions(0, 1));
  const second = assignCooperatively(
    [{ ...a, owned: partitions(0, 1), generation: 8 }, subscriber("b")],
    counts,
  );
  expect(second.get("a")).toEqual(partitions(0, 1));
  expect(second.get("b")).toEqual(partitions(2, 3));
});

test("members keep what they have when one leaves or joins, but for what evenness costs", () => {
  const start = settle(
    ["a", "b", "c"].map((id) => subscriber(id)),
    TWELVE,
  ).members;
  const left = settle(start.slice(0, 2), TWELVE);
  expect(left.rounds).toBe(1);
  for (const [i, member] of left.members.entries()) {
    expect(member.owned).toEqual(expect.arrayContaining([...(start[i]?.owned ?? [])]));
  }
  const joined = settle([...start, subscriber("d")], TWELVE);
  expect(joined.members.map(({ owned }) => owned.length)).toEqual([3, 3, 3, 3]);
  for (const [i, member] of start.entries()) {
    expect(member.owned).toEqual(expect.arrayContaining([...(joined.members[i]?.owned ?? [])]));
  }
});

test("a later generation's claim wins, and the earlier claimant must give up before it counts", () => {
  const late = subscriber("late", { owned: partitions(0), generation: 5 });
  const stale = subscriber("stale", { owned: partitions(0, 1), generation: 4 });
  const assigned = assignCooperatively([late, stale], new Map([["t", 2]]));
  expect(assigned.get("late")).toEqual([]);
  expect(assigned.get("stale")).toEqual(partitions(1));
});

test("a partition that two members claim in one generation is given to neither", () => {
  const members = ["a", "b"].map((id) => subscriber(id, { owned: partitions(0), generation: 3 }));
  const assigned = assignCooperatively(members, new Map([["t", 1]]));
  expect([...assigned.values()]).toEqual([[], []]);
});

test("only who subscribes to a topic that exists gets its partitions", () => {
  const assigned = assignCooperatively(
    [subscriber("a", { topics: ["t", "gone"] }), subscriber("b", { topics: ["u"] })],
    new Map([
      ["t", 2],
      ["u", 1],
      ["v", 9],
    ]),
  );
  expect(assigned.get("a")).toEqual(partitions(0, 1));
  expect(assigned.get("b")).toEqual([{ topic: "u", partition: 0 }]);
});

test("from any state, groups settle: every partition has one owner, and with equal subscriptions nobody has two more than another", () => {
  const memberArbitrary = fc.record({
    owned: fc.uniqueArray(fc.integer({ min: 0, max: 15 }), { maxLength: 12 }),
    generation: fc.integer({ min: -1, max: 3 }),
  });
  fc.assert(
    fc.property(
      fc.array(memberArbitrary, { minLength: 1, maxLength: 7 }),
      fc.integer({ min: 0, max: 14 }),
      (states, count) => {
        const members = states.map(({ owned, generation }, i) =>
          subscriber(`m${i}`, { owned: generation < 0 ? [] : partitions(...owned), generation }),
        );
        const settled = settle(members, new Map([["t", count]])).members;
        const owners = settled.flatMap(({ owned }) => owned.map(partitionKey));
        expect(owners.toSorted()).toEqual(
          Array.from({ length: count }, (_, i) => `t:${i}`).toSorted(),
        );
        const sizes = settled.map(({ owned }) => owned.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      },
    ),
  );
});

import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { CommitEvent } from "../core/change-event.ts";
import { CommitTracker, type Acknowledged } from "./tracker.ts";

function commit(n: number): CommitEvent {
  const position = { file: `binlog.${n >> 4}`, position: 1000 + n, gtid: `uuid:${n}` };
  return { kind: "commit", position, commitTimeUs: 1e15 + n };
}

function closeAll(tracker: CommitTracker, closed: number): Acknowledged[] {
  const acknowledged: Acknowledged[] = [];
  tracker.close(closed, (one) => acknowledged.push(one));
  return acknowledged;
}

test("a transaction is closed when the actions before its end are", () => {
  const tracker = new CommitTracker();
  tracker.add(commit(1), 3);
  tracker.add(commit(2), 5);
  expect(closeAll(tracker, 2)).toEqual([]);
  expect(closeAll(tracker, 4).map(({ position }) => position.gtid)).toEqual(["uuid:1"]);
  expect(tracker.size).toBe(1);
  expect(closeAll(tracker, 5).map(({ position }) => position.gtid)).toEqual(["uuid:2"]);
  expect(tracker.size).toBe(0);
});

test("a transaction without actions is closed with the ones before it", () => {
  const tracker = new CommitTracker();
  tracker.add(commit(1), 2);
  tracker.add(commit(2), 2);
  expect(closeAll(tracker, 1)).toEqual([]);
  expect(closeAll(tracker, 2)).toHaveLength(2);
});

test("a heartbeat's position has no commit time and no GTID", () => {
  const tracker = new CommitTracker();
  tracker.add(commit(1), 0);
  tracker.add({ kind: "heartbeat", position: { file: "binlog.7", position: 42 } }, 0);
  const position = { file: "binlog.7", position: 42, gtid: undefined };
  expect(closeAll(tracker, 0)[1]).toEqual({ position, commitTimeUs: 0 });
});

test("gives back every transaction once, whole and in order, however many are open", () => {
  const steps = fc.array(fc.tuple(fc.nat({ max: 1500 }), fc.nat({ max: 1500 })), { maxLength: 12 });
  fc.assert(
    fc.property(steps, (list) => {
      const tracker = new CommitTracker();
      let [added, closed] = [0, 0];
      for (const [adding, closing] of list) {
        for (let i = 0; i < adding; i++) tracker.add(commit(added), ++added);
        const upTo = Math.min(added, closed + closing);
        const expected = Array.from({ length: upTo - closed }, (_, i) => {
          const { position, commitTimeUs } = commit(closed + i);
          return { position, commitTimeUs };
        });
        const acknowledged = closeAll(tracker, upTo);
        expect(acknowledged).toEqual(expected);
        closed = upTo;
        expect(tracker.size).toBe(added - closed);
      }
    }),
    { numRuns: 30 },
  );
});

import { expect, test } from "vitest";
import { OffsetTracker } from "./offset-tracker.ts";

const mark = (partition: number, nextOffset: number, commitTimeUs = 0) =>
  ({ kind: "offset", topic: "t", partition, nextOffset, commitTimeUs }) as const;

function trackerOf(...partitions: number[]): OffsetTracker {
  const tracker = new OffsetTracker();
  for (const partition of partitions) tracker.assign({ topic: "t", partition, offset: 0 }, null);
  return tracker;
}

const closedOf = (tracker: OffsetTracker): number[] =>
  [...tracker.partitions()].map(({ closed }) => closed);

test("each partition moves over its contiguous closed prefix and no further", () => {
  const tracker = trackerOf(0, 1);
  tracker.add(mark(0, 10), 5);
  tracker.add(mark(1, 7), 8);
  tracker.add(mark(0, 11), 9);
  tracker.close(4, () => {});
  expect(closedOf(tracker)).toEqual([0, 0]);
  tracker.close(8, () => {});
  expect(closedOf(tracker)).toEqual([10, 7]);
  expect(tracker.get({ topic: "t", partition: 0 })?.open).toBe(1);
  tracker.close(9, () => {});
  expect(closedOf(tracker)).toEqual([11, 7]);
  expect(tracker.size).toBe(0);
});

test("a record is open from its beginning", () => {
  const tracker = trackerOf(0);
  tracker.begin({ topic: "t", partition: 0 });
  expect(tracker.get({ topic: "t", partition: 0 })?.open).toBe(1);
  tracker.add(mark(0, 1), 3);
  expect(tracker.get({ topic: "t", partition: 0 })?.open).toBe(1);
  tracker.close(3, () => {});
  expect(tracker.get({ topic: "t", partition: 0 })?.open).toBe(0);
});

test("records without actions share the mark of the one before, and its closing", () => {
  const tracker = trackerOf(0, 1);
  tracker.add(mark(0, 1, 1_000), 2);
  for (let offset = 2; offset <= 5_000; offset += 1) tracker.add(mark(0, offset), 2);
  expect(tracker.size).toBe(1);
  tracker.add(mark(1, 3), 2);
  tracker.add(mark(0, 5_001), 2);
  expect(tracker.size).toBe(3);
  tracker.close(1, () => {});
  expect(closedOf(tracker)).toEqual([0, 0]);
  const times: number[] = [];
  tracker.close(2, (_partition, commitTimeUs) => times.push(commitTimeUs));
  expect(times).toEqual([1_000, 0, 0]);
  expect(closedOf(tracker)).toEqual([5_001, 3]);
  expect([...tracker.partitions()].map(({ open }) => open)).toEqual([0, 0]);
});

test("marks of a partition that was forgotten close without effect on its next life", () => {
  const tracker = trackerOf(0);
  tracker.add(mark(0, 10), 5);
  tracker.forget({ topic: "t", partition: 0 });
  tracker.add(mark(0, 11), 6);
  tracker.assign({ topic: "t", partition: 0, offset: 3 }, 3);
  tracker.close(6, () => {});
  expect(closedOf(tracker)).toEqual([3]);
});

test("tens of thousands of open records keep their order", () => {
  const tracker = trackerOf(0, 1, 2);
  for (let n = 0; n < 30_000; n += 1) tracker.add(mark(n % 3, n), n + 1);
  expect(tracker.size).toBe(30_000);
  tracker.close(15_000, () => {});
  expect(closedOf(tracker)).toEqual([14_997, 14_998, 14_999]);
});

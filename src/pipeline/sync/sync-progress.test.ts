import { expect, test } from "vitest";
import type { AssignedPartition } from "../../core/kafka.ts";
import { OffsetTracker } from "./offset-tracker.ts";
import { SyncProgress } from "./sync-progress.ts";

const NOW_MS = 1_000_000;
const PLACE = { topic: "t", partition: 0 };

function openProgress() {
  const tracker = new OffsetTracker();
  tracker.assign({ ...PLACE, offset: 5 }, 5);
  const clock = { now: () => NOW_MS, random: () => 0, sleep: async () => undefined };
  const progress = new SyncProgress({ tracker, clock, onClosed: () => undefined });
  const status = (position: number, end: number) => {
    const assigned: AssignedPartition = { ...PLACE, position, end };
    return progress.status([assigned], true);
  };
  return { tracker, progress, status };
}

test("marks of transactions behind the last record are nothing to wait for", () => {
  const { tracker, progress, status } = openProgress();
  const commitTimeUs = (NOW_MS - 4_000) * 1_000;
  tracker.begin(PLACE);
  progress.add({ kind: "offset", ...PLACE, nextOffset: 6, commitTimeUs }, 1);
  expect(status(6, 7)).toMatchObject({ recordsPending: 1, partitions: [{ lagRecords: 2 }] });
  progress.close(1);
  // The mark at 6 has not been passed yet, or a record is there.
  expect(status(6, 7)).toMatchObject({ lagSeconds: 4, partitions: [{ lagRecords: 1 }] });
  expect(status(7, 7)).toMatchObject({ lagSeconds: 0, partitions: [{ lagRecords: 0, offset: 6 }] });
});

test("an end that is not known leaves it open how far behind a partition is", () => {
  const { status } = openProgress();
  expect(status(5, -1)).toMatchObject({ lagSeconds: null, partitions: [{ lagRecords: null }] });
});

import { expect, test } from "vitest";
import type { Clock } from "../../core/clock.ts";
import { TailraceError } from "../../core/errors.ts";
import type { AssignedPartition, PartitionOffset } from "../../core/kafka.ts";
import { OffsetCommitter } from "./offset-committer.ts";
import { OffsetTracker } from "./offset-tracker.ts";

const p0 = { topic: "t", partition: 0 };
const p1 = { topic: "t", partition: 1 };

function openCommitter(
  commit: (offsets: readonly PartitionOffset[]) => Promise<void>,
  clock: Partial<Clock> = {},
  assignment: () => readonly AssignedPartition[] = () => [],
) {
  const tracker = new OffsetTracker();
  tracker.assign({ ...p0, offset: 5 }, 5);
  tracker.assign({ ...p1, offset: 7 }, null);
  const warnings: string[] = [];
  const log = (_fields: object, message: string): void => void warnings.push(message);
  const steps: string[] = [];
  const committer = new OffsetCommitter({
    consumer: {
      assignment,
      commit: (offsets) => {
        steps.push(offsets.map(({ partition, offset }) => `${partition}:${offset}`).join());
        return commit(offsets);
      },
    },
    tracker,
    close: () => tracker.close(Infinity, () => {}),
    saveNotes: () => {
      steps.push("notes");
      return Promise.resolve();
    },
    clock: {
      now: () => 0,
      random: () => 0.5,
      sleep: (_ms, signal) =>
        new Promise((resolve) => signal?.addEventListener("abort", () => resolve())),
      ...clock,
    },
    logger: { debug: () => {}, info: () => {}, warn: log, error: log },
  });
  const add = (partition: number, nextOffset: number): void =>
    tracker.add({ kind: "offset", topic: "t", partition, nextOffset, commitTimeUs: 0 }, 1);
  return { tracker, committer, steps, warnings, add };
}

test("what has moved is committed, behind the notes; a start that the group does not have counts as moved", async () => {
  const { committer, steps, add } = openCommitter(() => Promise.resolve());
  await committer.save();
  expect(steps).toEqual(["notes", "1:7"]);
  await committer.save();
  add(0, 6);
  add(1, 9);
  await committer.save();
  expect(steps).toEqual(["notes", "1:7", "notes", "0:6,1:9"]);
});

test("marks of transactions behind the last record are committed with it, once it is closed", async () => {
  const assigned = { ...p0, position: 8, end: 8 };
  const { committer, tracker, steps } = openCommitter(
    () => Promise.resolve(),
    {},
    () => [assigned],
  );
  tracker.begin(p0);
  await committer.save();
  expect(steps).toEqual(["notes", "1:7"]);
  tracker.add({ kind: "offset", ...p0, nextOffset: 6, commitTimeUs: 0 }, 1);
  await committer.save();
  expect(steps.slice(2)).toEqual(["notes", "0:8"]);
});

test("what was not committed is tried again", async () => {
  let isAway = true;
  const { committer, tracker, steps, add } = openCommitter(() =>
    isAway ? Promise.reject(new TailraceError("KAFKA_UNREACHABLE", "away")) : Promise.resolve(),
  );
  add(0, 6);
  await expect(committer.save()).rejects.toMatchObject({ code: "KAFKA_UNREACHABLE" });
  expect(tracker.get(p0)?.committed).toBe(5);
  isAway = false;
  await committer.save();
  expect(steps.at(-1)).toBe("0:6,1:7");
  expect(tracker.get(p0)?.committed).toBe(6);
});

test("a run that ends does not wait for brokers that are away", async () => {
  let expire = (): void => {};
  const sleep: Clock["sleep"] = () => new Promise((resolve) => (expire = resolve));
  const { committer, add } = openCommitter(() => new Promise(() => {}), { sleep });
  add(0, 6);
  const saved = committer.save();
  expire();
  await expect(saved).rejects.toMatchObject({ code: "KAFKA_REQUEST_FAILED" });
});

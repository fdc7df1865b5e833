import { expect, test } from "vitest";
import type { PartitionOffset, TopicPartition } from "../../core/kafka.ts";
import type { SinkStats } from "../../core/sink.ts";
import { Assignments } from "./assignments.ts";
import { OffsetTracker } from "./offset-tracker.ts";

const p0 = { topic: "t", partition: 0 };
const p1 = { topic: "t", partition: 1 };
const mark = (partition: number, nextOffset: number) =>
  ({ kind: "offset", topic: "t", partition, nextOffset, commitTimeUs: 0 }) as const;

async function openAssignments() {
  const tracker = new OffsetTracker();
  const abandoned: string[] = [];
  const failures: { readonly code?: string }[] = [];
  const commits: number[][] = [];
  const warnings: string[] = [];
  /** Ends the revocation's time. */
  let expire = (): void => {};
  const assignments = new Assignments({
    tracker,
    sink: {
      kick: () => {},
      stats: () => ({ waitingFor: "429, try 3" }) as SinkStats,
      abandon: (reason) => {
        abandoned.push(reason.message);
        return Promise.resolve();
      },
    },
    resolve: (partitions: readonly TopicPartition[]): Promise<readonly PartitionOffset[]> =>
      Promise.resolve(partitions.map((one) => ({ ...one, offset: 5 }))),
    commit: (partitions) => {
      commits.push(partitions.map((one) => tracker.get(one)!.closed));
      return Promise.resolve();
    },
    onFailure: (error) => failures.push(error as { readonly code?: string }),
    revokeTimeoutMs: 1_000,
    clock: {
      now: () => 0,
      random: () => 0.5,
      sleep: () => new Promise((resolve) => (expire = resolve)),
    },
    logger: {
      debug: () => {},
      info: () => {},
      warn: (_, text) => warnings.push(text),
      error: () => {},
    },
  });
  await assignments.onAssigned([p0, p1], [{ ...p0, offset: 5 }]);
  const close = (closed: number): void => {
    tracker.close(closed, () => {});
    assignments.closed();
  };
  return {
    tracker,
    assignments,
    abandoned,
    failures,
    commits,
    warnings,
    close,
    expire: () => expire(),
  };
}

/** Lets everything run that is ready to. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("partitions are begun where they were resolved, and count as committed only when the group has an offset", async () => {
  const { tracker } = await openAssignments();
  expect(tracker.get(p0)).toMatchObject({ closed: 5, committed: 5 });
  expect(tracker.get(p1)).toMatchObject({ closed: 5, committed: null });
});

test("partitions that go away are finished, committed and forgotten", async () => {
  const { tracker, assignments, commits, close } = await openAssignments();
  tracker.add(mark(0, 6), 1);
  tracker.add(mark(1, 6), 2);
  let isDone = false;
  const revoked = assignments.onRevoked([p0]).then(() => (isDone = true));
  expect(assignments.isChanging).toBe(true);
  await turn();
  expect(isDone).toBe(false);
  close(1);
  await revoked;
  expect(commits).toEqual([[6]]);
  expect(tracker.get(p0)).toBeUndefined();
  expect(tracker.get(p1)?.open).toBe(1);
  expect(assignments.isChanging).toBe(false);
});

test("the record in hand is waited for", async () => {
  const { tracker, assignments, commits, close } = await openAssignments();
  tracker.begin(p0);
  let isDone = false;
  const revoked = assignments.onRevoked([p0]).then(() => (isDone = true));
  close(7);
  await turn();
  expect(isDone).toBe(false);
  tracker.add(mark(0, 6), 8);
  close(8);
  await revoked;
  expect(commits).toEqual([[6]]);
});

test("partitions that are not finished in time are abandoned with the whole sink, and nothing is committed", async () => {
  const { tracker, assignments, abandoned, failures, commits, expire } = await openAssignments();
  tracker.add(mark(0, 6), 1);
  const revoked = assignments.onRevoked([p0]);
  await turn();
  expire();
  await revoked;
  expect(abandoned).toEqual([
    "t/0 (1 records) were not finished within 1000 ms for another instance; Elasticsearch: 429, try 3",
  ]);
  expect(failures).toMatchObject([{ code: "KAFKA_PARTITIONS_LOST" }]);
  expect(commits).toEqual([]);
});

test("partitions lost with actions open abandon the sink at once, others are only forgotten", async () => {
  const idle = await openAssignments();
  idle.assignments.onLost([p0, p1]);
  expect(idle.failures).toEqual([]);
  expect([...idle.tracker.partitions()]).toEqual([]);
  expect(idle.warnings).toEqual(["partitions lost"]);
  // what could not be begun is not lost
  idle.assignments.onLost([p0, p1]);
  expect(idle.warnings).toHaveLength(1);
  const busy = await openAssignments();
  busy.tracker.begin(p1);
  busy.assignments.onLost([p0, p1]);
  expect(busy.abandoned).toHaveLength(1);
  expect(busy.failures).toMatchObject([{ code: "KAFKA_PARTITIONS_LOST" }]);
});

test("partitions that are lost while they are being finished are not waited for any longer", async () => {
  const { tracker, assignments, abandoned, failures, commits } = await openAssignments();
  tracker.add(mark(0, 6), 1);
  const revoked = assignments.onRevoked([p0]);
  await turn();
  assignments.onLost([p0, p1]);
  await revoked;
  expect(abandoned[0]).toContain("were lost to another instance");
  expect(failures[0]).toMatchObject({ code: "KAFKA_PARTITIONS_LOST" });
  expect(commits).toEqual([]);
});

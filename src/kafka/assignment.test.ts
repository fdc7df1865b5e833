import { expect, test } from "vitest";
import type { PartitionOffset, TopicPartition } from "../core/kafka.ts";
import { Assignment } from "./assignment.ts";

const P0 = { topic: "t", partition: 0 };
const P1 = { topic: "t", partition: 1 };

/** An assignment whose steps wait until the test lets them go on; `log` has what was called. */
function createSteps() {
  const log: string[] = [];
  const gates = new Map<string, PromiseWithResolvers<void>>();
  const pass = async (step: string): Promise<void> => {
    log.push(step);
    const gate = Promise.withResolvers<void>();
    gates.set(step, gate);
    await gate.promise;
  };
  const numbers = (partitions: readonly TopicPartition[]): string =>
    partitions.map(({ partition }) => partition).join();
  const assignment = new Assignment({
    listener: {
      onAssigned: async (partitions, committed) => {
        await pass("assigned");
        return partitions.map(
          (each) =>
            committed.find(({ partition }) => partition === each.partition) ?? {
              ...each,
              offset: 0,
            },
        );
      },
      onRevoked: () => pass("revoked"),
      onLost: (partitions) => void log.push(`lost ${numbers(partitions)}`),
    },
    fetcher: {
      start: ({ partition, offset }) => void log.push(`fetch ${partition} from ${offset}`),
      stop: (partitions) => void log.push(`stop ${numbers(partitions)}`),
    },
    committed: async (): Promise<readonly PartitionOffset[]> => {
      await pass("committed");
      return [{ ...P0, offset: 7 }];
    },
  });
  /** Lets a step that waits go on, and what follows from it happen. */
  const go = async (step: string): Promise<void> => {
    gates.get(step)?.resolve();
    await new Promise(setImmediate);
  };
  const assigned = async (...partitions: TopicPartition[]): Promise<void> => {
    const done = assignment.assign(partitions);
    await go("committed");
    await go("assigned");
    await done;
    log.length = 0;
  };
  return { assignment, log, go, assigned };
}

test("partitions are read from where the listener says, when it has been told what is committed", async () => {
  const { assignment, log, go } = createSteps();
  const done = assignment.assign([P0, P1]);
  expect(assignment.owned).toEqual([P0, P1]);
  await go("committed");
  expect(log).toEqual(["committed", "assigned"]);
  await go("assigned");
  await done;
  expect(log.slice(2)).toEqual(["fetch 0 from 7", "fetch 1 from 0"]);
});

test("what goes is read no more, and ours until the listener is through with it", async () => {
  const { assignment, log, go, assigned } = createSteps();
  await assigned(P0, P1);
  expect(assignment.compare([P1])).toEqual({ revoked: [P0], added: [] });
  const done = assignment.revoke([P0]);
  expect(log).toEqual(["stop 0", "revoked"]);
  expect(assignment.tenure(P0)).toBeDefined();
  await go("revoked");
  await done;
  expect(assignment.owned).toEqual([P1]);
});

test("partitions that are lost while their offsets are asked for are not begun, and nobody hears of them", async () => {
  const { assignment, log, go } = createSteps();
  const done = assignment.assign([P0]);
  assignment.lose();
  await go("committed");
  await done;
  expect(log).toEqual(["committed", "stop 0"]);
  expect(assignment.owned).toEqual([]);
});

test("partitions that are lost while the listener chooses where to begin are lost when it has", async () => {
  const { assignment, log, go } = createSteps();
  const done = assignment.assign([P0]);
  await go("committed");
  assignment.lose();
  expect(log).not.toContain("lost 0");
  await go("assigned");
  await done;
  expect(log.slice(1)).toEqual(["assigned", "stop 0", "lost 0"]);
});

test("partitions that are lost while they are being revoked are lost at once", async () => {
  const { assignment, log, go, assigned } = createSteps();
  await assigned(P0, P1);
  const done = assignment.revoke([P0]);
  assignment.lose();
  expect(log).toEqual(["stop 0", "revoked", "stop 0,1", "lost 0,1"]);
  await go("revoked");
  await done;
  expect(assignment.owned).toEqual([]);
});

test("a partition that was lost and is ours again has another tenure", async () => {
  const { assignment, assigned } = createSteps();
  await assigned(P0);
  const tenure = assignment.tenure(P0);
  expect(assignment.tenure(P0)).toBe(tenure);
  assignment.lose();
  expect(assignment.tenure(P0)).toBeUndefined();
  await assigned(P0);
  expect(assignment.tenure(P0)).not.toBe(tenure);
});

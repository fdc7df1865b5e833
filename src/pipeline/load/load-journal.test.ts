import { expect, test } from "vitest";
import { systemClock } from "../../core/clock.ts";
import { newLoad } from "../../snapshot/new-load.ts";
import { JobJournal, type LoadJob, parseLoadJob } from "./load-journal.ts";

test("what changes while a save waits for its turn is saved at once, and the last state always", async () => {
  const saved: LoadJob[] = [];
  let nowMs = 0;
  const clock = {
    ...systemClock,
    now: () => nowMs,
    sleep: (ms: number) => {
      nowMs += ms;
      return Promise.resolve();
    },
  };
  const store = {
    load: () => Promise.resolve(null),
    save: (job: LoadJob) => {
      saved.push(job);
      return Promise.resolve();
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const journal = new JobJournal(store, { pipeline: "shop", job: "all", loads: [] }, clock);
  const loads = ["a", "b"].map((table) => newLoad({ database: "shop", table, rules: [table] }));
  await Promise.all(loads.map((load) => journal.put(load)));
  expect(saved.map((job) => job.loads.length)).toEqual([2]);
  await journal.put({ ...loads[0]!, rows: 7 });
  expect(nowMs).toBe(250);
  expect(saved.at(-1)!.loads.map(({ rows }) => rows)).toEqual([7, 0]);
  expect(journal.loads).toEqual(saved.at(-1)!.loads);
});

test.each([
  ["nothing", null, "STATE_UNREADABLE"],
  ["of another format", { format: 2, job: "", loads: [] }, "STATE_UNREADABLE"],
  ["another pipeline's", { format: 1, pipeline: "x", job: "", loads: [] }, "STATE_FOREIGN"],
])("loads that are %s are refused", (_, value, code) => {
  expect(() => parseLoadJob(value, { place: "here", pipeline: "shop" })).toThrow(
    expect.objectContaining({ code }),
  );
});

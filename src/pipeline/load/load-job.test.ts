import { expect, test } from "vitest";
import type { RuleConfig } from "../../config/config.ts";
import { systemClock } from "../../core/clock.ts";
import { newLoad } from "../../snapshot/new-load.ts";
import { openJob } from "./load-job.ts";
import type { LoadJob } from "./load-journal.ts";

const RULE: RuleConfig = {
  name: "orders",
  table: "shop.orders",
  index: "orders",
  upsert: false,
  decimals: "auto",
  onDelete: "delete",
  createIndex: true,
  dynamic: "strict",
  onTruncate: "keep",
  cascade: "ignore",
};

test("the same load goes on where it was; with another condition or other rules it begins anew", async () => {
  let kept: LoadJob | null = null;
  const store = {
    load: () => Promise.resolve(kept),
    save: (job: LoadJob) => {
      kept = job;
      return Promise.resolve();
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const told: string[] = [];
  const open = (rule: RuleConfig, where?: string) =>
    openJob(store, {
      pipeline: "shop",
      request: { where },
      loads: [newLoad({ database: "shop", table: "orders", rules: ["orders"], where })],
      rules: [rule],
      isAnew: false,
      nowMs: 1,
      clock: { ...systemClock, sleep: () => Promise.resolve() },
      logger: { warn: (_, message) => void told.push(message) },
    });
  const { journal } = await open(RULE);
  await journal.put({ ...journal.loads[0]!, state: "running", rows: 7 });
  expect(await open(RULE)).toMatchObject({ isResumed: true, journal: { loads: [{ rows: 7 }] } });
  expect(told).toEqual([]);
  const renamed = { ...RULE, fields: { rename: { note: "text" } } };
  expect(await open(renamed)).toMatchObject({
    isResumed: false,
    journal: { loads: [{ rows: 0 }] },
  });
  expect(told).toHaveLength(1);
  expect(await open(renamed, "id < 10")).toMatchObject({ isResumed: false });
  expect(await open(renamed, "id < 10")).toMatchObject({ isResumed: true });
});

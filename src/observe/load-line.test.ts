import { expect, test } from "vitest";
import { describeLoads, type ReportedLoad } from "./load-line.ts";

const LOAD: ReportedLoad = {
  database: "shop",
  table: "orders",
  rules: ["orders"],
  state: "running",
  rows: 42_000,
  estimatedRows: 100_000,
  rowsPerSecond: 12_300,
  secondsLeft: 180,
  waitsFor: null,
};

test("a load that runs is told with what is done, its rate and what is left", () => {
  expect(describeLoads([LOAD])).toBe("shop.orders 42 %, 12,300 rows/s, 3 min left");
});

test("without an estimate rows are told, and what a load that stands waits for", () => {
  const stands = { ...LOAD, estimatedRows: null, rowsPerSecond: 0, secondsLeft: null };
  expect(describeLoads([{ ...stands, waitsFor: "replica lag" }])).toBe(
    "shop.orders 42,000 rows, 0 rows/s, waits for replica lag",
  );
});

test("an estimate that was too low never says that all is done", () => {
  expect(describeLoads([{ ...LOAD, rows: 200_000, secondsLeft: null }])).toBe(
    "shop.orders 99 %, 12,300 rows/s",
  );
});

test("many loads are counted, those that have ended are not told", () => {
  const others = ["running", "running", "running", "waiting", "done"] as const;
  const text = describeLoads([LOAD, ...others.map((state) => ({ ...LOAD, state }))]);
  expect(text?.split("; ").slice(3)).toEqual(["1 more", "1 waits"]);
  expect(describeLoads([{ ...LOAD, state: "done" }])).toBeNull();
});

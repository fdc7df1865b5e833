import { expect, test } from "vitest";
import { testServerUrl } from "../support/servers.ts";
import { type Comparison, compareExpressions } from "./compare.ts";
import { reportText } from "./report.ts";

/** Expressions of the fixed seed and of one that is new each time. */
const FIXED = { seed: 20_261_123, count: 90_000 };
const FRESH_COUNT = 10_000;
/** A generator whose expressions are mostly refused would prove nothing. */
const MOST_REFUSED = 0.3;

async function expectAgreement(seed: number, count: number): Promise<void> {
  const comparison = await compareExpressions({ server: testServerUrl("mysql"), seed, count });
  const report = `${reportText(comparison)}\nnpm run compare-expressions -- --seed ${seed} --count ${count}`;
  console.log(report);
  expect(comparison.differences, report).toEqual([]);
  expect(comparison.compared).toBeGreaterThanOrEqual(count);
  expect(refusedShare(comparison), report).toBeLessThan(MOST_REFUSED);
}

function refusedShare({ refusals, compiled }: Comparison): number {
  const refused = [...refusals.values()].reduce((sum, each) => sum + each, 0);
  return refused / (refused + compiled);
}

test("made-up expressions mean what MySQL says", { timeout: 400_000 }, async () => {
  await expectAgreement(FIXED.seed, FIXED.count);
});

test("so do those of a seed that is new each time", { timeout: 100_000 }, async () => {
  await expectAgreement(Math.floor(Math.random() * 1_000_000), FRESH_COUNT);
});

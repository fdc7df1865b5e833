import { expect, test } from "vitest";
import { testServerUrl } from "../support/servers.ts";
import { type Comparison, compareExpressions } from "./compare.ts";
import { reportText } from "./report.ts";

/** The same expressions in every run: `npm run compare-expressions` looks for differences in others. */
const RUN = { seed: 20_261_123, count: 100_000 };
/** A generator whose expressions are mostly refused would prove nothing. */
const MOST_REFUSED = 0.3;

function refusedShare({ refusals, compiled }: Comparison): number {
  const refused = [...refusals.values()].reduce((sum, each) => sum + each, 0);
  return refused / (refused + compiled);
}

test("made-up expressions mean what MySQL says", { timeout: 400_000 }, async () => {
  const comparison = await compareExpressions({ server: testServerUrl("mysql"), ...RUN });
  const report = reportText(comparison);
  console.log(report);
  expect(comparison.differences, report).toEqual([]);
  expect(comparison.compared).toBeGreaterThanOrEqual(RUN.count);
  expect(refusedShare(comparison), report).toBeLessThan(MOST_REFUSED);
});

/**
 * Compares expressions that are made up with a real MySQL: `npm run compare-expressions -- --count 100000 --seed 7 --groups text,json --depth 3`. The server is that of
 * TAILRACE_TEST_MYSQL_URL, else the development server of `npm run services`.
 */
import { parseArgs } from "node:util";
import type { Group } from "../test/expressions/catalogue.ts";
import { compareExpressions } from "../test/expressions/compare.ts";
import { reportText } from "../test/expressions/report.ts";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "10000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    depth: { type: "string", default: "4" },
    groups: { type: "string" },
    each: { type: "string", default: "3" },
  },
});

const started = performance.now();
const comparison = await compareExpressions({
  server: "mysql",
  seed: Number(values.seed),
  count: Number(values.count),
  depth: Number(values.depth),
  groups: values.groups?.split(",") as readonly Group[] | undefined,
  perTemplate: Number(values.each),
});
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(`${reportText(comparison)}\nseed ${values.seed}, ${seconds} s`);
process.exitCode = comparison.differences.length === 0 ? 0 : 1;

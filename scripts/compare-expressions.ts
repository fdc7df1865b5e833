/**
 * The command `npm run compare-expressions`: makes up expressions and rows and compares our values with those of a real MySQL.
 *
 *     npm run compare-expressions -- --count 100000 --seed 7 --depth 3 --groups text,json --each 5
 *
 * `--each` is the number of differences shown for one function. The server is that of `npm run services`, or of TAILRACE_MYSQL_URL. Exit code 1 = there are differences.
 */
import { parseArgs } from "node:util";
import type { Group } from "../test/expressions/catalogue.ts";
import { compareExpressions } from "../test/expressions/compare.ts";
import { reportText } from "../test/expressions/report.ts";
import { startService } from "./services/start-service.ts";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "10000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    depth: { type: "string", default: "4" },
    groups: { type: "string" },
    each: { type: "string", default: "3" },
  },
});

const server = await startService("mysql", { report: (line) => console.error(line) });
const started = performance.now();
const comparison = await compareExpressions({
  server: new URL(server.url),
  seed: Number(values.seed),
  count: Number(values.count),
  depth: Number(values.depth),
  groups: values.groups?.split(",") as readonly Group[] | undefined,
  perTemplate: Number(values.each),
});
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(`${reportText(comparison)}\nseed ${values.seed}, ${seconds} s`);
process.exitCode = comparison.differences.length === 0 ? 0 : 1;

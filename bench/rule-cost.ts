import type { RowDataPacket } from "mysql2/promise";
import type { Benchmark, BenchContext, BenchmarkResult } from "./benchmark.ts";
import { ordersRange } from "./support/log-range.ts";
import {
  describeRun,
  figuresOf,
  type NullRun,
  replayOnce,
  verifyReplay,
} from "./support/replay.ts";
import { medianRun } from "./support/statistics.ts";

/** What rules do, from nothing upwards; `TABLE` stands for the table. */
const RULES = [
  { name: "rule-columns", query: "select * from TABLE", where: "true" },
  {
    name: "rule-expressions",
    query:
      "select id, user_id, price * qty as total, upper(sku) as sku, case status when 'paid' then 1 else 0 end as is_paid, note, created_at, updated_at from TABLE",
    where: "true",
  },
  {
    name: "rule-filter",
    query: "select * from TABLE where user_id % 2 = 0",
    where: "user_id % 2 = 0",
  },
] as const;

/** What a rule costs beside one that does nothing; in turn, so that all have the same machine. */
export const ruleCost: Benchmark = {
  name: "rule-cost",
  summary: "the same with no rule, with expressions and with a filter that drops half, in turn",
  run: measureRules,
};

async function measureRules(context: BenchContext): Promise<readonly BenchmarkResult[]> {
  const mysql = await context.mysql();
  const range = await ordersRange(mysql, context.rows, context.report);
  const rules = RULES.map((rule) => ({
    ...rule,
    config: { mysqlUrl: mysql.url, index: "bench-orders", query: rule.query },
    runs: [] as NullRun[],
  }));
  for (const { config, where } of rules) {
    const sql = `SELECT COUNT(*) AS count FROM ${range.table} WHERE ${where}`;
    const [rows] = await mysql.connection.query<RowDataPacket[]>(sql);
    await verifyReplay(config, range, context.report, Number(rows[0]?.["count"]));
  }
  for (let i = 0; i < context.runs; i++)
    for (const { name, config, runs } of rules) {
      const run = await replayOnce(config, range);
      runs.push(run);
      context.report(`${name} ${i + 1}/${context.runs}: ${describeRun(run)}`);
    }
  const [plain] = rules;
  const rate = (runs: readonly NullRun[]): number =>
    medianRun(runs, (run) => run.rowsPerS).rowsPerS;
  for (const { name, runs } of rules.slice(1)) {
    const change = Math.round(100 * (rate(runs) / rate(plain!.runs) - 1));
    context.report(`${name}: ${change > 0 ? "+" : ""}${change} % rows/s beside ${plain!.name}`);
  }
  return rules.map(({ name, query, runs }) => ({
    name,
    figures: figuresOf(medianRun(runs, (run) => run.rowsPerS)),
    raw: { query, runs },
  }));
}

import type { Benchmark, BenchContext, BenchmarkResult } from "./benchmark.ts";
import { loadedTable, type LoadRun, runLoad } from "./support/load-run.ts";
import {
  describeRun,
  figuresOf,
  intoNull,
  type NullRun,
  verifyIntoNull,
} from "./support/replay.ts";
import { medianRun } from "./support/statistics.ts";

const INDEX = "bench-orders";

/** A table of MySQL by SELECT into a server that takes everything at no cost: what a load can do. */
export const loadNull: Benchmark = {
  name: "load-null",
  summary: "load four times the orders into a null Elasticsearch, four connections",
  run: measureLoads,
};

/** Once with every document checked, then `runs` times measured. */
async function measureLoads(context: BenchContext): Promise<readonly BenchmarkResult[]> {
  const mysql = await context.mysql();
  const table = await loadedTable(context);
  const { rows } = table;
  const runInto = (elasticsearchUrl: string): Promise<LoadRun> =>
    runLoad(mysql, { elasticsearchUrl, index: INDEX }, table);
  await verifyIntoNull(runInto, { rows, expected: rows, report: context.report });
  const runs: NullRun<LoadRun>[] = [];
  for (let i = 0; i < context.runs; i++) {
    const run = await intoNull(runInto);
    runs.push(run);
    context.report(
      `load-null ${i + 1}/${context.runs}: ${describeRun(run)}, MySQL ${run.mysqlCpuUsPerRow?.toFixed(2) ?? "?"} µs`,
    );
  }
  const figures = figuresOf(medianRun(runs, (run) => run.rowsPerS));
  return [{ name: "load-null", figures, raw: { runs } }];
}

import type { Benchmark, BenchmarkResult } from "./benchmark.ts";
import { startChild } from "./support/child.ts";
import type { EncodeMessage, EncodeOptions } from "./support/encode-child.ts";
import { ordersRange } from "./support/log-range.ts";
import { medianRun, round } from "./support/statistics.ts";

const ENDS = ["read", "documents", "batches", "records"] as const;

/**
 * The row path alone, on binlog bytes that lie in memory: no sockets, one process, several passes. The quick loop for tuning; each line
 * contains the one before it, but the last, which is the first and Canal's records for Kafka.
 */
export const encode: Benchmark = {
  name: "encode",
  summary: "the row path in memory: read events, encode documents, fill batches, encode records",
  run: async (context) => {
    const mysql = await context.mysql();
    const range = await ordersRange(mysql, context.rows, context.report);
    const { rows } = range;
    const results: BenchmarkResult[] = [];
    for (const end of ENDS) {
      const passes = 2 * context.runs + 1;
      const options: EncodeOptions = { mysqlUrl: mysql.url, range, end, passes };
      await using child = startChild<EncodeMessage>("./encode-child.ts", options);
      const done = await child.next("done");
      if (done.rows !== null && done.rows !== rows)
        throw new Error(`${rows} rows expected, ${done.rows} found`);
      const median = medianRun(done.passes, ({ seconds }) => -seconds);
      const figures = {
        rows,
        rows_per_s: Math.round(rows / median.seconds),
        cpu_us_per_row: round(median.cpuUs / rows, 3),
      };
      results.push({ name: `encode-${end}`, figures, raw: done });
    }
    return results;
  },
};

import type { BenchmarkResult } from "../benchmark.ts";
import type { MysqlServer } from "./mysql.ts";
import { percentile, round } from "./statistics.ts";
import type { TailraceRun } from "./tailrace-run.ts";

/** Transactions a second. */
export const RATE_PER_S = 200;
/**
 * Transactions before the measurement, half a minute of them: connections open, and code is compiled, that of the servers too. Until then the compilers of Elasticsearch
 * and Kafka take both cores of a small machine, and what is measured is them.
 */
export const WARM_UP = 6_000;

/** How many transactions are committed in all. */
export function trafficCount(quick: boolean): number {
  return WARM_UP + RATE_PER_S * (quick ? 5 : 30);
}

/** The figures of latencies in the order of the log, ms. */
export async function latencyResult(
  name: string,
  mysql: MysqlServer,
  measured: {
    readonly run: TailraceRun;
    readonly latenciesMs: readonly number[];
    readonly ratePerS: number;
  },
): Promise<BenchmarkResult> {
  const { run, latenciesMs, ratePerS } = measured;
  const sorted = latenciesMs.slice(WARM_UP).toSorted((a, b) => a - b);
  const at = (share: number): number => round(percentile(sorted, share), 3);
  const figures = {
    rows: sorted.length,
    cpu_us_per_row: round(run.cpuUsPerRow, 3),
    rss_mb: Math.round(run.rssMb),
    p50_ms: at(0.5),
    p95_ms: at(0.95),
    p99_ms: at(0.99),
    max_ms: at(1),
  };
  const [durability] = await mysql.query(
    "SELECT @@sync_binlog sync_binlog, @@innodb_flush_log_at_trx_commit innodb_flush_log_at_trx_commit",
  );
  return { name, figures, raw: { ratePerS, durability, run, sortedMs: thin(sorted) } };
}

/** 200 of the sorted values, evenly spread, and the last. */
function thin(sorted: readonly number[]): number[] {
  const step = Math.max(1, Math.floor(sorted.length / 200));
  return sorted.filter((_, i) => i % step === 0 || i === sorted.length - 1);
}

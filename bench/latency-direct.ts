import type { Benchmark } from "./benchmark.ts";
import { createTrafficTable, runTraffic, TRAFFIC_TABLE } from "./support/order-traffic.ts";
import { percentile, round } from "./support/statistics.ts";
import { startTailrace } from "./support/tailrace-run.ts";

const RATE_PER_S = 200;
const SECONDS = 30;
const QUICK_SECONDS = 5;
/** Transactions before the measurement: connections open, code is compiled. */
const WARM_UP = 400;
const INDEX = "tailrace-bench-traffic";

/**
 * From the commit in MySQL to the acknowledgement by Elasticsearch, transaction by transaction. The commit's time is the one that the server
 * writes into the log (`immediate_commit_timestamp`, µs), which it takes before it syncs the log to disk: its own commit is part of the figure.
 */
export const latencyDirect: Benchmark = {
  name: "latency-direct",
  summary: "commit to acknowledgement at 200 transactions a second, real Elasticsearch",
  run: async (context) => {
    const [mysql, elasticsearch] = [await context.mysql(), await context.elasticsearch()];
    await createTrafficTable(mysql);
    await elasticsearch.deleteIndex(INDEX);
    const count = WARM_UP + RATE_PER_S * (context.quick ? QUICK_SECONDS : SECONDS);
    const config = {
      mysqlUrl: mysql.url,
      elasticsearchUrl: elasticsearch.url,
      start: "latest" as const,
      table: TRAFFIC_TABLE,
      index: INDEX,
    };
    await using tailrace = await startTailrace(config, {
      rows: count,
      until: { transactions: count },
      latencies: true,
    });
    await tailrace.ready();
    const ratePerS = await runTraffic(mysql, count, RATE_PER_S);
    const { run, latenciesMs } = await tailrace.done();
    await elasticsearch.deleteIndex(INDEX);
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
    const raw = { ratePerS, durability, run, sortedMs: thin(sorted) };
    return [{ name: "latency-direct", figures, raw }];
  },
};

/** 200 of the sorted values, evenly spread, and the last. */
function thin(sorted: readonly number[]): number[] {
  const step = Math.max(1, Math.floor(sorted.length / 200));
  return sorted.filter((_, i) => i % step === 0 || i === sorted.length - 1);
}

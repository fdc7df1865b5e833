import type { Benchmark, BenchContext, BenchmarkResult } from "./benchmark.ts";
import { RATE_PER_S } from "./support/latency.ts";
import { ordersRange } from "./support/log-range.ts";
import {
  fillPolledTable,
  POLLED_TABLE,
  polledTransactions,
  runPolledTraffic,
} from "./support/polled-traffic.ts";
import { countMissed, staleness } from "./support/polled-truth.ts";
import { startPoller } from "./support/poller.ts";
import { percentile, round } from "./support/statistics.ts";
import { startTailrace } from "./support/tailrace-run.ts";

const INDEX = "tailrace-bench-polled";
/** What the careful poller reads again: more than a second, less than a long transaction. */
const OVERLAP_S = 2;

/**
 * The way that tailrace replaces: a poll of `updated_at` every second. First the whole table is copied, then the traffic runs: what it makes of the index is
 * compared with the table. The careful variant reads the last seconds again. Then tailrace does the same: loads, and follows.
 */
export const pollBaseline: Benchmark = {
  name: "poll-baseline",
  summary: "a poll by updated_at each second, and tailrace with the same table and traffic",
  run: async (context) => [
    await measurePoller("poll-baseline", context, null),
    await measurePoller("poll-overlap", context, OVERLAP_S),
    await measureTailrace("poll-tailrace", context),
  ],
};

async function measurePoller(
  name: string,
  context: BenchContext,
  overlapS: number | null,
): Promise<BenchmarkResult> {
  const { mysql, elasticsearch, traffic } = await prepare(context);
  const target = { elasticsearchUrl: elasticsearch.url, index: INDEX };
  await using poller = startPoller({
    mysqlUrl: mysql.url,
    table: POLLED_TABLE,
    ...target,
    overlapS,
  });
  const { rows, first, last } = await poller.caughtUp();
  const seconds = (last.atMs - first.atMs) / 1_000;
  context.report(`${name}: ${Math.round(rows / seconds)} rows/s, now the traffic`);
  const changes = await runPolledTraffic(mysql, context.rows, traffic);
  const { acknowledged, peakMemoryMb } = await poller.finish();
  const missed = await countMissed(mysql, elasticsearch.url, INDEX);
  const { rows: arrived, ...latency } = staleness(changes, acknowledged);
  await elasticsearch.deleteIndex(INDEX);
  const figures = {
    rows,
    rows_per_s: Math.round(rows / seconds),
    cpu_us_per_row: round((last.cpuUs - first.cpuUs) / rows, 3),
    rss_mb: Math.round(peakMemoryMb),
    ...latency,
    ...missed,
  };
  return { name, figures, raw: { traffic, overlapS, changes: countKinds(changes), arrived } };
}

async function measureTailrace(name: string, context: BenchContext): Promise<BenchmarkResult> {
  const { mysql, elasticsearch, traffic } = await prepare(context);
  const config = {
    mysqlUrl: mysql.url,
    elasticsearchUrl: elasticsearch.url,
    start: "load" as const,
    table: POLLED_TABLE,
    index: INDEX,
  };
  await using tailrace = await startTailrace(config, {
    rows: context.rows,
    until: { transactions: polledTransactions(traffic) },
    latencies: true,
  });
  const load = await tailrace.loaded();
  context.report(`${name}: ${Math.round(load.rowsPerS)} rows/s, now the traffic`);
  const changes = await runPolledTraffic(mysql, context.rows, traffic);
  const { run, latenciesMs } = await tailrace.done();
  const missed = await countMissed(mysql, elasticsearch.url, INDEX);
  await elasticsearch.deleteIndex(INDEX);
  const sorted = latenciesMs.toSorted((a, b) => a - b);
  const figures = {
    rows: context.rows,
    rows_per_s: Math.round(load.rowsPerS),
    cpu_us_per_row: round(load.cpuUsPerRow, 3),
    rss_mb: Math.round(run.rssMb),
    p50_ms: round(percentile(sorted, 0.5), 3),
    p99_ms: round(percentile(sorted, 0.99), 3),
    ...missed,
  };
  return { name, figures, raw: { traffic, changes: countKinds(changes), load, run } };
}

/** The table anew and no index. */
async function prepare(context: BenchContext) {
  const [mysql, elasticsearch] = [await context.mysql(), await context.elasticsearch()];
  await fillPolledTable(mysql, await ordersRange(mysql, context.rows, context.report));
  await elasticsearch.deleteIndex(INDEX);
  const traffic = { transactions: RATE_PER_S * (context.quick ? 10 : 60), ratePerS: RATE_PER_S };
  return { mysql, elasticsearch, traffic };
}

function countKinds(changes: readonly { readonly kind: string }[]): Record<string, number> {
  const kinds = Map.groupBy(changes, ({ kind }) => kind);
  return Object.fromEntries([...kinds].map(([kind, all]) => [kind, all.length]));
}

import type { Benchmark } from "./benchmark.ts";
import { latencyResult, RATE_PER_S, trafficCount } from "./support/latency.ts";
import { createTrafficTable, runTraffic, TRAFFIC_TABLE } from "./support/order-traffic.ts";
import { startTailrace } from "./support/tailrace-run.ts";

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
    const count = trafficCount(context.quick);
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
    const measured = await tailrace.done();
    await elasticsearch.deleteIndex(INDEX);
    return [await latencyResult("latency-direct", mysql, { ...measured, ratePerS })];
  },
};

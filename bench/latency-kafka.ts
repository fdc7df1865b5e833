import type { Benchmark } from "./benchmark.ts";
import { openBenchTopic } from "./support/bench-topic.ts";
import { latencyResult, RATE_PER_S, trafficCount } from "./support/latency.ts";
import { createTrafficTable, runTraffic, TRAFFIC_TABLE } from "./support/order-traffic.ts";
import { startTailrace } from "./support/tailrace-run.ts";

const INDEX = "tailrace-bench-traffic-kafka";

/** As `latency-direct`, through a capture, Kafka (transactions, 12 partitions) and a sync, each a process of its own; figures of CPU and memory are the sync's. */
export const latencyKafka: Benchmark = {
  name: "latency-kafka",
  summary: "commit to acknowledgement through Kafka at 200 transactions a second",
  run: async (context) => {
    const [mysql, elasticsearch] = [await context.mysql(), await context.elasticsearch()];
    await using topic = openBenchTopic(await context.kafka(), "latency");
    await createTrafficTable(mysql);
    await elasticsearch.deleteIndex(INDEX);
    const count = trafficCount(context.quick);
    const rule = { table: TRAFFIC_TABLE, index: INDEX };
    await using capture = await startTailrace(
      { ...rule, mysqlUrl: mysql.url, start: "latest", to: topic },
      { rows: count, until: { transactions: Number.MAX_SAFE_INTEGER } },
    );
    await capture.ready();
    // makes the topic, so that the sync finds it
    await runTraffic(mysql, 1, RATE_PER_S);
    await using sync = await startTailrace(
      { ...rule, from: topic, elasticsearchUrl: elasticsearch.url },
      { rows: count, until: { transactions: count }, latencies: true },
    );
    await sync.ready();
    const ratePerS = await runTraffic(mysql, count - 1, RATE_PER_S, 1);
    const measured = await sync.done();
    await elasticsearch.deleteIndex(INDEX);
    return [await latencyResult("latency-kafka", mysql, { ...measured, ratePerS })];
  },
};

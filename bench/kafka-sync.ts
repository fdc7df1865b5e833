import type { Benchmark } from "./benchmark.ts";
import { openBenchTopic } from "./support/bench-topic.ts";
import { ordersRange } from "./support/log-range.ts";
import { openNullSink } from "./support/null-sink.ts";
import { figuresOf } from "./support/replay.ts";
import { medianRun } from "./support/statistics.ts";
import { startTailrace, type TailraceRun } from "./support/tailrace-run.ts";

const INDEX = "bench-orders";

/** Canal records from a real Kafka into a server that takes everything at no cost: what one instance can do. */
export const kafkaSync: Benchmark = {
  name: "kafka-sync",
  summary: "the orders from Kafka (12 partitions, one instance) into a null Elasticsearch",
  run: async (context) => {
    const [mysql, brokers] = [await context.mysql(), await context.kafka()];
    const { rows, table, start, end } = await ordersRange(mysql, context.rows, context.report);
    await using topic = openBenchTopic(brokers, "sync");
    {
      const config = { mysqlUrl: mysql.url, start, table, index: "none", to: topic };
      await using capture = await startTailrace(config, { rows, until: end });
      await capture.done();
    }
    const runs: TailraceRun[] = [];
    for (let i = 0; i <= context.runs; i++) {
      // the first run looks into every document
      await using sink = await openNullSink(i === 0 ? { mode: "verify", rows } : { mode: "drain" });
      const config = { from: topic, table, index: INDEX, elasticsearchUrl: sink.url };
      await using tailrace = await startTailrace(config, { rows, until: { actions: rows } });
      const { run } = await tailrace.done();
      if (i === 0) {
        const { documents } = await sink.stats();
        if (documents?.actions !== rows || documents.distinct !== rows || documents.unexpected > 0)
          throw new Error(
            `${rows} documents were to arrive once each, but: ${JSON.stringify(documents)}`,
          );
        context.report(`verified: ${rows} documents, each once`);
        continue;
      }
      runs.push(run);
      context.report(
        `kafka-sync ${i}/${context.runs}: ${Math.round(run.rowsPerS)} rows/s, ${run.cpuUsPerRow.toFixed(2)} µs CPU a row, ${Math.round(run.rssMb)} MB`,
      );
    }
    const figures = figuresOf(medianRun(runs, (run) => run.rowsPerS));
    return [{ name: "kafka-sync", figures, raw: { runs } }];
  },
};

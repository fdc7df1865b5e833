import type { Benchmark } from "./benchmark.ts";
import { openBenchTopic } from "./support/bench-topic.ts";
import { countRows } from "./support/count-rows.ts";
import { ordersRange } from "./support/log-range.ts";
import { figuresOf } from "./support/replay.ts";
import { medianRun } from "./support/statistics.ts";
import { startTailrace, type TailraceRun } from "./support/tailrace-run.ts";

/** MySQL's log into a real Kafka: Canal records, 12 partitions, transactions. */
export const kafkaCapture: Benchmark = {
  name: "kafka-capture",
  summary: "replay the orders into Kafka, exactly once, 12 partitions",
  run: async (context) => {
    const [mysql, brokers] = [await context.mysql(), await context.kafka()];
    const { rows, table, start, end } = await ordersRange(mysql, context.rows, context.report);
    const runs: TailraceRun[] = [];
    for (let i = 0; i <= context.runs; i++) {
      await using topic = openBenchTopic(brokers, "capture");
      const config = { mysqlUrl: mysql.url, start, table, index: "none", to: topic };
      await using tailrace = await startTailrace(config, { rows, until: end });
      const { run } = await tailrace.done();
      if (i === 0) {
        // the guard of correctness, and the warm-up
        const found = await countRows(topic);
        if (found.rows !== rows || found.distinct !== rows)
          throw new Error(`${rows} rows were to arrive once each, but: ${JSON.stringify(found)}`);
        context.report(`verified: ${rows} rows in ${found.records} records, each once`);
        continue;
      }
      runs.push(run);
      context.report(
        `kafka-capture ${i}/${context.runs}: ${Math.round(run.rowsPerS)} rows/s, ${run.cpuUsPerRow.toFixed(2)} µs CPU a row, ${Math.round(run.rssMb)} MB`,
      );
    }
    const figures = figuresOf(medianRun(runs, (run) => run.rowsPerS));
    return [{ name: "kafka-capture", figures, raw: { runs } }];
  },
};

import { randomBytes } from "node:crypto";
import type { Benchmark } from "./benchmark.ts";
import { openBenchTopic } from "./support/bench-topic.ts";
import { measureIncremental } from "./support/incremental.ts";
import { BENCH_DATABASE } from "./support/mysql.ts";
import { round } from "./support/statistics.ts";

/** `--rows` 500,000, the default, stands for 1,000,000 rows with 5,000,000 changes behind them. */
const ROWS_FACTOR = 2;
const BACKLOG_FACTOR = 5;
const TAIL_PART = 1_000;

/**
 * A table with a long history comes into documents by reading all of it, or by loading the rows and reading what came behind: directly, and by Kafka. The time is
 * that of the user: until the documents agree with the rows, starts and stops included.
 */
export const incremental: Benchmark = {
  name: "incremental",
  summary: "a backlog of five changes a row: all of it read, against a load and --from-time",
  run: async (context) => {
    const [mysql, elasticsearch] = [await context.mysql(), await context.elasticsearch()];
    const brokers = await context.kafka();
    await using topic = openBenchTopic(brokers, "incremental");
    const prefix = `bench-incremental-${randomBytes(4).toString("hex")}-`;
    const table = `incremental_${randomBytes(4).toString("hex")}`;
    const rows = ROWS_FACTOR * context.rows;
    const size = { rows, backlog: BACKLOG_FACTOR * rows, tail: Math.ceil(rows / TAIL_PART) };
    try {
      const ways = await measureIncremental(
        {
          mysqlUrl: mysql.url,
          elasticsearchUrl: elasticsearch.url,
          kafka: topic,
          database: BENCH_DATABASE,
          table,
          prefix,
          query: (sql) => mysql.query(sql),
          report: context.report,
        },
        size,
      );
      if (!ways.every(({ isEqual }) => isEqual)) throw new Error("documents and rows differ");
      return ways.map((way) => ({
        name: `incremental-${way.name}`,
        figures: {
          rows,
          seconds: round(way.seconds, 3),
          changes_read: way.read,
          rows_loaded: way.loaded,
        },
        raw: { size, way },
      }));
    } finally {
      await mysql.query(`DROP TABLE IF EXISTS ${BENCH_DATABASE}.${table}`);
      for (const name of ["replay", "load", "sync-replay", "sync-load", "state"])
        await elasticsearch.deleteIndex(`${prefix}${name}`);
    }
  },
};

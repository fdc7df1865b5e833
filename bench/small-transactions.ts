import type { Benchmark } from "./benchmark.ts";
import { ordersRange, smallTransactionsRange } from "./support/log-range.ts";
import { openNullSink } from "./support/null-sink.ts";
import { figuresOf } from "./support/replay.ts";
import { medianRun } from "./support/statistics.ts";
import { runTailrace, type TailraceRun } from "./support/tailrace-run.ts";

/** One in five of the orders: 100,000 of 500,000. */
const SHARE = 5;

/** Transactions of one row into the null server: what a transaction costs, five events in the log for each row. */
export const smallTransactions: Benchmark = {
  name: "small-transactions",
  summary: "a fifth of the orders, each in a transaction of its own",
  run: async (context) => {
    const { report, runs } = context;
    const mysql = await context.mysql();
    const orders = await ordersRange(mysql, context.rows, report);
    const count = Math.ceil(orders.rows / SHARE);
    const range = await smallTransactionsRange(mysql, orders, count, report);
    const done: TailraceRun[] = [];
    for (let i = 0; i < runs; i++) {
      await using sink = await openNullSink({ mode: "drain" });
      const config = { mysqlUrl: mysql.url, elasticsearchUrl: sink.url, index: "bench-orders" };
      done.push(await runTailrace(config, range));
    }
    const figures = figuresOf(medianRun(done, (run) => run.rowsPerS));
    return [{ name: "small-transactions", figures, raw: { runs: done } }];
  },
};

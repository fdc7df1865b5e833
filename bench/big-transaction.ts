import type { Benchmark, BenchContext, BenchmarkResult } from "./benchmark.ts";
import { oneTransactionRange, ordersRange } from "./support/log-range.ts";
import { openNullSink } from "./support/null-sink.ts";
import { figuresOf } from "./support/replay.ts";
import { runTailrace } from "./support/tailrace-run.ts";

/** So many copies of the orders are in the transaction: 2,000,000 rows of 500,000. */
const COPIES = 4;

/** One transaction of 2,000,000 rows into the null server: memory must not follow its size. */
export const bigTransaction: Benchmark = {
  name: "big-transaction",
  summary: "one transaction of four times the orders, plain and compressed in the log",
  run: async (context) => [
    await replayOne("big-transaction", context, false),
    await replayOne("big-transaction-compressed", context, true),
  ],
};

async function replayOne(
  name: string,
  context: BenchContext,
  compressed: boolean,
): Promise<BenchmarkResult> {
  const { report } = context;
  const mysql = await context.mysql();
  const orders = await ordersRange(mysql, context.rows, report);
  const range = await oneTransactionRange(mysql, orders, { copies: COPIES, compressed, report });
  await using sink = await openNullSink({ mode: "drain" });
  const config = { mysqlUrl: mysql.url, elasticsearchUrl: sink.url, index: "bench-orders" };
  const run = await runTailrace(config, range);
  return { name, figures: figuresOf(run), raw: run };
}

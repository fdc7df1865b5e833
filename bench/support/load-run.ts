import type { BenchContext } from "../benchmark.ts";
import { oneTransactionRange, ordersRange, type LogRange } from "./log-range.ts";
import { mysqlCpuUs, type MysqlServer } from "./mysql.ts";
import type { ReplayConfig } from "./tailrace-config.ts";
import { startTailrace, type TailraceRun } from "./tailrace-run.ts";

/** So many copies of the orders are in the table: 2,000,000 rows of 500,000. */
const COPIES = 4;

/** A load, and what it took of MySQL. */
export interface LoadRun extends TailraceRun {
  /** CPU time of MySQL's process, µs a row; null where it is another machine's. */
  readonly mysqlCpuUsPerRow: number | null;
}

/** The table that is loaded: four times the orders. */
export async function loadedTable(context: BenchContext): Promise<LogRange> {
  const mysql = await context.mysql();
  const { rows, report } = context;
  const orders = await ordersRange(mysql, rows, report);
  return await oneTransactionRange(mysql, orders, { copies: COPIES, compressed: false, report });
}

/** Lets a pipeline without a checkpoint load the table, as it does beside the stream: four connections, everything else as it is by default. */
export async function runLoad(
  mysql: MysqlServer,
  config: Omit<ReplayConfig, "mysqlUrl">,
  { table, rows }: LogRange,
): Promise<LoadRun> {
  const before = await mysqlCpuUs(mysql);
  const plan = { rows, until: { loads: "done" } } as const;
  await using tailrace = await startTailrace(
    { ...config, mysqlUrl: mysql.url, table, start: "load" },
    plan,
  );
  const rate = await tailrace.loaded();
  const after = await mysqlCpuUs(mysql);
  const { run } = await tailrace.done();
  const mysqlUs = before === null || after === null ? null : (after - before) / rows;
  return { ...run, ...rate, mysqlCpuUsPerRow: mysqlUs };
}

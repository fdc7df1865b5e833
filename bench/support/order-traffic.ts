import { setTimeout as sleep } from "node:timers/promises";
import { BENCH_DATABASE, type MysqlServer } from "./mysql.ts";
import { createOrdersTable, ORDERS_COLUMNS, orderValues } from "./orders.ts";

/** A table that small transactions work on. */
export const TRAFFIC_TABLE = `${BENCH_DATABASE}.traffic`;

/** Makes the table anew. */
export async function createTrafficTable(server: MysqlServer): Promise<void> {
  await server.query(`DROP TABLE IF EXISTS ${TRAFFIC_TABLE}`);
  await server.query(createOrdersTable(TRAFFIC_TABLE));
}

/**
 * Commits `count` transactions of one row at a steady rate: an insert and an update of an earlier row in turn. Returns the rate reached,
 * transactions a second. `first` is the number of the first one, when some were committed before.
 */
export async function runTraffic(
  server: MysqlServer,
  count: number,
  ratePerS: number,
  first = 0,
): Promise<number> {
  const startMs = performance.now();
  for (let n = 0; n < count; n++) {
    const waitMs = startMs + (n * 1_000) / ratePerS - performance.now();
    if (waitMs > 1) await sleep(waitMs);
    await server.connection.query(statement(first + n));
  }
  return count / ((performance.now() - startMs) / 1_000);
}

function statement(n: number): string {
  const id = 1 + (n >> 1);
  if (n % 2 === 0)
    return `INSERT INTO ${TRAFFIC_TABLE} (${ORDERS_COLUMNS}) VALUES ${orderValues(id, id + 1)}`;
  return `UPDATE ${TRAFFIC_TABLE} SET status = 'paid', qty = qty + 1, updated_at = NOW(3) WHERE id = ${1 + ((id * 7919) % id)}`;
}

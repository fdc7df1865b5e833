import { setTimeout as sleep } from "node:timers/promises";
import { createConnection, type Connection } from "mysql2/promise";
import type { LogRange } from "./log-range.ts";
import { BENCH_DATABASE, mysqlEndpoint, type MysqlServer } from "./mysql.ts";
import { createOrdersTable, createRandom } from "./orders.ts";
import { preciseNow } from "./process-usage.ts";

/** The orders, with an indexed `updated_at` of whole seconds that MySQL keeps, as applications that are polled have it. */
export const POLLED_TABLE = `${BENCH_DATABASE}.polled`;

/** Connections that commit short transactions. */
const CLERKS = 4;
/** Rows that a long transaction updates, and how long it stays open, ms. */
const LONG_ROWS = 10;
const LONG_MS = 5_000;
/** A long transaction begins so long after the one before, ms. */
const LONG_EVERY_MS = 8_000;

/** A committed change of a row. */
export interface PolledChange {
  readonly id: number;
  readonly kind: "insert" | "update" | "delete";
  /** What `qty` is now: it grows from change to change. */
  readonly mark: number;
  /** When the commit was answered, ms since 1970. */
  readonly atMs: number;
}

/** How much traffic there is. */
export interface PolledTraffic {
  /** Short transactions of one row. */
  readonly transactions: number;
  readonly ratePerS: number;
}

/** Makes the table anew with the rows of another. */
export async function fillPolledTable(server: MysqlServer, source: LogRange): Promise<void> {
  await server.query(`DROP TABLE IF EXISTS ${POLLED_TABLE}`);
  await server.query(createOrdersTable(POLLED_TABLE));
  await server.query(
    `ALTER TABLE ${POLLED_TABLE} MODIFY updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, ADD KEY (updated_at)`,
  );
  await server.query(`INSERT INTO ${POLLED_TABLE} SELECT * FROM ${source.table} ORDER BY id`);
}

/** How many transactions {@link runPolledTraffic} commits in all. */
export function polledTransactions(traffic: PolledTraffic): number {
  return traffic.transactions + longTransactions(traffic);
}

function longTransactions({ transactions, ratePerS }: PolledTraffic): number {
  return Math.max(1, Math.floor((transactions * 1_000) / ratePerS / LONG_EVERY_MS));
}

/**
 * Inserts, updates and deletes single rows at a steady rate, over several connections; one more has long transactions. Rows 1 to `rows` are there. Everyone
 * changes rows of his own, so the changes of a row are in the order of the result.
 */
export async function runPolledTraffic(
  server: MysqlServer,
  rows: number,
  traffic: PolledTraffic,
): Promise<readonly PolledChange[]> {
  const changes: PolledChange[] = [];
  let mark = 1_000;
  const startMs = preciseNow();
  const work = (worker: number): Worker => ({
    random: createRandom(worker + 1),
    ids: new OwnIds(worker, rows),
    nextMark: () => ++mark,
    note: (change) => changes.push({ ...change, atMs: preciseNow() }),
    startMs,
  });
  await Promise.all([
    ...Array.from({ length: CLERKS }, (_, clerk) =>
      onConnection(server, (connection) => serve(connection, work(clerk), { ...traffic, clerk })),
    ),
    onConnection(server, (connection) => hold(connection, work(CLERKS), longTransactions(traffic))),
  ]);
  return changes;
}

interface Worker {
  readonly random: () => number;
  readonly ids: OwnIds;
  readonly nextMark: () => number;
  readonly note: (change: Omit<PolledChange, "atMs">) => void;
  readonly startMs: number;
}

/** Every fifth id is a worker's own. */
class OwnIds {
  readonly #worker: number;
  #count: number;
  readonly #deleted = new Set<number>();

  constructor(worker: number, rows: number) {
    this.#worker = worker;
    this.#count = Math.floor(rows / (CLERKS + 1));
  }

  add(): number {
    return this.#at(this.#count++);
  }

  pick(random: () => number): number {
    for (;;) {
      const id = this.#at(Math.floor(random() * this.#count));
      if (!this.#deleted.has(id)) return id;
    }
  }

  remove(random: () => number): number {
    const id = this.pick(random);
    this.#deleted.add(id);
    return id;
  }

  #at(place: number): number {
    return 1 + this.#worker + place * (CLERKS + 1);
  }
}

async function serve(
  connection: Connection,
  { random, ids, nextMark, note, startMs }: Worker,
  { clerk, transactions, ratePerS }: PolledTraffic & { readonly clerk: number },
): Promise<void> {
  for (let n = clerk; n < transactions; n += CLERKS) {
    const waitMs = startMs + (n * 1_000) / ratePerS - preciseNow();
    if (waitMs > 1) await sleep(waitMs);
    const choice = random();
    const mark = nextMark();
    if (choice < 0.35) {
      const id = ids.add();
      await connection.query(
        `INSERT INTO ${POLLED_TABLE} (id, user_id, sku, qty, price, status, created_at) VALUES (${id}, 1, 'AB-1234-M', ${mark}, 9.99, 'new', NOW())`,
      );
      note({ id, kind: "insert", mark });
    } else if (choice < 0.85) {
      const id = ids.pick(random);
      await connection.query(`UPDATE ${POLLED_TABLE} SET qty = ${mark} WHERE id = ${id}`);
      note({ id, kind: "update", mark });
    } else {
      const id = ids.remove(random);
      await connection.query(`DELETE FROM ${POLLED_TABLE} WHERE id = ${id}`);
      note({ id, kind: "delete", mark });
    }
  }
}

/** Transactions that commit seconds after their statements. */
async function hold(
  connection: Connection,
  { random, ids, nextMark, note, startMs }: Worker,
  count: number,
): Promise<void> {
  for (let n = 0; n < count; n++) {
    await sleep(Math.max(0, startMs + n * LONG_EVERY_MS - preciseNow()));
    const rows = Array.from({ length: LONG_ROWS }, () => ({
      id: ids.pick(random),
      mark: nextMark(),
    }));
    await connection.beginTransaction();
    for (const { id, mark } of rows)
      await connection.query(`UPDATE ${POLLED_TABLE} SET qty = ${mark} WHERE id = ${id}`);
    await sleep(LONG_MS);
    await connection.commit();
    for (const row of rows) note({ ...row, kind: "update" });
  }
}

async function onConnection(
  { url }: MysqlServer,
  work: (connection: Connection) => Promise<void>,
): Promise<void> {
  const connection = await createConnection({ ...mysqlEndpoint(url), timezone: "Z" });
  try {
    await connection.query("SET time_zone = '+00:00'");
    await work(connection);
  } finally {
    connection.destroy();
  }
}

import { setTimeout as sleep } from "node:timers/promises";
import { createConnection, type Connection } from "mysql2/promise";
import { createRandom } from "../support/random.ts";
import { addGiftMessage, CHANGES, giveLoyaltyPoints, newShop, type Shop } from "./shop-changes.ts";

/** A shop that is open: its changes go on until it is closed. */
export interface OpenShop {
  /** Committed since it opened. */
  readonly transactions: number;
  /** Inserted, updated or deleted by them. */
  readonly rows: number;
  /** Finishes what is under way. Rejects with what went wrong meanwhile. */
  close(): Promise<void>;
}

/** How a shop is run. */
export interface ShopOptions {
  readonly mysql: URL;
  readonly database: string;
  /** What the changes should come to; a busy machine makes it fewer. */
  readonly transactionsPerSecond: number;
  /** Told of what is out of the ordinary. */
  readonly announce: (text: string) => void;
}

const CLERKS = 4;
const ALTER_AFTER_MS = 5_000;
const LARGE_TRANSACTION_EVERY_MS = 6_000;
/** Deadlock and lock wait timeout: the transaction was rolled back, another one follows. */
const LOST_LOCKS = new Set(["ER_LOCK_DEADLOCK", "ER_LOCK_WAIT_TIMEOUT"]);

/** What all who change the shop share. */
interface Business {
  readonly options: ShopOptions;
  readonly shop: Shop;
  readonly counts: { transactions: number; rows: number };
  readonly signal: AbortSignal;
}

/** Opens the shop: several connections that change its rows at a steady pace, a large transaction now and then, and an ALTER TABLE. */
export async function openShop(options: ShopOptions): Promise<OpenShop> {
  const stop = new AbortController();
  const counts = { transactions: 0, rows: 0 };
  const business = { options, shop: newShop(), counts, signal: stop.signal };
  const manager = await connect(options);
  const clerks = await Promise.all(Array.from({ length: CLERKS }, () => connect(options)));
  const work = Promise.all([
    manage(business, manager),
    ...clerks.map((connection, clerk) => serve(business, connection, clerk)),
  ]);
  // One who fails ends the work of all; whoever closes the shop hears of it.
  work.catch(() => stop.abort());
  return {
    get transactions() {
      return counts.transactions;
    },
    get rows() {
      return counts.rows;
    },
    close: async () => {
      stop.abort();
      try {
        await work;
      } finally {
        for (const connection of [manager, ...clerks]) connection.destroy();
      }
    },
  };
}

/** What is out of the ordinary. */
async function manage(business: Business, connection: Connection): Promise<void> {
  const { options, shop, signal } = business;
  await pause(ALTER_AFTER_MS, signal);
  if (signal.aborted) return;
  await addGiftMessage(connection, shop);
  options.announce("ALTER TABLE orders ADD COLUMN gift_message …: new orders use it");
  for (let isAnnounced = false; ;) {
    await pause(LARGE_TRANSACTION_EVERY_MS, signal);
    if (signal.aborted) return;
    const rows = await count(business, () => giveLoyaltyPoints(connection));
    // Once is enough: what to do next should stay on the screen.
    if (rows === null || isAnnounced) continue;
    isAnnounced = true;
    const shown = rows.toLocaleString("en-US");
    const often = `again every ${LARGE_TRANSACTION_EVERY_MS / 1000} s`;
    options.announce(
      `one transaction of ${shown} rows: loyalty points for every customer, ${often}`,
    );
  }
}

/** The daily business of one clerk. */
async function serve(business: Business, connection: Connection, clerk: number): Promise<void> {
  const { options, shop, signal } = business;
  const random = createRandom(clerk, "clerk");
  const intervalMs = (1000 * CLERKS) / options.transactionsPerSecond;
  let dueMs = performance.now();
  while (!signal.aborted) {
    const change = random.pickWeighted(CHANGES);
    await count(business, () => change(connection, shop, random));
    // What could not be done in time is not made up for.
    dueMs = Math.max(dueMs + intervalMs, performance.now() - intervalMs);
    await pause(dueMs - performance.now(), signal);
  }
}

/** Counts a transaction and gives its rows; null when it was rolled back for want of a lock. */
async function count(
  { counts }: Business,
  transaction: () => Promise<number>,
): Promise<number | null> {
  try {
    const rows = await transaction();
    counts.transactions++;
    counts.rows += rows;
    return rows;
  } catch (error) {
    if (LOST_LOCKS.has((error as { code?: string }).code ?? "")) return null;
    throw error;
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => undefined);
}

async function connect({ mysql, database }: ShopOptions): Promise<Connection> {
  return await createConnection({
    host: mysql.hostname,
    port: Number(mysql.port || 3306),
    user: decodeURIComponent(mysql.username),
    password: decodeURIComponent(mysql.password),
    database,
    charset: "utf8mb4",
  });
}

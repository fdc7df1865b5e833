/**
 * A process that copies a table into Elasticsearch as it is often done without a binary log: every second it asks for the rows whose `updated_at` is newer than
 * the last one seen, and writes them in bulk. Started by support/poller.ts.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { createConnection, type RowDataPacket } from "mysql2/promise";
import { childOptions, leaveParent, tellParent } from "./child.ts";
import { mysqlEndpoint } from "./mysql.ts";
import type { PollAcknowledgement, PollerMessage, PollerOptions } from "./poller.ts";
import { markUsage, peakMemoryMb, preciseNow } from "./process-usage.ts";

const EVERY_MS = 1_000;
/** Rows of a query, and so of a bulk request. */
const PAGE = 5_000;
/** Polls after it was asked to finish. */
const LAST_POLLS = 3;

interface Row extends RowDataPacket {
  readonly id: number;
  readonly qty: number;
  readonly updated_at: string;
}

const { mysqlUrl, table, elasticsearchUrl, index, overlapS } = childOptions() as PollerOptions;
const connection = await createConnection({ ...mysqlEndpoint(mysqlUrl), dateStrings: true });
await connection.query("SET time_zone = '+00:00'");
const bulkUrl = new URL(`${index}/_bulk?filter_path=errors,items.*.error`, elasticsearchUrl);

/** Where the next query begins. */
let last = "1970-01-01 00:00:01";
let lastId = 0;
const acknowledged: PollAcknowledgement[] = [];
/** What was acknowledged last, by id. */
const marks = new Map<number, number>();
let isCaughtUp = false;
let pollsLeft = Infinity;
process.on("message", () => {
  pollsLeft = LAST_POLLS;
});
process.on("disconnect", () => {
  pollsLeft = 0;
});

const first = markUsage();
let rows = 0;
for (let dueMs = preciseNow(); pollsLeft > 0; pollsLeft--) {
  rows += await poll();
  if (!isCaughtUp) tell({ kind: "caught-up", rows, first, last: markUsage() });
  isCaughtUp = true;
  dueMs = Math.max(dueMs + EVERY_MS, preciseNow());
  await sleep(Math.max(0, dueMs - preciseNow()));
}
tell({ kind: "done", acknowledged, peakMemoryMb: peakMemoryMb() });
await connection.end();
leaveParent();

/** Copies everything that is newer, page by page; returns how many rows that were. */
async function poll(): Promise<number> {
  let found = 0;
  for (let isFirst = true; ; isFirst = false) {
    const page = overlapS === null ? await newer() : await newerWithOverlap(isFirst);
    if (page.length > 0) await write(page);
    found += page.length;
    if (page.length < PAGE) return found;
  }
}

async function newer(): Promise<readonly Row[]> {
  const sql = `SELECT * FROM ${table} WHERE updated_at > ? ORDER BY updated_at LIMIT ${PAGE}`;
  const [page] = await connection.query<Row[]>(sql, [last]);
  last = page.at(-1)?.updated_at ?? last;
  return page;
}

/** The careful way: ties are told apart by the key, and each poll begins some seconds before the end of the last one. */
async function newerWithOverlap(isFirst: boolean): Promise<readonly Row[]> {
  const from = isFirst ? `CAST(? AS DATETIME) - INTERVAL ${overlapS} SECOND` : "?";
  const sql = `SELECT * FROM ${table} WHERE updated_at >= ${from} AND (updated_at > ${from} OR id > ?) ORDER BY updated_at, id LIMIT ${PAGE}`;
  const [page] = await connection.query<Row[]>(sql, [last, last, isFirst ? 0 : lastId]);
  last = page.at(-1)?.updated_at ?? last;
  lastId = page.at(-1)?.id ?? lastId;
  return page;
}

async function write(page: readonly Row[]): Promise<void> {
  const lines = page.map(
    (row) => `${JSON.stringify({ index: { _id: String(row.id) } })}\n${JSON.stringify(row)}\n`,
  );
  const response = await fetch(bulkUrl, {
    method: "POST",
    headers: { "content-type": "application/x-ndjson" },
    body: lines.join(""),
  });
  const { errors } = (await response.json()) as { errors?: boolean };
  if (errors !== false) throw new Error(`the bulk request was answered ${response.status}`);
  if (!isCaughtUp) return;
  const atMs = preciseNow();
  for (const { id, qty } of page) {
    if (marks.get(id) === qty) continue;
    marks.set(id, qty);
    acknowledged.push([id, qty, atMs]);
  }
}

function tell(message: PollerMessage): void {
  tellParent(message);
}

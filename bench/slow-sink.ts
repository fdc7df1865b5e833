import { setTimeout as sleep } from "node:timers/promises";
import type { Benchmark } from "./benchmark.ts";
import { ordersRange } from "./support/log-range.ts";
import { openNullSink, type NullSink } from "./support/null-sink.ts";
import { preciseNow } from "./support/process-usage.ts";
import { figuresOf } from "./support/replay.ts";
import { startTailrace } from "./support/tailrace-run.ts";

const STALL_MS = 60_000;
const QUICK_STALL_MS = 15_000;
/** Requests that the sink takes before it stands still. */
const REQUESTS_BEFORE = 5;

/** The sink stands still for a minute while MySQL has a backlog: memory must stay where it is, and nothing be lost. */
export const slowSink: Benchmark = {
  name: "slow-sink",
  summary: "a sink that stands still for a minute, with a backlog in MySQL",
  run: async (context) => {
    const mysql = await context.mysql();
    const { table, start, end, rows } = await ordersRange(mysql, context.rows, context.report);
    await using sink = await openNullSink({ mode: "verify", rows });
    const place = { start, table, index: "bench-orders" };
    const config = { mysqlUrl: mysql.url, elasticsearchUrl: sink.url, ...place };
    await using tailrace = await startTailrace(config, { rows, until: end });
    await takesRequests(sink, rows);
    const stallMs = context.quick ? QUICK_STALL_MS : STALL_MS;
    const fromMs = preciseNow();
    const { documents: before } = await sink.stats();
    await sink.stall(stallMs);
    const toMs = preciseNow();
    const { run } = await tailrace.done();
    const { documents } = await sink.stats();
    if (documents?.distinct !== rows || documents.unexpected !== 0)
      throw new Error(`${rows} documents were to arrive, but: ${JSON.stringify(documents)}`);
    const { rows: _, rss_mb } = figuresOf(run);
    const raw = {
      stallMs,
      takenBefore: before?.actions,
      stalledRssMb: tailrace.memory.peakMb(fromMs, toMs),
      run,
      documents,
    };
    return [{ name: "slow-sink", figures: { rows, ...(rss_mb !== undefined && { rss_mb }) }, raw }];
  },
};

async function takesRequests(sink: NullSink, rows: number): Promise<void> {
  for (;;) {
    const { requests, documents } = await sink.stats();
    if (requests >= REQUESTS_BEFORE || documents?.actions === rows) return;
    await sleep(2);
  }
}

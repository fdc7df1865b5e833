import { expect, test } from "vitest";
import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/logger.ts";
import { logStatus, streamStatus } from "./status.ts";
import type { ReportedStatus, StatusLine } from "./status-line.ts";

const IDLE: ReportedStatus = {
  topology: "direct",
  pipeline: "shop",
  state: "running",
  actionsTaken: 0,
  actionsClosed: 0,
  transactionsPending: 0,
  lagSeconds: null,
  latencyMs: null,
  file: "binlog.000001",
  position: 4,
  gtidSet: undefined,
  gaps: [],
  sink: {
    applied: 0,
    conflicts: 0,
    rejected: 0,
    retries: 0,
    requests: 0,
    bytes: 0,
    collapsed: 0,
    waitingFor: null,
  },
};

/** A clock whose sleeps end at once and which aborts after `ticks` of them. */
function steppingClock(ticks: number, stop: AbortController): Clock {
  let [now, left] = [0, ticks];
  return {
    now: () => now,
    random: () => 0,
    sleep: async (ms) => {
      now += ms;
      left -= 1;
      if (left < 0) stop.abort();
    },
  };
}

/** A source of statuses, one after another. */
function inTurn(statuses: readonly ReportedStatus[]): () => ReportedStatus {
  const left = [...statuses];
  return () => left.shift() ?? IDLE;
}

test("a line a second gives the rate since the line before, and the last comes at the end", async () => {
  const stop = new AbortController();
  const lines: StatusLine[] = [];
  const end = { file: "binlog.000002", position: 157, gtidSet: "u:1-7" };
  await streamStatus(
    {
      read: inTurn([
        { ...IDLE, actionsTaken: 1800, actionsClosed: 1500, lagSeconds: 0.085048095703125 },
        { ...IDLE, ...end, actionsTaken: 2000, actionsClosed: 2000, lagSeconds: 0, latencyMs: 7 },
      ]),
      signal: stop.signal,
      clock: steppingClock(1, stop),
    },
    (line) => void lines.push(line),
  );
  expect(lines).toMatchObject([
    { rows: 1500, rows_per_s: 1500, rows_in_flight: 300, gtid_set: null, lag_s: 0.085 },
    {
      state: "stopped",
      rows: 2000,
      rows_per_s: 500,
      rows_in_flight: 0,
      position: 157,
      gtid_set: "u:1-7",
      latency_ms: 7,
    },
  ]);
});

test("a sync tells of its partitions and how many records they hold that are not answered for", async () => {
  const { pipeline, state, actionsTaken, actionsClosed, lagSeconds, latencyMs, gaps, sink } = IDLE;
  const common = {
    pipeline,
    state,
    actionsTaken,
    actionsClosed,
    lagSeconds,
    latencyMs,
    gaps,
    sink,
  };
  const sync = { ...common, topology: "sync", recordsPending: 3 } as const;
  const stop = new AbortController();
  const lines: StatusLine[] = [];
  await streamStatus(
    {
      read: inTurn([
        { ...sync, partitions: [{ lagRecords: 5 }, { lagRecords: 2 }] },
        { ...sync, partitions: [{ lagRecords: 5 }, { lagRecords: null }] },
      ]),
      signal: stop.signal,
      clock: steppingClock(1, stop),
    },
    (line) => void lines.push(line),
  );
  expect(lines).toMatchObject([
    { topology: "sync", partitions: 2, records_behind: 7, records_pending: 3 },
    { topology: "sync", partitions: 2, records_behind: null },
  ]);
  expect(lines[0]).not.toHaveProperty("file");
});

test("the log has a line only when something happened", async () => {
  const stop = new AbortController();
  const logged: object[] = [];
  const logger: Logger = {
    debug: () => undefined,
    info: (fields) => void logged.push(fields),
    warn: () => undefined,
    error: () => undefined,
  };
  const busy = { ...IDLE, actionsClosed: 10 };
  const waiting = { ...busy, sink: { ...busy.sink, waitingFor: "429, try 7" } };
  await logStatus(
    {
      read: inTurn([IDLE, busy, busy, waiting, waiting, { ...waiting, state: "waiting" }]),
      signal: stop.signal,
      clock: steppingClock(6, stop),
    },
    logger,
  );
  expect(logged).toMatchObject([
    { rows: 10, rows_per_s: 1 },
    { waiting_for: "429, try 7", rows_per_s: 0 },
    { state: "waiting" },
  ]);
});

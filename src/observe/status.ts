import { systemClock, type Clock } from "../core/clock.ts";
import type { Logger } from "../core/logger.ts";
import type { SinkStats } from "../core/sink.ts";

/** What is reported of a running pipeline at one moment. Counters count since its start and are never reset. */
export interface ReportedStatus {
  readonly pipeline: string;
  readonly state: string;
  /** Document actions taken from the log, and those of them that are answered for. A row whose key changed makes two. */
  readonly actionsTaken: number;
  readonly actionsClosed: number;
  readonly transactionsPending: number;
  /** Age of the last acknowledged transaction while others wait, 0 when none does; null = unknown. */
  readonly lagSeconds: number | null;
  /** Commit on the source to acknowledgement by the sink of the last transaction; null before the first. */
  readonly latencyMs: number | null;
  /** The last position acknowledged. */
  readonly file: string;
  readonly position: number;
  readonly gtidSet: string | undefined;
  readonly gaps: readonly unknown[];
  readonly sink: SinkStats;
}

/** One status as `run --json` prints it: flat, names and units as in metrics. */
export interface StatusLine {
  /** ISO 8601. */
  readonly time: string;
  readonly pipeline: string;
  readonly state: string;
  readonly rows: number;
  readonly rows_per_s: number;
  readonly rows_in_flight: number;
  readonly transactions_pending: number;
  readonly lag_s: number | null;
  readonly latency_ms: number | null;
  readonly file: string;
  readonly position: number;
  readonly gtid_set: string | null;
  readonly gaps: number;
  readonly applied: number;
  readonly conflicts: number;
  readonly rejected: number;
  readonly retries: number;
  readonly collapsed: number;
  readonly requests: number;
  readonly bytes: number;
  readonly waiting_for: string | null;
  readonly rss_mb: number;
}

/** Where and how often a status is reported. */
export interface StatusReportOptions {
  /** The status now. */
  readonly read: () => ReportedStatus;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

/** Gives a status line every second until the signal aborts, and one last line then. */
export async function streamStatus(
  options: StatusReportOptions,
  write: (line: StatusLine) => void,
): Promise<void> {
  const toLine = createLineMaker(options.clock ?? systemClock);
  const report = (): void => {
    write(toLine(options.read()));
  };
  await repeat(options, 1_000, report);
  report();
}

/** Logs one line every ten seconds in which rows were answered for or the state changed. */
export async function logStatus(options: StatusReportOptions, logger: Logger): Promise<void> {
  const toLine = createLineMaker(options.clock ?? systemClock);
  let logged = "";
  await repeat(options, 10_000, () => {
    const line = toLine(options.read());
    const { state, rows, rows_per_s, lag_s, latency_ms, file, position, rejected, waiting_for } =
      line;
    const news = JSON.stringify([state, rows, rejected, waiting_for]);
    if (news === logged || (logged === "" && rows === 0)) return;
    logged = news;
    const troubles = { ...(rejected > 0 && { rejected }), ...(waiting_for && { waiting_for }) };
    logger.info(
      { state, rows, rows_per_s, lag_s, latency_ms, file, position, ...troubles },
      "status",
    );
  });
}

/** Makes lines whose rate is that since the line before. */
function createLineMaker(clock: Clock): (status: ReportedStatus) => StatusLine {
  let [lastRows, lastMs] = [0, clock.now()];
  return (status) => {
    const { sink, actionsClosed: rows } = status;
    const nowMs = clock.now();
    // The counter starts anew when the pipeline had to be opened again.
    const newRows = rows >= lastRows ? rows - lastRows : rows;
    const rowsPerMs = nowMs > lastMs ? newRows / (nowMs - lastMs) : 0;
    [lastRows, lastMs] = [rows, nowMs];
    return {
      time: new Date(nowMs).toISOString(),
      pipeline: status.pipeline,
      state: status.state,
      rows,
      rows_per_s: Math.round(rowsPerMs * 1_000),
      rows_in_flight: status.actionsTaken - rows,
      transactions_pending: status.transactionsPending,
      lag_s: status.lagSeconds === null ? null : Math.round(status.lagSeconds * 1_000) / 1_000,
      latency_ms: status.latencyMs,
      file: status.file,
      position: status.position,
      gtid_set: status.gtidSet ?? null,
      gaps: status.gaps.length,
      applied: sink.applied,
      conflicts: sink.conflicts,
      rejected: sink.rejected,
      retries: sink.retries,
      collapsed: sink.collapsed,
      requests: sink.requests,
      bytes: sink.bytes,
      waiting_for: sink.waitingFor,
      rss_mb: Math.round(process.memoryUsage.rss() / 2 ** 20),
    };
  };
}

async function repeat(
  { signal, clock = systemClock }: StatusReportOptions,
  intervalMs: number,
  action: () => void,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(intervalMs, signal);
    if (!signal.aborted) action();
  }
}

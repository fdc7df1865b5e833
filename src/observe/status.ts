import type { SourcePosition } from "../core/checkpoint.ts";
import { systemClock, type Clock } from "../core/clock.ts";
import type { Logger } from "../core/logger.ts";
import type { SinkStats } from "../core/sink.ts";

/** What a running pipeline says about itself at one moment. Counters count since its start and are never reset. */
export interface PipelineStatus {
  readonly pipeline: string;
  readonly state: "starting" | "streaming" | "reconnecting" | "draining";
  /** Row changes of captured tables that were read. */
  readonly rows: number;
  /** Transactions with such changes that were read. */
  readonly transactions: number;
  /** Now minus the commit time of the last acknowledged transaction; 0 when all that was read is acknowledged, null = unknown. */
  readonly lagMs: number | null;
  /** The last position acknowledged; null before the first. */
  readonly position: SourcePosition | null;
  readonly sink: SinkStats;
}

/** One status as `run --json` prints it: flat, names and units as in metrics. */
export interface StatusLine {
  readonly time: string;
  readonly pipeline: string;
  readonly state: PipelineStatus["state"];
  readonly rows: number;
  readonly rows_per_s: number;
  readonly transactions: number;
  readonly lag_ms: number | null;
  readonly file: string | null;
  readonly position: number | null;
  readonly gtid: string | null;
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
  readonly read: () => PipelineStatus;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

/** Gives a status line every second until the signal aborts, and one last line then. */
export async function streamStatus(
  options: StatusReportOptions,
  write: (line: StatusLine) => void,
): Promise<void> {
  const meter = createRateMeter(options.clock ?? systemClock);
  await repeat(options, 1_000, () => {
    write(toStatusLine(options.read(), meter));
  });
}

/** Logs one line every ten seconds in which rows were read or the state changed. */
export async function logStatus(options: StatusReportOptions, logger: Logger): Promise<void> {
  const meter = createRateMeter(options.clock ?? systemClock);
  let logged = "";
  await repeat(options, 10_000, () => {
    const status = options.read();
    const line = toStatusLine(status, meter);
    const news = `${status.state} ${status.rows} ${status.sink.rejected} ${status.sink.waitingFor}`;
    if (news === logged) return;
    logged = news;
    const { state, rows, rows_per_s, lag_ms, file, position, rejected, waiting_for } = line;
    logger.info(
      {
        state,
        rows,
        rows_per_s,
        lag_ms,
        file,
        position,
        ...(rejected > 0 && { rejected }),
        ...(waiting_for !== null && { waiting_for }),
      },
      "status",
    );
  });
}

/** The rate of a counter since it was last asked for, per second. */
type RateMeter = (count: number) => number;

function createRateMeter(clock: Clock): RateMeter {
  let [lastCount, lastMs] = [0, clock.now()];
  return (count) => {
    const ms = clock.now();
    const rate = ms > lastMs ? ((count - lastCount) * 1_000) / (ms - lastMs) : 0;
    [lastCount, lastMs] = [count, ms];
    return Math.round(rate);
  };
}

function toStatusLine(status: PipelineStatus, meter: RateMeter): StatusLine {
  const { sink, position } = status;
  return {
    time: new Date().toISOString(),
    pipeline: status.pipeline,
    state: status.state,
    rows: status.rows,
    rows_per_s: meter(status.rows),
    transactions: status.transactions,
    lag_ms: status.lagMs,
    file: position?.file ?? null,
    position: position?.position ?? null,
    gtid: position?.gtid ?? null,
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
}

async function repeat(
  { signal, clock = systemClock }: StatusReportOptions,
  intervalMs: number,
  action: () => void,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(intervalMs, signal);
    action();
  }
}

import { systemClock, type Clock } from "../core/clock.ts";
import type { Logger } from "../core/logger.ts";
import { createLineMaker, type ReportedStatus, type StatusLine } from "./status-line.ts";

/** Where and how often a status is reported. */
export interface StatusReportOptions {
  /** The status now. */
  readonly read: () => ReportedStatus;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

/** Gives a status line every second until the signal aborts, and one last line then, whose state is `stopped`. */
export async function streamStatus(
  options: StatusReportOptions,
  write: (line: StatusLine) => void,
): Promise<void> {
  const toLine = createLineMaker(options.clock ?? systemClock);
  await repeat(options, 1_000, () => write(toLine(options.read())));
  write(toLine({ ...options.read(), state: "stopped" }));
}

/** Logs one line every ten seconds in which rows were answered for or the state or the partitions changed. */
export async function logStatus(options: StatusReportOptions, logger: Logger): Promise<void> {
  const toLine = createLineMaker(options.clock ?? systemClock);
  let logged = "";
  await repeat(options, 10_000, () => {
    const line = toLine(options.read());
    const { state, rows, rows_per_s, lag_s, latency_ms, rejected, waiting_for, loading } = line;
    const place =
      line.topology === "sync"
        ? { records_behind: line.records_behind, partitions: line.partitions }
        : { file: line.file, position: line.position };
    const news = JSON.stringify([state, rows, place.partitions, rejected, waiting_for, loading]);
    if (news === logged || (logged === "" && rows === 0)) return;
    logged = news;
    const troubles = {
      ...(rejected > 0 && { rejected }),
      ...(waiting_for && { waiting_for }),
      ...(loading && { loading }),
    };
    logger.info({ state, rows, rows_per_s, lag_s, latency_ms, ...place, ...troubles }, "status");
  });
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

import type { Clock } from "../core/clock.ts";
import type { SinkStats } from "../core/sink.ts";
import { describeLoads, type ReportedLoad } from "./load-line.ts";

/** What is reported of every running pipeline. Counters count since its start and are never reset. */
interface CommonStatus {
  readonly pipeline: string;
  readonly state: string;
  /** Document actions, of a capture records, taken from the source, and those of them that are answered for. A row whose key changed makes two. */
  readonly actionsTaken: number;
  readonly actionsClosed: number;
  /** Age of the last acknowledged transaction while others wait, 0 when none does; null = unknown. */
  readonly lagSeconds: number | null;
  /** Commit on the source to acknowledgement, ms, of the last transaction; null before the first. */
  readonly latencyMs: number | null;
  readonly gaps: readonly unknown[];
  readonly sink: SinkStats;
  /** Of one that writes documents: rows of which its rules wrote nothing, a row for each rule. */
  readonly rows?: UnwrittenRows;
  /** Of one in whose process tables are loaded: the loads, done or not. */
  readonly loads?: readonly ReportedLoad[] | undefined;
  /** Of one that compares documents with their rows without end. */
  readonly verify?: ReportedVerify | undefined;
}

/** How comparing without end stands. */
interface ReportedVerify {
  /** Passes begun, and rows compared, since the start. */
  readonly pass: number;
  readonly rows: number;
  /** What the last whole pass found, by rule and kind; null before its end. */
  readonly lastPass: {
    readonly byRule: readonly {
      readonly rule: string;
      readonly kind: string;
      readonly documents: number;
    }[];
  } | null;
}

/** Rows that a rule's conditions leave out, updates in which no column changed that it uses, and rows that became dead letters. */
interface UnwrittenRows {
  readonly filtered: number;
  readonly unchanged: number;
  readonly failed: number;
}

/** Of one that reads a log: the last position acknowledged. */
interface LogStatus {
  readonly topology: "direct" | "capture";
  readonly transactionsPending: number;
  readonly file: string;
  readonly position: number;
  readonly gtidSet: string | undefined;
}

/** Of one that reads records: those read and not acknowledged, and how many the partitions of this instance hold that are not; null = unknown. */
interface PartitionStatus {
  readonly topology: "sync";
  readonly recordsPending: number;
  readonly partitions: readonly { readonly lagRecords: number | null }[];
}

/** What is reported of a running pipeline at one moment. */
export type ReportedStatus = CommonStatus & (LogStatus | PartitionStatus);

/** What every status line has. */
interface CommonLine {
  /** ISO 8601. */
  readonly time: string;
  readonly pipeline: string;
  readonly state: string;
  readonly rows: number;
  readonly rows_per_s: number;
  readonly rows_in_flight: number;
  /** Of pipelines that write documents. */
  readonly rows_filtered?: number;
  readonly rows_unchanged?: number;
  readonly rows_failed?: number;
  readonly lag_s: number | null;
  readonly latency_ms: number | null;
  readonly gaps: number;
  readonly applied: number;
  readonly conflicts: number;
  readonly rejected: number;
  readonly retries: number;
  readonly collapsed: number;
  readonly requests: number;
  readonly bytes: number;
  readonly waiting_for: string | null;
  /** Of pipelines that load tables: what is being loaded, in words; null = nothing. */
  readonly loading?: string | null;
  readonly rss_mb: number;
}

/** A status line of a pipeline that reads MySQL's log. */
export interface LogStatusLine extends CommonLine {
  readonly topology: "direct" | "capture";
  readonly transactions_pending: number;
  readonly file: string;
  readonly position: number;
  readonly gtid_set: string | null;
}

/** A status line of a pipeline that reads Kafka. */
export interface SyncStatusLine extends CommonLine {
  readonly topology: "sync";
  readonly records_pending: number;
  readonly records_behind: number | null;
  readonly partitions: number;
}

/** One status as `run --json` prints it: flat, names and units as in metrics. */
export type StatusLine = LogStatusLine | SyncStatusLine;

/** Makes lines whose rate is that since the line before. */
export function createLineMaker(clock: Clock): (status: ReportedStatus) => StatusLine {
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
      ...(status.rows !== undefined && {
        rows_filtered: status.rows.filtered,
        rows_unchanged: status.rows.unchanged,
        rows_failed: status.rows.failed,
      }),
      lag_s: status.lagSeconds === null ? null : Math.round(status.lagSeconds * 1_000) / 1_000,
      latency_ms: status.latencyMs,
      ...placeOf(status),
      gaps: status.gaps.length,
      applied: sink.applied,
      conflicts: sink.conflicts,
      rejected: sink.rejected,
      retries: sink.retries,
      collapsed: sink.collapsed,
      requests: sink.requests,
      bytes: sink.bytes,
      waiting_for: sink.waitingFor,
      ...(status.loads !== undefined && { loading: describeLoads(status.loads) }),
      rss_mb: Math.round(process.memoryUsage.rss() / 2 ** 20),
    };
  };
}

/** What says how far a pipeline is in what it reads. */
function placeOf(
  status: LogStatus | PartitionStatus,
): Omit<LogStatusLine, keyof CommonLine> | Omit<SyncStatusLine, keyof CommonLine> {
  if (status.topology === "sync") {
    const { topology, recordsPending, partitions } = status;
    return {
      topology,
      records_pending: recordsPending,
      records_behind: recordsBehind(partitions),
      partitions: partitions.length,
    };
  }
  const { topology, transactionsPending, file, position, gtidSet } = status;
  return {
    topology,
    transactions_pending: transactionsPending,
    file,
    position,
    gtid_set: gtidSet ?? null,
  };
}

/** Records in the topics that are not acknowledged; null while it is unknown of a partition. */
function recordsBehind(partitions: PartitionStatus["partitions"]): number | null {
  return partitions.reduce<number | null>(
    (sum, { lagRecords }) => (sum === null || lagRecords === null ? null : sum + lagRecords),
    0,
  );
}

import type { PipelineConfig } from "../config/config.ts";
import type { TableGap } from "../core/checkpoint.ts";
import type { SinkStats } from "../core/sink.ts";
import type { LoadProgress } from "../snapshot/load-progress.ts";
import type { VerifyStatus } from "./verify/verify-status.ts";

/** What every running pipeline can tell about itself at any moment. */
export interface CommonStatus {
  readonly pipeline: string;
  /**
   * `running` = changes flow; `waiting` = the sink or the source cannot be reached at the moment; `standby` = another process runs the pipeline, and this
   * one takes over when that one ends; `rebalancing` = partitions are being taken over from other instances or given to them.
   */
  readonly state: "running" | "waiting" | "standby" | "rebalancing";
  /** Seconds between now and the commit of the last acknowledged transaction while others wait, 0 when all that was read is acknowledged; null = unknown (not connected). */
  readonly lagSeconds: number | null;
  /** Commit on the source to acknowledgement by the sink, ms, of the last transaction acknowledged; null before the first. */
  readonly latencyMs: number | null;
  readonly gaps: readonly TableGap[];
  /** Document actions, of a capture records, that were taken from the source, and those of them that are answered for. */
  readonly actionsTaken: number;
  readonly actionsClosed: number;
  /** Of a capture: `applied` are records that the brokers hold, `requests` what was sent at once, `bytes` the batches before compression. */
  readonly sink: SinkStats;
}

/** How far the source's log is read and acknowledged. */
export interface LogStatus {
  /** The place of the checkpoint; an empty file name when none is known yet. */
  readonly file: string;
  readonly position: number;
  readonly gtidSet: string | undefined;
  readonly transactionsPending: number;
}

/** Rows of which rules wrote nothing, since the stages were opened; a row counts for each rule. */
export interface UnwrittenRows {
  /** The rule's conditions leave them out. */
  readonly filtered: number;
  /** Updates in which no column changed that the rule uses. */
  readonly unchanged: number;
  /** Became dead letters: the rule has no document, or no place for it. */
  readonly failed: number;
}

/** A pipeline from MySQL into documents. */
export interface DirectStatus extends CommonStatus, LogStatus {
  readonly topology: "direct";
  readonly rows: UnwrittenRows;
  /** Loads of tables beside the stream, done or not. */
  readonly loads: readonly LoadProgress[];
  /** How comparing documents with their rows stands; absent where it is not asked for (`verify.continuous`). */
  readonly verify?: VerifyStatus | undefined;
}

/** A pipeline from MySQL into records. */
export interface CaptureStatus extends CommonStatus, LogStatus {
  readonly topology: "capture";
}

/** A pipeline from records into documents. */
export interface SyncStatus extends CommonStatus {
  readonly topology: "sync";
  readonly rows: UnwrittenRows;
  /** Read and not acknowledged. */
  readonly recordsPending: number;
  /** Those assigned to this instance. */
  readonly partitions: readonly PartitionStatus[];
  /** Loads of tables beside the stream, done or not, whichever instance works at them; none where tables are loaded only when asked for. */
  readonly loads: readonly LoadProgress[];
  /** As of {@link DirectStatus}; of the instance that does it. */
  readonly verify?: VerifyStatus | undefined;
}

/** How far a partition is read. */
export interface PartitionStatus {
  readonly topic: string;
  readonly partition: number;
  /** Everything before it is acknowledged. */
  readonly offset: number;
  /** The partition's end as last seen; -1 = unknown. */
  readonly end: number;
  /** Records that are not acknowledged; null = unknown. */
  readonly lagRecords: number | null;
}

/** What a running pipeline can tell about itself at any moment. */
export type PipelineStatus = DirectStatus | CaptureStatus | SyncStatus;

/** The status of a pipeline with such a configuration. */
export type StatusOf<Config extends PipelineConfig> = Extract<
  PipelineStatus,
  { readonly topology: Config["topology"] }
>;

import type { TableGap } from "../core/checkpoint.ts";
import type { SinkStats } from "../core/sink.ts";

/** What a running pipeline can tell about itself at any moment. */
export interface PipelineStatus {
  readonly pipeline: string;
  /** `running` = changes flow; `waiting` = the sink or the source cannot be reached at the moment. */
  readonly state: "running" | "waiting";
  /** Seconds between now and the commit of the last acknowledged transaction while others wait, 0 when all that was read is acknowledged; null = unknown (not connected). */
  readonly lagSeconds: number | null;
  /** Commit on the source to acknowledgement by the sink, ms, of the last transaction acknowledged; null before the first. */
  readonly latencyMs: number | null;
  readonly actionsTaken: number;
  readonly actionsClosed: number;
  readonly transactionsPending: number;
  readonly file: string;
  readonly position: number;
  readonly gtidSet: string | undefined;
  readonly gaps: readonly TableGap[];
  readonly sink: SinkStats;
}

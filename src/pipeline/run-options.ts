import type { CaptureConfig, OffsetStart, PipelineConfig } from "../config/config.ts";
import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/logger.ts";
import type { LoadControl, LoadRequest } from "./load/load-control.ts";
import type { ReloadRequests } from "./reload-requests.ts";
import type { StartRequest } from "./start.ts";
import type { PipelineStatus, StatusOf } from "./status.ts";
import type { Acknowledged } from "./tracker.ts";

/** How a pipeline is run. */
export interface RunOptions<Config extends PipelineConfig = PipelineConfig> {
  /** Aborts to drain and stop. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** Begin here instead of at the checkpoint. */
  readonly from?: StartRequest | undefined;
  /** Of a sync: commit these offsets for its group first. */
  readonly seekTo?: OffsetStart | undefined;
  /** Of a capture: the greatest epoch of documents that its records become; null when there are none. Asked when there is no checkpoint. Default null. */
  readonly readKnownEpoch?: (() => Promise<number | null>) | undefined;
  /** Of a sync: the half that publishes what it reads, where the configuration has it. Tables are loaded when that has begun, with versions of its epoch. */
  readonly capture?: CaptureConfig | undefined;
  /** Go on from the checkpoint although the rules have changed since. */
  readonly acceptChanges?: boolean | undefined;
  /** Of a direct pipeline: load these tables beside the stream, first of all. What is wrong with them ends the run. */
  readonly loads?: readonly LoadRequest[] | undefined;
  /**
   * Called once the source is being read, before that when the run waits as a standby, and again whenever the pipeline was opened anew; gives the means to
   * look at the run.
   */
  readonly onReady?: ((view: StatusView<StatusOf<Config>>) => void) | undefined;
  /** Other configurations that are to be taken over while it runs. */
  readonly reloads?: ReloadRequests | undefined;
  /** Called for every transaction that is closed, in log order. */
  readonly onAcknowledged?: ((acknowledged: Acknowledged) => void) | undefined;
  readonly clock?: Clock | undefined;
}

/** The means to look at a run. */
export interface StatusView<Status extends PipelineStatus = PipelineStatus> {
  readonly status: () => Status;
  /** Absent: tables cannot be loaded in this process. */
  readonly loads?: LoadControl | undefined;
}

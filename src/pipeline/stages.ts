import type { Clock } from "../core/clock.ts";
import type { RuleConfig } from "../config/config.ts";
import type { TailraceError } from "../core/errors.ts";
import type { LoadControl } from "./load/load-control.ts";
import type { PumpStages } from "./pump.ts";
import type { ReloadAnswer } from "./reload.ts";
import type { RunOptions } from "./run-options.ts";
import type { PipelineStatus } from "./status.ts";

/** A pipeline's stages, open and connected to one another. Closing them closes everything they hold. */
export interface Stages extends PumpStages, AsyncDisposable {
  readonly resume: ResumePoint;
  readonly clock: Clock;
  /** Calls the listener with the error when the destination or what it needs cannot go on. */
  onFailure(listener: (error: unknown) => void): void;
  /** Takes note of what ended the run, as far as the next one must know it. Called before the last save. */
  noteFailure?(error: TailraceError): void;
  status(): PipelineStatus;
  /** Absent: tables cannot be loaded in this process. */
  readonly loads?: LoadControl | undefined;
  /**
   * Checks these rules and switches to them at a batch boundary; rejects with what is wrong with them, and nothing has changed then. Absent: the stages are
   * opened anew instead.
   */
  reloadRules?(rules: readonly RuleConfig[]): Promise<ReloadAnswer>;
}

/** Where the next run goes on, kept behind what is acknowledged: a checkpoint, or the offsets of a consumer group. */
export interface ResumePoint {
  /** Saves it while it moves, until the signal aborts. A failure that may pass is logged and tried again; any other rejects. */
  run(signal: AbortSignal): Promise<void>;
  /** Moves it over everything acknowledged until now; durable when it resolves. Throws STATE_* or KAFKA_*. */
  save(): Promise<void>;
  /** Where it is, as fields of a log line. */
  place(): Readonly<Record<string, unknown>>;
}

/** How stages are opened. */
export type OpenOptions = RunOptions & { readonly clock: Clock };

import type { TableLoad } from "../../core/load.ts";
import type { LoadProgress } from "../../snapshot/load-progress.ts";

/** Which loads are meant: those that agree in all that is given. */
export interface LoadChoice {
  /** `database.table`, or a pattern as in rules. */
  readonly table?: string | undefined;
  /** A rule by name. */
  readonly rule?: string | undefined;
}

/** Which rows are asked to be loaded: of which tables that rules take, and for which of their rules. */
export interface LoadRequest extends LoadChoice {
  /** A condition in the source's SQL. */
  readonly where?: string | undefined;
}

/** Loads of a running pipeline, for who runs it. All of these may be repeated without harm. */
export interface LoadControl {
  /**
   * Begins loads and resolves with them; one that is under way goes on. Rejects with SNAPSHOT_WHERE_INVALID, SNAPSHOT_UNDER_WAY, SNAPSHOT_NOTHING, SNAPSHOT_NO_KEY or SOURCE_*, and nothing has
   * begun then.
   */
  start(request: LoadRequest): Promise<readonly TableLoad[]>;
  /** Begins no more chunks. Resolves with how many loads that were. */
  pause(choice: LoadChoice): Promise<number>;
  /** Goes on where they were. */
  resume(choice: LoadChoice): Promise<number>;
  /** Ends loads; what was written stays. */
  cancel(choice: LoadChoice): Promise<number>;
  status(): readonly LoadProgress[];
}

import type { TableLoad } from "../../core/load.ts";
import type { LoadProgress, LoadSelection } from "../../snapshot/load-progress.ts";

/** Which rows of which tables are asked to be loaded; without `table` and `rule` all that the rules take. */
export interface LoadRequest {
  /** `database.table`, or a pattern as in rules. */
  readonly table?: string | undefined;
  /** A rule by name; absent = all rules of the tables. */
  readonly rule?: string | undefined;
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
  pause(selection: LoadSelection): Promise<number>;
  /** Goes on where they were. */
  resume(selection: LoadSelection): Promise<number>;
  /** Ends loads; what was written stays. */
  cancel(selection: LoadSelection): Promise<number>;
  status(): readonly LoadProgress[];
}

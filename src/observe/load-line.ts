import type { LoadState } from "../core/load.ts";

/** How the load of a table stands. */
export interface ReportedLoad {
  readonly database: string;
  readonly table: string;
  readonly rules: readonly string[];
  readonly state: LoadState;
  readonly rows: number;
  /** Null = unknown. */
  readonly estimatedRows: number | null;
  readonly rowsPerSecond: number;
  /** Null = unknown. */
  readonly secondsLeft: number | null;
  readonly waitsFor: string | null;
}

/** So many tables are named. */
const MOST = 3;

/** Tells of the loads that are under way in words: `shop.orders 42 %, 12,300 rows/s, 3 min left; 2 more wait`. Null when there are none. */
export function describeLoads(loads: readonly ReportedLoad[]): string | null {
  const running = loads.filter(({ state }) => state === "running");
  const waiting = loads.filter(({ state }) => state === "waiting").length;
  const told = running.slice(0, MOST).map(describeLoad);
  const more = running.length - told.length;
  if (more > 0) told.push(`${more} more`);
  if (waiting > 0) told.push(`${waiting} wait${waiting === 1 ? "s" : ""}`);
  return told.length === 0 ? null : told.join("; ");
}

function describeLoad(load: ReportedLoad): string {
  const { database, table, rows, estimatedRows, rowsPerSecond, secondsLeft, waitsFor } = load;
  // the estimate is one: what is more than it says is not done
  const percent =
    estimatedRows === null || estimatedRows === 0
      ? `${format(rows)} rows`
      : `${Math.min(99, Math.floor((100 * rows) / estimatedRows))} %`;
  const parts = [`${database}.${table} ${percent}`, `${format(rowsPerSecond)} rows/s`];
  if (secondsLeft !== null) parts.push(`${describeSeconds(secondsLeft)} left`);
  if (waitsFor !== null && rowsPerSecond === 0) parts.push(`waits for ${waitsFor}`);
  return parts.join(", ");
}

function describeSeconds(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5_400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}

function format(count: number): string {
  return Math.round(count).toLocaleString("en-US");
}

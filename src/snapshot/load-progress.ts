import type { TableLoad } from "../core/load.ts";

/** How a load stands at this moment. */
export interface LoadProgress extends TableLoad {
  /** Rows acknowledged per second, of the last seconds; 0 while it does not run. */
  readonly rowsPerSecond: number;
  /** By the server's estimate and the rate; null = unknown. */
  readonly secondsLeft: number | null;
  /** What keeps it from reading on at this moment, in words (`the rate limit`, a failure that is tried again); null = nothing. */
  readonly waitsFor: string | null;
}

/** Which loads are meant: those that agree in all that is given; of a rule: those that write it. */
export interface LoadSelection {
  readonly database?: string | undefined;
  readonly table?: string | undefined;
  readonly rule?: string | undefined;
}

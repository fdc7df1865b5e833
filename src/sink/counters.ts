/** The sink's counters, written by all its parts. Meanings as in {@link SinkStats}. */
export interface Counters {
  applied: number;
  conflicts: number;
  rejected: number;
  /** Actions sent again. */
  retries: number;
  requests: number;
  bytes: number;
  collapsed: number;
}

/** All zero. */
export function createCounters(): Counters {
  return {
    applied: 0,
    conflicts: 0,
    rejected: 0,
    retries: 0,
    requests: 0,
    bytes: 0,
    collapsed: 0,
  };
}

import type { Clock } from "../core/clock.ts";

/** So many rows per second over all connections: whoever wants to read reserves, and waits for the turn. */
export class RowLimit {
  readonly #rowsPerSecond: number;
  readonly #clock: Clock;
  /** When everything reserved so far has had its time. */
  #freeAtMs = 0;
  #waiting = 0;

  constructor(rowsPerSecond: number, clock: Clock) {
    this.#rowsPerSecond = rowsPerSecond;
    this.#clock = clock;
  }

  /** Does anyone wait for a turn? */
  get isWaitedFor(): boolean {
    return this.#waiting > 0;
  }

  /** Reserves rows and resolves when they may be read, or the signal aborts. */
  async reserve(rows: number, signal: AbortSignal): Promise<void> {
    const now = this.#clock.now();
    const from = Math.max(now, this.#freeAtMs);
    this.#freeAtMs = from + this.#msOf(rows);
    if (from <= now) return;
    this.#waiting += 1;
    try {
      await this.#clock.sleep(from - now, signal);
    } finally {
      this.#waiting -= 1;
    }
  }

  /** Rows that were reserved and not there. */
  giveBack(rows: number): void {
    this.#freeAtMs -= this.#msOf(rows);
  }

  #msOf(rows: number): number {
    return (rows * 1_000) / this.#rowsPerSecond;
  }
}

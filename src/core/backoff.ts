import type { Clock } from "./clock.ts";

/** Exponential back-off with full jitter: 100 ms doubling to 10 s, reset by progress. */
export class Backoff {
  readonly #clock: Clock;
  #failures = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How often in a row it has failed. */
  get failures(): number {
    return this.#failures;
  }

  /** Counts a failure and returns the milliseconds to wait before the next try. */
  next(): number {
    const ceiling = Math.min(10_000, 100 * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    return ceiling / 2 + (this.#clock.random() * ceiling) / 2;
  }

  /** There was progress: the next failure waits briefly again. */
  reset(): void {
    this.#failures = 0;
  }
}

import { Backoff } from "../core/backoff.ts";
import type { Clock } from "../core/clock.ts";

const MAX_PAUSE_MS = 1000;
const FIRST_WARNING = 6;

/** Pauses between the tries of something that is tried for ever: growing, but never so long that a broker that has come back ends our session unheard. */
export class Pauses {
  readonly #backoff: Backoff;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#backoff = new Backoff(clock);
  }

  /** How often in a row it has failed. */
  get failures(): number {
    return this.#backoff.failures;
  }

  /** It has failed for some seconds, and is worth a warning: then, and twice a minute. */
  get isWorthWarning(): boolean {
    return this.failures === FIRST_WARNING || (this.failures > 0 && this.failures % 30 === 0);
  }

  /** Counts a failure and returns the milliseconds to wait before the next try. */
  next(): number {
    return Math.min(MAX_PAUSE_MS, this.#backoff.next());
  }

  /** Counts a failure and waits, or not when the signal aborts. */
  async pause(signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(this.next(), signal);
  }

  /** There was progress: the next pause is short again. */
  reset(): void {
    this.#backoff.reset();
  }
}

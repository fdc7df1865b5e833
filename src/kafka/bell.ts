import type { Clock } from "../core/clock.ts";

/** Something to wait for that happens again and again. One waiter; what rings while nobody waits is heard by the next wait. */
export class Bell {
  readonly #clock: Clock;
  #isRung = false;
  #sleeper: AbortController | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  ring(): void {
    this.#isRung = true;
    this.#sleeper?.abort();
  }

  /** Resolves when it is rung, at the latest after `ms`. */
  async heard(ms: number): Promise<void> {
    if (!this.#isRung) {
      this.#sleeper = new AbortController();
      await this.#clock.sleep(ms, this.#sleeper.signal);
      this.#sleeper = null;
    }
    this.#isRung = false;
  }
}

import type { Clock } from "../core/clock.ts";

const SPAN_MS = 10_000;

/** Rows per second over the last ten seconds. */
export class RowRate {
  readonly #clock: Clock;
  readonly #startedMs: number;
  readonly #samples: { readonly atMs: number; readonly rows: number }[] = [];
  #sum = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedMs = clock.now();
  }

  add(rows: number): void {
    this.#samples.push({ atMs: this.#clock.now(), rows });
    this.#sum += rows;
    this.#forget();
  }

  get perSecond(): number {
    this.#forget();
    const spanMs = Math.min(SPAN_MS, this.#clock.now() - this.#startedMs);
    return spanMs <= 0 ? 0 : (this.#sum * 1_000) / spanMs;
  }

  #forget(): void {
    const since = this.#clock.now() - SPAN_MS;
    while (this.#samples.length > 0 && this.#samples[0]!.atMs < since) {
      this.#sum -= this.#samples.shift()!.rows;
    }
  }
}

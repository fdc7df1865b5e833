import { createRandom, type Random as Choices } from "../../scripts/support/random.ts";

/** A reproducible source of choices: the same seed gives the same sequence. */
export class Random {
  readonly #choices: Choices;

  constructor(seed: number) {
    this.#choices = createRandom(seed, "expressions");
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    return this.#choices.integer(0, limit - 1);
  }

  /** True in this share of cases. */
  chance(share: number): boolean {
    return this.#choices.chance(share);
  }

  /** One of them. */
  pick<T>(choices: readonly T[]): T {
    return this.#choices.pick(choices);
  }

  /** So many digits. */
  digits(count: number): string {
    return Array.from({ length: count }, () => this.below(10)).join("");
  }
}

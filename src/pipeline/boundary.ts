import { TailraceError } from "../core/errors.ts";

/** The ends of transactions, for who must wait for one: what is done there is seen by none of the rows before it and by all behind it. */
export class Boundary {
  #isBetween = true;
  #isIdle = false;
  #waiting: {
    readonly act: () => void;
    readonly done: () => void;
    readonly fail: (error: unknown) => void;
  } | null = null;

  /** Something is being taken. */
  enter(): void {
    this.#isBetween = false;
    this.#isIdle = false;
  }

  /** A transaction has ended. */
  leave(): void {
    this.#isBetween = true;
    this.#act();
  }

  /** Nothing is here at the moment. */
  idle(): void {
    this.#isIdle = true;
    if (this.#isBetween) this.#act();
  }

  /** Calls the function at the next end of a transaction, or now when nothing is being taken. Rejects when another waits, or with what it throws. */
  at(act: () => void): Promise<void> {
    if (this.#waiting !== null)
      return Promise.reject(
        new TailraceError("INVARIANT_BROKEN", "Two switches of rules at once."),
      );
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting = { act, done: resolve, fail: reject };
    if (this.#isBetween && this.#isIdle) this.#act();
    return promise;
  }

  #act(): void {
    const waiting = this.#waiting;
    if (waiting === null) return;
    this.#waiting = null;
    try {
      waiting.act();
      waiting.done();
    } catch (error) {
      waiting.fail(error);
    }
  }
}

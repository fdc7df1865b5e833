import type { AbortedTransaction } from "./fetch-call.ts";

/**
 * Which of a fetch response's transactional batches belong to transactions that were aborted. The broker names each such transaction by its producer and
 * first offset; it lasts up to the producer's abort marker, and the same producer may have several in one response. The marker may also come in a later
 * response, which then names the transaction again: so this knows one response only.
 *
 * Batches are shown in order of their offsets. A transaction begins to count when a batch reaches its first offset, not before: an earlier batch of the
 * same producer may be one of a committed transaction.
 */
export class AbortedTransactions {
  /** By first offset. */
  #waiting: readonly AbortedTransaction[] = [];
  #next = 0;
  /** Producers whose transaction is being passed. */
  readonly #open = new Set<bigint>();

  /** Begins with another response. */
  reset(aborted: readonly AbortedTransaction[]): void {
    this.#waiting =
      aborted.length < 2 ? aborted : aborted.toSorted((a, b) => a.firstOffset - b.firstOffset);
    this.#next = 0;
    this.#open.clear();
  }

  /** Nothing was aborted: batches need not be shown. */
  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Whether the records of a transactional batch that is not a control batch are to be left out. */
  isAborted(producerId: bigint, lastOffset: number): boolean {
    this.#advance(lastOffset);
    return this.#open.has(producerId);
  }

  /** An abort marker ends its producer's transaction. */
  end(producerId: bigint, lastOffset: number): void {
    this.#advance(lastOffset);
    this.#open.delete(producerId);
  }

  #advance(lastOffset: number): void {
    for (; this.#next < this.#waiting.length; this.#next += 1) {
      const { producerId, firstOffset } = this.#waiting[this.#next]!;
      if (firstOffset > lastOffset) return;
      this.#open.add(producerId);
    }
  }
}

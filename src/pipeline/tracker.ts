import type { CommitEvent, HeartbeatEvent } from "../core/change-event.ts";
import type { SourcePosition } from "../core/checkpoint.ts";

/** A transaction's end that is acknowledged together with all before it. */
export interface Acknowledged {
  readonly position: SourcePosition;
  /** µs since 1970, 0 = unknown. */
  readonly commitTimeUs: number;
}

interface Pending extends Acknowledged {
  /** Actions numbered below this belong to this transaction or to earlier ones. */
  readonly taken: number;
}

/**
 * Which transactions are closed: each end of a transaction remembers how many actions had been taken, and is closed once the sink's contiguous
 * prefix of closed actions has reached that number. Nothing else moves the checkpoint: no timer, no number of tries.
 */
export class CommitTracker {
  readonly #pending: Pending[] = [];
  #first = 0;

  /** The transaction (or idle position) ends after `taken` actions. */
  add(event: CommitEvent | HeartbeatEvent, taken: number): void {
    this.#pending.push({
      position: event.position,
      commitTimeUs: event.kind === "commit" ? event.commitTimeUs : 0,
      taken,
    });
  }

  /** Removes the transactions that are closed when the first `closed` actions are, calling `each` for them in log order. */
  close(closed: number, each: (acknowledged: Acknowledged) => void): void {
    const pending = this.#pending;
    while (this.#first < pending.length && pending[this.#first]!.taken <= closed)
      each(pending[this.#first++]!);
    if (this.#first === pending.length || this.#first > COMPACT_AFTER) {
      pending.splice(0, this.#first);
      this.#first = 0;
    }
  }

  /** Transactions read and not closed. */
  get size(): number {
    return this.#pending.length - this.#first;
  }
}

const COMPACT_AFTER = 4096;

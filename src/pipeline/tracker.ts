import type { CommitEvent, HeartbeatEvent } from "../core/change-event.ts";
import type { LogPlace, SourcePosition } from "../core/checkpoint.ts";

/** A transaction's end that is acknowledged together with all before it. */
export interface Acknowledged {
  readonly position: SourcePosition;
  /** µs since 1970, 0 = unknown. */
  readonly commitTimeUs: number;
}

/** Room for so many open transactions at first. */
const INITIAL_CAPACITY = 1024;

/**
 * Which transactions are closed: each end of a transaction remembers how many actions had been taken, and is closed once the sink's contiguous
 * prefix of closed actions has reached that number. Nothing else moves the checkpoint: no timer, no number of tries.
 *
 * Tens of thousands of small transactions may be open. As objects they outlive the garbage collector's young generation, which then grows
 * by 100 MB; so they are numbers in rings side by side, and objects only for the moment in which they are closed.
 */
export class CommitTracker {
  #ring = createRing(INITIAL_CAPACITY);
  /** Counted from the start: the transactions from `#first` to `#next` are open. */
  #first = 0;
  #next = 0;

  /** The transaction (or idle position) ends after `taken` actions. */
  add(event: CommitEvent | HeartbeatEvent, taken: number): void {
    if (this.size === this.#ring.capacity) this.#grow();
    const ring = this.#ring;
    const at = this.#next % ring.capacity;
    const { file, position, gtid, readTo } = event.position;
    ring.taken[at] = taken;
    ring.positions[at] = position;
    ring.commitTimesUs[at] = event.kind === "commit" ? event.commitTimeUs : 0;
    ring.files[at] = file;
    ring.gtids[at] = gtid;
    ring.readTo[at] = readTo;
    this.#next += 1;
  }

  /** Removes the transactions that are closed when the first `closed` actions are, calling `each` for them in log order. */
  close(closed: number, each: (acknowledged: Acknowledged) => void): void {
    const ring = this.#ring;
    while (this.#first < this.#next) {
      const at = this.#first % ring.capacity;
      if (ring.taken[at]! > closed) return;
      const gtid = ring.gtids[at];
      const readTo = ring.readTo[at];
      ring.gtids[at] = undefined;
      ring.readTo[at] = undefined;
      this.#first += 1;
      each({
        position: { file: ring.files[at]!, position: ring.positions[at]!, gtid, readTo },
        commitTimeUs: ring.commitTimesUs[at]!,
      });
    }
  }

  /** Transactions read and not closed. */
  get size(): number {
    return this.#next - this.#first;
  }

  #grow(): void {
    const old = this.#ring;
    const ring = createRing(2 * old.capacity);
    for (let n = this.#first; n < this.#next; n++) {
      const from = n % old.capacity;
      const to = n % ring.capacity;
      ring.taken[to] = old.taken[from]!;
      ring.positions[to] = old.positions[from]!;
      ring.commitTimesUs[to] = old.commitTimesUs[from]!;
      ring.files[to] = old.files[from];
      ring.gtids[to] = old.gtids[from];
      ring.readTo[to] = old.readTo[from];
    }
    this.#ring = ring;
  }
}

interface Ring {
  readonly capacity: number;
  /** Actions numbered below this belong to this transaction or to earlier ones. */
  readonly taken: Float64Array;
  readonly positions: Float64Array;
  readonly commitTimesUs: Float64Array;
  readonly files: (string | undefined)[];
  readonly gtids: (string | undefined)[];
  /** Rare: only while XA transactions are prepared. */
  readonly readTo: (LogPlace | undefined)[];
}

function createRing(capacity: number): Ring {
  return {
    capacity,
    taken: new Float64Array(capacity),
    positions: new Float64Array(capacity),
    commitTimesUs: new Float64Array(capacity),
    files: Array.from({ length: capacity }),
    gtids: Array.from({ length: capacity }),
    readTo: Array.from({ length: capacity }),
  };
}

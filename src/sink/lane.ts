import { Batch, type BatchLimits } from "./batch.ts";
import type { Counters } from "./counters.ts";

/** Sends a closed batch and resolves when every action in it is closed: true, or false when the sink was closed meanwhile. */
export type Deliver = (batch: Batch) => Promise<boolean>;

/** What all lanes of a sink share. */
export interface LaneOptions {
  readonly limits: BatchLimits;
  readonly counters: Counters;
}

/** What a lane tells the sink. */
export interface LaneEvents {
  /** Its request is done: everything in the batch is closed. */
  onIdle(lane: Lane): void;
  onFatal(error: unknown): void;
}

/**
 * The actions of a share of the documents, in order: one batch being filled, at most one being sent. The next is sent when the one
 * before is closed to its last action, so order per document needs nothing else.
 */
export class Lane {
  filling: Batch;
  /** The batch on its way, or null when the lane is idle. */
  sending: Batch | null = null;
  readonly #limits: BatchLimits;
  readonly #counters: Counters;
  readonly #deliver: Deliver;
  readonly #events: LaneEvents;
  #spare: Batch;
  #isStopped = false;
  #running: Promise<void> = Promise.resolve();

  constructor(options: LaneOptions, deliver: Deliver, events: LaneEvents) {
    const { limits, counters } = options;
    this.#limits = limits;
    this.#counters = counters;
    this.#deliver = deliver;
    this.#events = events;
    this.filling = new Batch(limits);
    this.#spare = new Batch(limits);
  }

  /** True when the batch being filled should be sent without waiting for more. */
  get isFull(): boolean {
    const { count, committed } = this.filling;
    return count >= this.#limits.maxActions || committed >= this.#limits.maxBytes;
  }

  /** Number of the first action that is not closed, or Infinity when there is none. */
  get firstOpen(): number {
    if (this.sending !== null) return this.sending.firstOrdinal;
    return this.filling.count > 0 ? this.filling.firstOrdinal : Infinity;
  }

  /**
   * A batch with room for `needed` bytes: the one being filled, grown when it is far from full, or the next one when it can be sent.
   * Null while a request is in flight.
   */
  makeRoom(needed: number): Batch | null {
    const lacksRoom = this.filling.committed + needed > this.filling.bytes.length;
    if (this.isFull || (lacksRoom && this.filling.committed > this.#limits.maxBytes / 2)) {
      if (this.sending !== null || this.#isStopped) return null;
      this.#dispatch();
    }
    const batch = this.filling;
    if (batch.committed + needed > batch.bytes.length) batch.grow(needed);
    return batch;
  }

  /** Sends what the lane holds, if it is idle and holds something. */
  dispatchIfIdle(): void {
    if (this.sending === null && this.filling.count > 0 && !this.#isStopped) this.#dispatch();
  }

  #dispatch(): void {
    const batch = this.filling;
    this.filling = this.#spare;
    this.#spare = batch;
    this.sending = batch;
    this.#counters.collapsed += batch.holes;
    batch.close();
    this.#running = this.#run(batch);
  }

  /** Sends nothing more; resolves when the delivery under way has ended. */
  stop(): Promise<void> {
    this.#isStopped = true;
    return this.#running;
  }

  async #run(batch: Batch): Promise<void> {
    try {
      if (!(await this.#deliver(batch))) return;
    } catch (error) {
      this.#isStopped = true;
      this.#events.onFatal(error);
      return;
    }
    batch.reset();
    this.sending = null;
    this.#events.onIdle(this);
  }
}

import type { ChangeEvent, ChangeStream, OffsetEvent } from "../../core/change-event.ts";
import type { RecordConsumer } from "../../core/kafka.ts";
import type { RecordView } from "../../core/record.ts";
import type { OffsetTracker } from "./offset-tracker.ts";

/** Makes changes of a record. One record at a time: `next` gives its changes in turn, null behind the last. */
export interface Decoder {
  /** Takes the record, which stays valid until the next call. A promise where something has to be asked for first. */
  begin(record: RecordView): Promise<void> | undefined;
  next(): ChangeEvent | null;
  /** µs since 1970 at which the source committed what the record holds; 0 = unknown. */
  readonly commitTimeUs: number;
}

/** What a record stream is made of. Consumer and decoder stay the caller's. */
export interface RecordStreamParts {
  readonly consumer: Pick<RecordConsumer, "poll" | "wait" | "isConnected">;
  /** Asked for at each record: it may be replaced between two. */
  readonly decoder: () => Decoder;
  readonly tracker: OffsetTracker;
  /** Called for each record before its changes are taken; what it throws ends the stream. */
  readonly admit: (record: RecordView) => void;
}

/**
 * The records of a consumer as changes: those of one record, then a mark behind it. Disposing it ends the reading only: what was taken can still be committed by
 * the consumer.
 */
export class RecordStream implements ChangeStream {
  readonly #parts: RecordStreamParts;
  #isClosed = false;
  /** The record whose changes are being given. */
  #record: RecordView | null = null;
  #beginning: Promise<void> | null = null;
  #failure: { readonly error: unknown } | null = null;
  #wake: () => void = () => {};

  constructor(parts: RecordStreamParts) {
    this.#parts = parts;
  }

  get isConnected(): boolean {
    return this.#parts.consumer.isConnected;
  }

  /** The record whose changes are being taken; null between two. Valid until the next `poll`. */
  get record(): RecordView | null {
    return this.#record;
  }

  poll(): ChangeEvent | null {
    const { consumer, tracker, admit } = this.#parts;
    const decoder = this.#parts.decoder();
    if (this.#isClosed || this.#beginning !== null || this.#failure !== null) return null;
    if (this.#record === null) {
      const record = consumer.poll();
      if (record === null) return null;
      // first: from here on it is open, whatever becomes of it
      tracker.begin(record);
      admit(record);
      this.#record = record;
      const beginning = decoder.begin(record);
      if (beginning !== undefined) {
        this.#beginning = this.#settle(beginning);
        return null;
      }
    }
    const event = decoder.next();
    if (event !== null) return event;
    const { topic, partition, offset } = this.#record;
    this.#record = null;
    const { commitTimeUs } = decoder;
    return {
      kind: "offset",
      topic,
      partition,
      nextOffset: offset + 1,
      commitTimeUs,
    } satisfies OffsetEvent;
  }

  async #settle(beginning: Promise<void>): Promise<void> {
    try {
      await beginning;
    } catch (error) {
      this.#failure = { error };
    } finally {
      this.#beginning = null;
    }
  }

  async wait(): Promise<void> {
    if (this.#isClosed) return;
    // one promise for every wait: one that lives as long as the stream would gather listeners
    const woken = Promise.withResolvers<void>();
    this.#wake = woken.resolve;
    if (this.#beginning !== null) this.#beginning.then(woken.resolve, woken.reject);
    else if (this.#failure !== null) woken.reject(this.#failure.error);
    else this.#parts.consumer.wait().then(woken.resolve, woken.reject);
    await woken.promise;
    if (this.#failure !== null) throw this.#failure.error;
  }

  /** Gives no more changes; who waits for one goes on. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#wake();
    return Promise.resolve();
  }
}

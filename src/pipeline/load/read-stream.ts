import type { ChangeEvent, ChangeStream, ReadEvent } from "../../core/change-event.ts";
import type { LogPlace } from "../../core/checkpoint.ts";

/** A stream that knows how far it is. */
export interface PlacedStream extends ChangeStream {
  /** Everything in the log up to here was handed out by `poll`; null = not known. */
  readonly passed: LogPlace | null;
}

/** Where rows of loads come from. */
export interface ReadSource {
  readonly hasWaiting: boolean;
  next(passed: LogPlace | null): ReadEvent | null;
}

/** What a stream with rows among its changes is made of. */
export interface ReadStreamOptions {
  readonly stream: PlacedStream;
  readonly reads: ReadSource;
  /** Told of each event of the stream before it is handed out. */
  readonly onEvent: (event: ChangeEvent) => void;
  /** Called when the stream is closed, before it is. */
  readonly onClose: () => void;
}

/** So many bytes of rows are handed out in one turn of the event loop; then sockets are looked at. */
const BYTES_A_TURN = 512 * 1024;

/**
 * The changes of a stream with rows of loads among them. Rows come between two transactions only, one buffer at a time, and behind each the stream is asked first: it
 * never waits for more than one, and while it is idle rows come one after the other.
 *
 * `wait` of the stream may be under way for long; it is called once and kept, so that what wakes the other side up need not race against it.
 */
export class ReadStream implements ChangeStream {
  readonly #stream: PlacedStream;
  readonly #reads: ReadSource;
  readonly #options: ReadStreamOptions;
  #isBetween = true;
  /** The stream was asked since rows were handed out. */
  #wasAsked = true;
  #bytesInTurn = 0;
  /** The stream's `wait` that is under way. */
  #waiting: Promise<void> | null = null;
  #failure: { readonly error: unknown } | null = null;
  #wake: (() => void) | null = null;

  constructor(options: ReadStreamOptions) {
    this.#options = options;
    this.#stream = options.stream;
    this.#reads = options.reads;
  }

  poll(): ChangeEvent | null {
    if (this.#failure !== null) return null;
    if (this.#wasAsked && this.#reads.hasWaiting) {
      const read = this.#nextRead();
      if (read !== null) {
        this.#wasAsked = false;
        return read;
      }
    }
    this.#wasAsked = true;
    const event = this.#waiting === null ? this.#stream.poll() : null;
    if (event === null) return this.#reads.hasWaiting ? this.#nextRead() : null;
    this.#isBetween =
      event.kind === "commit" || event.kind === "heartbeat" || event.kind === "offset";
    this.#options.onEvent(event);
    return event;
  }

  #nextRead(): ReadEvent | null {
    if (!this.#isBetween || this.#bytesInTurn > BYTES_A_TURN) return null;
    const read = this.#reads.next(this.#stream.passed);
    if (read !== null) this.#bytesInTurn += read.end - read.start;
    return read;
  }

  /** There are new rows. */
  wake(): void {
    this.#wake?.();
  }

  async wait(): Promise<void> {
    if (this.#failure !== null) throw this.#failure.error;
    if (this.#bytesInTurn > BYTES_A_TURN) {
      this.#bytesInTurn = 0;
      return new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
    this.#bytesInTurn = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    this.#waiting ??= this.#waitForStream();
    await promise;
    if (this.#failure !== null) throw (this.#failure as { readonly error: unknown }).error;
  }

  async #waitForStream(): Promise<void> {
    try {
      await this.#stream.wait();
    } catch (error) {
      this.#failure = { error };
    }
    this.#waiting = null;
    this.#wake?.();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#options.onClose();
    await this.#stream[Symbol.asyncDispose]();
    this.wake();
    // what it waits for may be a connection that is being opened
    await this.#waiting;
  }
}

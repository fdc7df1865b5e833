import { PassThrough, type Transform } from "node:stream";
import { createZstdDecompress, zstdDecompressSync } from "node:zlib";
import { EVENT_FORMAT, Framer } from "../binlog/framer.ts";
import type { TransactionPayload } from "../binlog/transaction-payload.ts";
import type { ChangeEvent } from "../core/change-event.ts";
import { TailraceError } from "../core/errors.ts";
import type { EventView } from "./change-reader.ts";

/** Binlog events that lie inside another one or were held back; they have no checksums. */
export interface EventSequence {
  /** The next event; "later" when `wait` must be awaited first; null at the end. */
  next(): EventView | "later" | null;
  wait(): Promise<void>;
  /** Change events that follow the last event; asked for once, at the end. */
  trailing(): readonly ChangeEvent[];
}

/** Payloads up to this size are uncompressed in one step, in a buffer of their own; larger ones piece by piece, off this thread. */
const MAX_SYNC_BYTES = 4 * 1024 * 1024;
const PIECE_BYTES = 256 * 1024;

/** The events of a compressed transaction that is whole. Throws BINLOG_CORRUPT. */
export function openPayload(payload: TransactionPayload): EventSequence {
  if (payload.payload.length < payload.payloadBytes)
    throw damaged(new Error("it is longer than its event"));
  // the payload is a view of the connection's buffer, which the next pull may reuse
  if (payload.compression === "none") return new PayloadEvents(Buffer.from(payload.payload));
  if (payload.uncompressedBytes <= MAX_SYNC_BYTES) return new PayloadEvents(uncompress(payload));
  const stream = createZstdDecompress({ chunkSize: PIECE_BYTES });
  stream.end(Buffer.from(payload.payload));
  return new PayloadEvents(stream);
}

/** The rest of an event that is still arriving. */
export interface ArrivingBytes {
  /** The next bytes that are here, a buffer of their own; null when there are none: then `wait`. Throws BINLOG_CHECKSUM at the end. */
  read(): Buffer | null;
  /** All bytes were read. */
  readonly isEnded: boolean;
  /** Resolves when `read` may have more. */
  wait(): Promise<void>;
}

/**
 * The events of a compressed transaction while it arrives, in bounded memory whatever its size. What is here of the payload must be a buffer of
 * its own.
 */
export function openArrivingPayload(
  payload: TransactionPayload,
  rest: ArrivingBytes,
): EventSequence {
  const stream =
    payload.compression === "none"
      ? new PassThrough({ highWaterMark: PIECE_BYTES })
      : createZstdDecompress({ chunkSize: PIECE_BYTES });
  return new PayloadEvents(stream, new PayloadInput(stream, payload, rest));
}

/** Events that were held back, then the change events that close them. */
export function heldEvents(
  events: readonly Buffer[],
  trailing: () => readonly ChangeEvent[],
): EventSequence {
  let next = 0;
  return {
    trailing,
    wait: () => Promise.resolve(),
    next: () => {
      const bytes = events[next++];
      return bytes === undefined ? null : { bytes, start: 0, end: bytes.length };
    },
  };
}

function uncompress(payload: TransactionPayload): Buffer {
  try {
    return zstdDecompressSync(payload.payload, { maxOutputLength: MAX_SYNC_BYTES });
  } catch (cause) {
    throw damaged(cause);
  }
}

/** Feeds a stream with a payload's bytes as they arrive, a few at a time. */
class PayloadInput {
  readonly #stream: Transform;
  readonly #rest: ArrivingBytes;
  #missingBytes: number;
  /** Called when the stream has worked off a piece. */
  onWorkedOff: () => void = () => undefined;

  constructor(stream: Transform, payload: TransactionPayload, rest: ArrivingBytes) {
    this.#stream = stream;
    this.#rest = rest;
    this.#missingBytes = payload.payloadBytes;
    this.#write(payload.payload);
  }

  /** Writes what has arrived, unless the stream has enough to work on. */
  feed(): void {
    while (!this.#rest.isEnded && this.#stream.writableLength < PIECE_BYTES) {
      const bytes = this.#rest.read();
      if (bytes === null) return;
      this.#write(bytes);
      if (!this.#rest.isEnded) continue;
      if (this.#missingBytes > 0) throw damaged(new Error("it is longer than its event"));
      this.#stream.end();
    }
  }

  /** The stream has worked off all that it was given, and more is to arrive. */
  get isStarving(): boolean {
    return !this.#rest.isEnded && this.#stream.writableLength === 0;
  }

  wait(): Promise<void> {
    return this.#rest.wait();
  }

  #write(bytes: Buffer): void {
    const own = bytes.subarray(0, this.#missingBytes);
    this.#missingBytes -= own.length;
    if (own.length > 0) this.#stream.write(own, () => this.onWorkedOff());
  }
}

class PayloadEvents implements EventSequence {
  readonly #stream: Transform | null;
  readonly #input: PayloadInput | null;
  readonly #framer = new Framer(EVENT_FORMAT);
  #isEnded = false;
  #error: unknown = null;

  constructor(content: Buffer | Transform, input: PayloadInput | null = null) {
    this.#input = input;
    if (Buffer.isBuffer(content)) {
      this.#stream = null;
      this.#framer.push(content);
      return;
    }
    this.#stream = content;
    content.once("end", () => (this.#isEnded = true));
    content.once("error", (error) => (this.#error = error));
  }

  next(): EventView | "later" | null {
    for (;;) {
      if (this.#framer.next()) return this.#framer;
      const chunk = (this.#stream?.read() ?? null) as Buffer | null;
      if (chunk !== null) {
        this.#framer.push(chunk);
        continue;
      }
      if (this.#error !== null) throw damaged(this.#error);
      this.#input?.feed();
      if (this.#stream !== null && !this.#isEnded) return "later";
      if (this.#framer.isInsideFrame) throw damaged(new Error("it ends inside an event"));
      return null;
    }
  }

  trailing(): readonly ChangeEvent[] {
    return [];
  }

  wait(): Promise<void> {
    const stream = this.#stream;
    const input = this.#input;
    if (stream === null || this.#isEnded || this.#error !== null || stream.readableLength > 0)
      return Promise.resolve();
    if (input?.isStarving === true) return input.wait();
    return new Promise((resolve) => {
      const done = (): void => {
        for (const event of EVENTS) stream.off(event, done);
        resolve();
      };
      for (const event of EVENTS) stream.on(event, done);
      // a piece may be worked off without a byte of output
      if (input !== null) input.onWorkedOff = done;
    });
  }
}

const EVENTS = ["readable", "end", "error"] as const;

function damaged(cause: unknown): TailraceError {
  return new TailraceError("BINLOG_CORRUPT", "A compressed transaction cannot be uncompressed.", {
    cause,
  });
}

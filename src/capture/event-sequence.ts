import type { Readable } from "node:stream";
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

/** The events of a compressed transaction, in bounded memory whatever its size. */
export function openPayload(payload: TransactionPayload): EventSequence {
  // the payload is a view of the connection's buffer, which the next pull may reuse
  if (payload.compression === "none") return new PayloadEvents(Buffer.from(payload.payload));
  if (payload.uncompressedBytes <= MAX_SYNC_BYTES) return new PayloadEvents(uncompress(payload));
  const stream = createZstdDecompress({ chunkSize: PIECE_BYTES });
  stream.end(Buffer.from(payload.payload));
  return new PayloadEvents(stream);
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

class PayloadEvents implements EventSequence {
  readonly #stream: Readable | null;
  readonly #framer = new Framer(EVENT_FORMAT);
  #isEnded = false;
  #error: unknown = null;

  constructor(content: Buffer | Readable) {
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
    return new Promise((resolve) => {
      if (stream === null || this.#isEnded || this.#error !== null || stream.readableLength > 0)
        return resolve();
      const done = (): void => {
        for (const event of EVENTS) stream.off(event, done);
        resolve();
      };
      for (const event of EVENTS) stream.on(event, done);
    });
  }
}

const EVENTS = ["readable", "end", "error"] as const;

function damaged(cause: unknown): TailraceError {
  return new TailraceError("BINLOG_CORRUPT", "A compressed transaction cannot be uncompressed.", {
    cause,
  });
}

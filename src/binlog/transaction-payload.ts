import { Cursor } from "./cursor.ts";
import { TailraceError } from "../core/errors.ts";

/** A compressed transaction: its events lie one after another, without checksums, in `payload` once it is uncompressed. */
export interface TransactionPayload {
  readonly compression: "zstd" | "none";
  /** Size of the events in bytes when uncompressed. */
  readonly uncompressedBytes: number;
  /** Size of the payload in bytes. */
  readonly payloadBytes: number;
  /** What is here of it, a view: all of it when the event is whole. */
  readonly payload: Buffer;
}

/** Longest head of the event: three fields of a type, a length and a packed integer of at most 9 bytes, and the end's type. */
export const TRANSACTION_PAYLOAD_HEAD_BYTES = 3 * (1 + 1 + 9) + 1;

/** Field types of the payload header (`Transaction_payload_event`). */
const Field = { END: 0, PAYLOAD_SIZE: 1, COMPRESSION_TYPE: 2, UNCOMPRESSED_SIZE: 3 } as const;
const COMPRESSION_ZSTD = 0;
const COMPRESSION_NONE = 255;

/**
 * Decodes TRANSACTION_PAYLOAD: fields of (type, length, value), all packed integers, until type 0; then the payload. Of an event that comes in
 * parts the first one is enough.
 */
export function decodeTransactionPayload(
  bytes: Buffer,
  start: number,
  end: number,
): TransactionPayload {
  const c = new Cursor(bytes, start, end);
  let compression = COMPRESSION_NONE;
  let uncompressedBytes = 0;
  let payloadBytes = -1;
  for (;;) {
    const field = c.packed();
    if (field === Field.END) break;
    const length = c.packed();
    const valueStart = c.take(length);
    const value = new Cursor(bytes, valueStart, valueStart + length);
    if (field === Field.PAYLOAD_SIZE) payloadBytes = value.packed();
    else if (field === Field.COMPRESSION_TYPE) compression = value.packed();
    else if (field === Field.UNCOMPRESSED_SIZE) uncompressedBytes = value.packed();
  }
  if (compression !== COMPRESSION_ZSTD && compression !== COMPRESSION_NONE) {
    throw new TailraceError(
      "BINLOG_UNSUPPORTED",
      `Transactions are compressed with algorithm ${compression}, which is unknown.`,
    );
  }
  if (payloadBytes < 0) payloadBytes = c.remaining;
  const payload = c.view(Math.min(payloadBytes, c.remaining));
  return {
    compression: compression === COMPRESSION_ZSTD ? "zstd" : "none",
    uncompressedBytes: compression === COMPRESSION_NONE ? payloadBytes : uncompressedBytes,
    payloadBytes,
    payload,
  };
}

import { crc32 } from "node:zlib";
import type { PacketReader } from "../binlog/packet-reader.ts";
import type { ByteSource } from "../core/byte-source.ts";
import { TailraceError } from "../core/errors.ts";
import type { ArrivingBytes } from "./event-sequence.ts";

const CHECKSUM_BYTES = 4;
/** Bytes held back: enough that compressed data cannot be at its end without them (its own checksum has 4). */
export const HELD_BYTES = 8;

/**
 * Follows an event that comes in parts: tells its content from its checksum and verifies that at the end. The last bytes of the content are
 * held back until then, so that nobody can have got to the end of an event that is damaged.
 */
export class PartedEvent {
  readonly #contentBytes: number;
  readonly #hasChecksum: boolean;
  #seenBytes = 0;
  #crc = 0;
  #checksum = Buffer.alloc(0);
  #held = Buffer.alloc(0);

  /** `eventBytes` is the event's length by its header, its checksum included. */
  constructor(eventBytes: number, hasChecksum: boolean) {
    this.#contentBytes = eventBytes - (hasChecksum ? CHECKSUM_BYTES : 0);
    this.#hasChecksum = hasChecksum;
  }

  /**
   * Takes the next bytes of the event and returns those of its content that may be used, in buffers of their own; with `isLast` the rest. Throws
   * BINLOG_CHECKSUM when the event is damaged.
   */
  take(part: Buffer, isLast: boolean): Buffer {
    const content = part.subarray(0, Math.max(0, this.#contentBytes - this.#seenBytes));
    this.#seenBytes += part.length;
    if (this.#hasChecksum) {
      this.#crc = crc32(content, this.#crc);
      this.#checksum = Buffer.concat([this.#checksum, part.subarray(content.length)]);
    }
    const usable = Buffer.concat([this.#held, content]);
    if (isLast) {
      this.#verify();
      return usable;
    }
    const end = Math.max(0, usable.length - HELD_BYTES);
    this.#held = usable.subarray(end);
    return usable.subarray(0, end);
  }

  #verify(): void {
    const expected = this.#contentBytes + (this.#hasChecksum ? CHECKSUM_BYTES : 0);
    if (this.#seenBytes !== expected)
      throw new TailraceError(
        "BINLOG_CORRUPT",
        `An event of ${expected} bytes came in packets of ${this.#seenBytes} bytes.`,
      );
    if (this.#hasChecksum && this.#crc !== this.#checksum.readUInt32LE(0))
      throw new TailraceError(
        "BINLOG_CHECKSUM",
        `A compressed transaction of ${expected} bytes does not match its CRC32.`,
      );
  }
}

/** What follows the first part of the event that the packet reader hands out in parts. */
export function restOfEvent(
  event: PartedEvent,
  packets: PacketReader,
  source: ByteSource,
): ArrivingBytes {
  return {
    get isEnded() {
      return !packets.isContinued;
    },
    read: () => {
      while (!packets.next()) {
        const chunk = source.read();
        if (chunk === null) return null;
        packets.push(chunk);
      }
      const part = packets.bytes.subarray(packets.start, packets.end);
      return event.take(part, !packets.isContinued);
    },
    wait: async () => {
      if (!(await source.wait())) throw connectionClosed();
    },
  };
}

/** The other side has ended the binlog connection. */
export function connectionClosed(): TailraceError {
  return new TailraceError("SOURCE_UNREACHABLE", "The server closed the binlog connection.");
}

import { TailraceError } from "../core/errors.ts";

/** Reads the fields of one event in their order, never past its end: throws BINLOG_CORRUPT instead. Not for rows (they have compiled code). */
export class Cursor {
  readonly bytes: Buffer;
  offset: number;
  readonly end: number;

  constructor(bytes: Buffer, start: number, end: number) {
    this.bytes = bytes;
    this.offset = start;
    this.end = end;
  }

  get remaining(): number {
    return this.end - this.offset;
  }

  /** Returns the offset of the next `count` bytes and moves past them. */
  take(count: number): number {
    if (!(count >= 0) || this.offset + count > this.end) {
      throw new TailraceError(
        "BINLOG_CORRUPT",
        `An event ends ${this.offset + count - this.end} bytes before its content does.`,
      );
    }
    const start = this.offset;
    this.offset += count;
    return start;
  }

  uint8(): number {
    return this.bytes[this.take(1)]!;
  }

  uint16(): number {
    return this.bytes.readUInt16LE(this.take(2));
  }

  uint32(): number {
    return this.bytes.readUInt32LE(this.take(4));
  }

  /** Six-byte integer: table ids. */
  uint48(): number {
    return this.bytes.readUIntLE(this.take(6), 6);
  }

  uint64(): bigint {
    return this.bytes.readBigUInt64LE(this.take(8));
  }

  /** As `uint64`, a number where that is exact. */
  uint64Number(): number | bigint {
    const at = this.take(8);
    const high = this.bytes.readUInt32LE(at + 4);
    return high < 2 ** 21
      ? high * 2 ** 32 + this.bytes.readUInt32LE(at)
      : this.bytes.readBigUInt64LE(at);
  }

  /** Length-encoded integer (`int<lenenc>` of the protocol manual). */
  packed(): number {
    const first = this.uint8();
    if (first < 0xfb) return first;
    if (first === 0xfc) return this.uint16();
    if (first === 0xfd) return this.bytes.readUIntLE(this.take(3), 3);
    if (first === 0xfe) {
      const value = this.uint64();
      if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
    }
    throw new TailraceError(
      "BINLOG_CORRUPT",
      `A length-encoded integer begins with 0x${first.toString(16)}.`,
    );
  }

  /** The next `count` bytes, a view. */
  view(count: number): Buffer {
    const start = this.take(count);
    return this.bytes.subarray(start, start + count);
  }

  /** The next `count` bytes as UTF-8 text. */
  text(count: number): string {
    const start = this.take(count);
    return this.bytes.toString("utf8", start, start + count);
  }

  /** A text with its length before it, as a packed integer. */
  packedText(): string {
    return this.text(this.packed());
  }
}

import { TailraceError } from "../core/errors.ts";

/** How frames announce their length. */
export interface FrameFormat {
  /** Bytes at the start of each frame that tell its length. */
  readonly headerBytes: number;
  /** Length of the whole frame, header included, from the header at `bytes[offset]`. */
  frameBytes(bytes: Buffer, offset: number): number;
}

/**
 * MySQL's packet: 3 bytes length, 1 byte sequence number, payload
 * (https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_packets.html).
 */
export const PACKET_FORMAT: FrameFormat = {
  headerBytes: 4,
  frameBytes: (b, p) => 4 + (b[p]! | (b[p + 1]! << 8) | (b[p + 2]! << 16)),
};

/** Binlog events one after another, as in a file or a transaction payload: bytes 9 to 12 of the header are the event's size. */
export const EVENT_FORMAT: FrameFormat = {
  headerBytes: 19,
  frameBytes: (b, p) => b.readUInt32LE(p + 9),
};

/** A frame longer than this is corruption: the server's own limit is max_allowed_packet ≤ 1 GiB. */
const MAX_FRAME_BYTES = 0x4200_0000;

/**
 * Cuts chunks into frames. A frame inside one chunk is a view of it; one that spans chunks is put together in a buffer that grows with
 * the bytes that really arrive, never by an announced length alone. A frame is valid until the next call of `next` or `push`.
 */
export class Framer {
  /** The current frame is `bytes[start, end)`. */
  bytes: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;

  readonly #format: FrameFormat;
  #chunk: Buffer = Buffer.alloc(0);
  #offset = 0;
  /** The start of a frame whose rest has not arrived: `#partial[0, #filled)`. */
  #partial: Buffer = Buffer.allocUnsafeSlow(INITIAL_PARTIAL_BYTES);
  #filled = 0;
  /** Bytes of a frame handed out in parts that have not been handed out. */
  #partBytes = 0;

  constructor(format: FrameFormat) {
    this.#format = format;
  }

  /** True when the bytes so far end inside a frame. */
  get isInsideFrame(): boolean {
    return this.#filled > 0;
  }

  /** Length of the frame that has begun and is not whole, header included; 0 when there is none or its header is not whole. */
  get openFrameBytes(): number {
    return this.#filled < this.#format.headerBytes ? 0 : this.#frameBytes(this.#partial, 0);
  }

  /** What is here of the frame that has begun and is not whole, a view. */
  get openBytes(): Buffer {
    return this.#partial.subarray(0, this.#filled);
  }

  /** Bytes that are still to come by `nextPart`. */
  get partBytes(): number {
    return this.#partBytes;
  }

  /** Hands the open frame out in parts instead of putting it together: those bytes that are here now, the rest by `nextPart`. */
  openParts(): void {
    this.#partBytes = this.openFrameBytes - this.#filled;
    this.bytes = this.#partial;
    this.start = 0;
    this.end = this.#filled;
    this.#filled = 0;
  }

  /** Moves to the next bytes of a frame in parts; false when another chunk is needed. */
  nextPart(): boolean {
    const length = Math.min(this.#partBytes, this.#chunk.length - this.#offset);
    if (length === 0) return false;
    this.bytes = this.#chunk;
    this.start = this.#offset;
    this.end = this.#offset += length;
    this.#partBytes -= length;
    return true;
  }

  /** Gives the framer its next chunk; the one before must be used up (`next` returned false). */
  push(chunk: Buffer): void {
    this.#chunk = chunk;
    this.#offset = 0;
  }

  /** Moves to the next whole frame; false when another chunk is needed. Throws BINLOG_CORRUPT. */
  next(): boolean {
    if (this.#filled > 0) return this.#completePartial();
    const available = this.#chunk.length - this.#offset;
    if (available >= this.#format.headerBytes) {
      const length = this.#frameBytes(this.#chunk, this.#offset);
      if (available >= length) {
        this.bytes = this.#chunk;
        this.start = this.#offset;
        this.end = this.#offset += length;
        return true;
      }
    }
    this.#keep(available);
    return false;
  }

  #completePartial(): boolean {
    const header = this.#format.headerBytes;
    if (this.#filled < header) {
      this.#keep(Math.min(header - this.#filled, this.#chunk.length - this.#offset));
      if (this.#filled < header) return false;
    }
    const length = this.#frameBytes(this.#partial, 0);
    this.#keep(Math.min(length - this.#filled, this.#chunk.length - this.#offset));
    if (this.#filled < length) return false;
    this.bytes = this.#partial;
    this.start = 0;
    this.end = length;
    this.#filled = 0;
    if (this.#partial.length > MAX_REUSED_PARTIAL_BYTES)
      this.#partial = Buffer.allocUnsafeSlow(INITIAL_PARTIAL_BYTES);
    return true;
  }

  /** Moves `count` bytes of the chunk behind those kept. */
  #keep(count: number): void {
    const needed = this.#filled + count;
    if (needed > this.#partial.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#partial.length * 2));
      this.#partial.copy(larger, 0, 0, this.#filled);
      this.#partial = larger;
    }
    this.#chunk.copy(this.#partial, this.#filled, this.#offset, this.#offset + count);
    this.#filled = needed;
    this.#offset += count;
  }

  #frameBytes(bytes: Buffer, offset: number): number {
    const length = this.#format.frameBytes(bytes, offset);
    if (length < this.#format.headerBytes || length > MAX_FRAME_BYTES) {
      throw new TailraceError("BINLOG_CORRUPT", `A frame of ${length} bytes was announced.`);
    }
    return length;
  }
}

const INITIAL_PARTIAL_BYTES = 64 * 1024;
const MAX_REUSED_PARTIAL_BYTES = 1024 * 1024;

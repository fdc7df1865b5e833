import { Framer, PACKET_FORMAT } from "./framer.ts";

/** A payload of this length is continued in the next packet. */
const MAX_PAYLOAD_BYTES = 0xff_ff_ff;

/** Which payloads come in parts. */
export interface PartedPayloads {
  /** Packets shorter than this always come whole. */
  readonly minBytes: number;
  /** Bytes of the payload that must be here before it is looked at. */
  readonly headBytes: number;
  /** Does the payload that begins at `bytes[start…]` come in parts? */
  isParted(bytes: Buffer, start: number): boolean;
}

const HEADER_BYTES = PACKET_FORMAT.headerBytes;

/**
 * Cuts a connection's bytes into payloads: packets without their headers, those of 16 MiB − 1 joined with what follows. The current
 * payload is `bytes[start, end)`, valid until the next call.
 *
 * A payload of hundreds of MiB that can be worked off from its start need not be put together: it comes in parts, as they arrive.
 */
export class PacketReader {
  bytes: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;
  /** What `next` moved to is a part of a payload, and not its last one. */
  isContinued = false;

  readonly #framer = new Framer(PACKET_FORMAT);
  readonly #parted: PartedPayloads | null;
  #parts: Buffer[] = [];
  /** In parts: another packet follows the present one. */
  #isFullPacket = false;

  constructor(parted: PartedPayloads | null = null) {
    this.#parted = parted;
  }

  /** Gives the reader its next chunk; `next` must have returned false. */
  push(chunk: Buffer): void {
    this.#framer.push(chunk);
  }

  /** Moves to the next whole payload or the next part of one; false when another chunk is needed. */
  next(): boolean {
    if (this.isContinued) return this.#nextPart();
    const framer = this.#framer;
    while (framer.next()) {
      const start = framer.start + HEADER_BYTES;
      if (framer.end - start === MAX_PAYLOAD_BYTES) {
        this.#parts.push(Buffer.from(framer.bytes.subarray(start, framer.end)));
        continue;
      }
      if (this.#parts.length === 0) {
        this.bytes = framer.bytes;
        this.start = start;
        this.end = framer.end;
        return true;
      }
      this.bytes = Buffer.concat([...this.#parts, framer.bytes.subarray(start, framer.end)]);
      this.start = 0;
      this.end = this.bytes.length;
      this.#parts = [];
      return true;
    }
    return this.#isParted() && this.#openPacket();
  }

  #isParted(): boolean {
    if (this.#parted === null || this.#parts.length > 0) return false;
    const { minBytes, headBytes } = this.#parted;
    if (this.#framer.openFrameBytes < minBytes + HEADER_BYTES) return false;
    const { openBytes } = this.#framer;
    return (
      openBytes.length >= headBytes + HEADER_BYTES && this.#parted.isParted(openBytes, HEADER_BYTES)
    );
  }

  /** Hands out what is here of a packet that is not whole. */
  #openPacket(): boolean {
    const framer = this.#framer;
    if (framer.openFrameBytes === 0) return false;
    this.#isFullPacket = framer.openFrameBytes === MAX_PAYLOAD_BYTES + HEADER_BYTES;
    framer.openParts();
    return this.#part(framer.start + HEADER_BYTES);
  }

  #nextPart(): boolean {
    const framer = this.#framer;
    if (framer.partBytes > 0) return framer.nextPart() && this.#part(framer.start);
    // the payload goes on in the next packet
    if (!framer.next()) return this.#openPacket();
    this.#isFullPacket = framer.end - framer.start === MAX_PAYLOAD_BYTES + HEADER_BYTES;
    return this.#part(framer.start + HEADER_BYTES);
  }

  #part(start: number): true {
    const { bytes, end, partBytes } = this.#framer;
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.isContinued = partBytes > 0 || this.#isFullPacket;
    return true;
  }
}

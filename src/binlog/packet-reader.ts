import { Framer, PACKET_FORMAT } from "./framer.ts";

/** A payload of this length is continued in the next packet. */
const MAX_PAYLOAD_BYTES = 0xff_ff_ff;

/**
 * Cuts a connection's bytes into payloads: packets without their headers, those of 16 MiB − 1 joined with what follows. The current
 * payload is `bytes[start, end)`, valid until the next call.
 */
export class PacketReader {
  bytes: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;

  readonly #framer = new Framer(PACKET_FORMAT);
  #parts: Buffer[] = [];

  /** Gives the reader its next chunk; `next` must have returned false. */
  push(chunk: Buffer): void {
    this.#framer.push(chunk);
  }

  /** Moves to the next whole payload; false when another chunk is needed. */
  next(): boolean {
    const framer = this.#framer;
    while (framer.next()) {
      const start = framer.start + PACKET_FORMAT.headerBytes;
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
    return false;
  }
}

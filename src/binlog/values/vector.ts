import { corruptValue } from "./corrupt.ts";
import { writeFloat32 } from "./float.ts";

const FLOAT_BYTES = 4;

/**
 * Writes a VECTOR, `length` bytes of little-endian floats at `b[p]`, as a JSON array of the shortest numbers that read back as the same floats;
 * returns the new `o`. Writes at most 6 × length + 2 bytes. Throws BINLOG_CORRUPT.
 */
export function writeVector(b: Buffer, p: number, length: number, out: Buffer, o: number): number {
  if (length % FLOAT_BYTES !== 0) corruptValue("VECTOR");
  const end = p + length;
  out[o++] = 0x5b;
  for (let at = p; at < end; at += FLOAT_BYTES) {
    if (at > p) out[o++] = 0x2c;
    o = writeFloat32(b.readFloatLE(at), out, o);
  }
  out[o++] = 0x5d;
  return o;
}

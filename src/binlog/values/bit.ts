import { writeUint64 } from "./integer.ts";

/** Bytes that a BIT's JSON takes beyond six times its bytes in the row image. */
export const BIT_JSON_BOUND = 0;

/** Size of a BIT(`bits`) in a row image, bytes. */
export function bitSize(bits: number): number {
  return (bits + 7) >> 3;
}

/** Writes a BIT(`bits`), big-endian in the row image, as an unsigned number, exact to 64 bits. */
export function writeBit(b: Buffer, p: number, bits: number, out: Buffer, o: number): number {
  let low = 0;
  let high = 0;
  for (let i = p, end = p + bitSize(bits); i < end; i++) {
    high = (high << 8) | (low >>> 24);
    low = (low << 8) | b[i]!;
  }
  return writeUint64(low, high, out, o);
}

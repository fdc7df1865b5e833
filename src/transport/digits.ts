/**
 * Whole numbers as decimal digits, without strings and BigInt.
 */

/** Writes `high` × 2^32 + `low`, both taken as unsigned, and returns the place behind it: long division by 10^8 in steps of 16 bits, exact in doubles. */
export function writeUint64(high: number, low: number, out: Uint8Array, o: number): number {
  high >>>= 0;
  low >>>= 0;
  if (high < 0x200000) return writeUint53(high * 4294967296 + low, out, o);
  const q1 = Math.floor(high / 1e8);
  const r1 = (high - q1 * 1e8) * 65536 + (low >>> 16);
  const q2 = Math.floor(r1 / 1e8);
  const r2 = (r1 - q2 * 1e8) * 65536 + (low & 0xffff);
  const q3 = Math.floor(r2 / 1e8);
  o = writeUint53(q1 * 4294967296 + q2 * 65536 + q3, out, o);
  return writeEightDigits(r2 - q3 * 1e8, out, o);
}

/** Writes a whole number from 0 to below 2^53 and returns the place behind it. */
export function writeUint53(value: number, out: Uint8Array, o: number): number {
  if (value < 1e8) return writeShort(value, out, o);
  const high = Math.floor(value / 1e8);
  return writeEightDigits(value - high * 1e8, out, writeUint53(high, out, o));
}

function writeShort(value: number, out: Uint8Array, o: number): number {
  let digits = 1;
  for (let least = 10; value >= least; least *= 10) digits += 1;
  writeDigits(value, digits, out, o);
  return o + digits;
}

function writeEightDigits(value: number, out: Uint8Array, o: number): number {
  writeDigits(value, 8, out, o);
  return o + 8;
}

function writeDigits(value: number, digits: number, out: Uint8Array, o: number): void {
  let rest = value | 0;
  for (let at = o + digits - 1; at >= o; at--) {
    const next = (rest / 10) | 0;
    out[at] = 0x30 + rest - next * 10;
    rest = next;
  }
}

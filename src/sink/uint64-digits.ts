const ZERO = 0x30;

/**
 * Writes `high * 2^32 + low` (unsigned halves) in decimal at `out[at…]` and returns the end. Exact for all 64 bits: the number is cut
 * at 10^9, and no intermediate result exceeds 2^53. At most 20 bytes.
 */
export function writeUint64(high: number, low: number, out: Uint8Array, at: number): number {
  const first = high % 1e9;
  const second = first * 65536 + (low >>> 16);
  const third = (second % 1e9) * 65536 + (low & 0xffff);
  const upper =
    Math.floor(high / 1e9) * 2 ** 32 + Math.floor(second / 1e9) * 65536 + Math.floor(third / 1e9);
  let rest = third % 1e9;
  if (upper === 0) return writeNumber(rest, out, at);
  const end = writeNumber(upper, out, at) + 9;
  for (let i = end - 1; i >= end - 9; i--) {
    const next = Math.floor(rest / 10);
    out[i] = ZERO + (rest - next * 10);
    rest = next;
  }
  return end;
}

/** The same as a string, for messages and dead letters. */
export function formatUint64(high: number, low: number): string {
  return ((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)).toString();
}

/** Writes a non-negative safe integer in decimal and returns the end. */
function writeNumber(value: number, out: Uint8Array, at: number): number {
  let digits = 1;
  for (let bound = 10; value >= bound; bound *= 10) digits += 1;
  const end = at + digits;
  for (let i = end - 1; i >= at; i--) {
    const next = Math.floor(value / 10);
    out[i] = ZERO + (value - next * 10);
    value = next;
  }
  return end;
}

import { formatDecimal } from "./numeric/decimal.ts";
import { exactly, type Exact } from "./numeric/exact.ts";

/** Bytes that {@link writeDigits} writes at most: the 81 digits of nine words, those that a greater scale adds, sign and point. */
export const DIGITS_BOUND = 128;
/** Bytes of 64-bit integers at most. */
export const INTEGER_BOUND = 20;

const ZERO = 0x30;
const MINUS = 0x2d;
const POINT = 0x2e;
/** Up to this many a quotient by ten is cut in integer arithmetic. */
const MAX_INT32 = 0x7fff_ffff;

/** Writes `value` / 10^`scale` with all its digits at `out[o]`: `-0.05`, `12`. Returns the place behind it. */
export function writeDigits(value: Exact, scale: number, out: Uint8Array, o: number): number {
  const exact = typeof value === "bigint" ? exactly(value) : value;
  if (typeof exact === "bigint") return writeAscii(formatDecimal(exact, scale), out, o);
  let rest = exact;
  if (rest < 0) {
    rest = -rest;
    out[o++] = MINUS;
  }
  let count = scale + 1;
  for (let limit = powerOfTen(count); rest >= limit; limit *= 10) count++;
  const end = o + count + (scale > 0 ? 1 : 0);
  let at = end - 1;
  const point = scale > 0 ? at - scale : -1;
  while (rest > MAX_INT32) {
    if (at === point) out[at--] = POINT;
    const tenth = Math.floor(rest / 10);
    out[at--] = ZERO + (rest - tenth * 10);
    rest = tenth;
  }
  let small = rest | 0;
  while (at >= o) {
    if (at === point) out[at--] = POINT;
    const tenth = (small / 10) | 0;
    out[at--] = ZERO + (small - tenth * 10);
    small = tenth;
  }
  return end;
}

const POWERS = Float64Array.from({ length: 32 }, (_, exponent) => 10 ** exponent);

function powerOfTen(exponent: number): number {
  return POWERS[exponent]!;
}

function writeAscii(text: string, out: Uint8Array, o: number): number {
  for (let i = 0; i < text.length; i++) out[o++] = text.charCodeAt(i);
  return o;
}

const scratch = Buffer.alloc(DIGITS_BOUND);

/** The same as a text. */
export function digitsText(value: Exact, scale: number): string {
  return scratch.toString("latin1", 0, writeDigits(value, scale, scratch, 0));
}

/**
 * Values as the text protocol has them for {@link selectExpression}, written as the JSON of their row images, bytes to bytes. What `select-values.ts` does for
 * single values.
 */
import { isCalendarDay } from "../binlog/values/calendar.ts";
import { writeFloat32, writeFloat64 } from "../binlog/values/float.ts";

const QUOTE = 0x22;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const LETTER_T = 0x54;
const LETTER_Z = 0x5a;
const DATE_BYTES = 10;

/** Writes an integer or a DECIMAL, without the zeros that ZEROFILL and YEAR put in front. */
export function writeNumberText(
  b: Buffer,
  p: number,
  length: number,
  out: Buffer,
  o: number,
): number {
  const end = p + length;
  while (b[p] === ZERO && p + 1 < end && b[p + 1] !== POINT) p++;
  while (p < end) out[o++] = b[p++]!;
  return o;
}

/** Writes a FLOAT that came as the text of the double that it equals. */
export function writeFloatText(
  b: Buffer,
  p: number,
  length: number,
  out: Buffer,
  o: number,
): number {
  return writeFloat32(Math.fround(readNumberText(b, p, length)), out, o);
}

/** Writes a DOUBLE. */
export function writeDoubleText(
  b: Buffer,
  p: number,
  length: number,
  out: Buffer,
  o: number,
): number {
  return writeFloat64(readNumberText(b, p, length), out, o);
}

/** Below this many digits every integer, and below 23 every power of ten, is exact in a double; so the quotient of the two is rounded once. */
const EXACT_DIGITS = 15;
const POWERS = Float64Array.from({ length: EXACT_DIGITS + 1 }, (_, exponent) => 10 ** exponent);

/** The number nearest to a decimal text. */
export function readNumberText(b: Buffer, p: number, length: number): number {
  if (length <= EXACT_DIGITS + 1) {
    const end = p + length;
    const isNegative = b[p] === MINUS;
    let digits = 0;
    let places = -1;
    let i = isNegative ? p + 1 : p;
    for (; i < end; i++) {
      const byte = b[i]!;
      if (byte >= ZERO && byte <= 0x39) {
        digits = digits * 10 + byte - ZERO;
        if (places >= 0) places++;
      } else if (byte === POINT && places < 0) places = 0;
      else break;
    }
    if (i === end) {
      const size = places > 0 ? digits / POWERS[places]! : digits;
      return isNegative ? -size : size;
    }
  }
  return Number(b.toString("latin1", p, p + length));
}

function twoDigits(b: Buffer, p: number): number {
  return b[p]! * 10 + b[p + 1]! - 11 * ZERO;
}

/** Writes a DATE or DATETIME as ISO 8601 has it; `null` for a date that no calendar has. */
export function writeDateText(
  b: Buffer,
  p: number,
  length: number,
  out: Buffer,
  o: number,
): number {
  const year = twoDigits(b, p) * 100 + twoDigits(b, p + 2);
  if (!isCalendarDay(year, twoDigits(b, p + 5), twoDigits(b, p + 8))) {
    out[o] = 0x6e;
    out[o + 1] = 0x75;
    out[o + 2] = 0x6c;
    out[o + 3] = 0x6c;
    return o + 4;
  }
  out[o++] = QUOTE;
  for (let i = 0; i < length; i++) out[o + i] = b[p + i]!;
  if (length > DATE_BYTES) out[o + DATE_BYTES] = LETTER_T;
  o += length;
  out[o++] = QUOTE;
  return o;
}

/** Writes a TIMESTAMP of a session in UTC. */
export function writeTimestampText(
  b: Buffer,
  p: number,
  length: number,
  out: Buffer,
  o: number,
): number {
  const end = writeDateText(b, p, length, out, o);
  if (out[o] !== QUOTE) return end;
  out[end - 1] = LETTER_Z;
  out[end] = QUOTE;
  return end + 1;
}

/** Writes ASCII without anything to escape, TIME, UUID and INET, as a JSON string. */
export function writePlainText(
  b: Buffer,
  p: number,
  length: number,
  out: Buffer,
  o: number,
): number {
  out[o++] = QUOTE;
  for (const end = p + length; p < end; p++) out[o++] = b[p]!;
  out[o++] = QUOTE;
  return o;
}

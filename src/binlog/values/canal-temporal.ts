/**
 * Dates as MySQL prints them, for Canal's flat JSON: `2026-11-23 10:20:30.123`, TIMESTAMP in UTC and without a zone, and those that no calendar has as
 * they are stored (`0000-00-00`, `2012-00-00 00:00:00`). Times are as in documents.
 */
import { writeClock, writeDay } from "./calendar.ts";
import { corruptValue } from "./corrupt.ts";
import { readInt32 } from "./integer.ts";
import { QUOTE } from "./json-string.ts";
import {
  readFraction,
  writeDate,
  writeDatetime,
  writeFraction,
  writeTimestamp,
} from "./temporal.ts";
import { writeOldDatetime, writeOldTimestamp } from "./temporal-old.ts";

const SPACE = 0x20;
/** From a string's quote to the letter between day and clock. */
const LETTER_T = 11;
const TWO_TO_32 = 4294967296;

/** Writes a DATE. */
export function writeCanalDate(b: Buffer, p: number, out: Buffer, o: number): number {
  const end = writeDate(b, p, out, o);
  if (out[o] === QUOTE) return end;
  const bits = b[p]! | (b[p + 1]! << 8) | (b[p + 2]! << 16);
  return closeString(out, writeStoredDay(bits >>> 9, (bits >>> 5) & 15, bits & 31, out, o));
}

/** Writes a DATETIME(`fraction`). */
export function writeCanalDatetime(
  b: Buffer,
  p: number,
  fraction: number,
  out: Buffer,
  o: number,
): number {
  const end = writeDatetime(b, p, fraction, out, o);
  if (out[o] === QUOTE) {
    out[o + LETTER_T] = SPACE;
    return end;
  }
  const months = ((b[p]! & 0x7f) << 10) | (b[p + 1]! << 2) | (b[p + 2]! >>> 6);
  const bits = (b[p + 2]! << 16) | (b[p + 3]! << 8) | b[p + 4]!;
  const year = (months / 13) | 0;
  o = writeStoredDay(year, months - year * 13, (bits >>> 17) & 31, out, o);
  out[o] = SPACE;
  o = writeClock((bits >>> 12) & 31, (bits >>> 6) & 63, bits & 63, out, o + 1);
  if (fraction > 0) o = writeFraction(readFraction(b, p + 5, fraction), fraction, out, o);
  return closeString(out, o);
}

/** Writes a TIMESTAMP(`fraction`). */
export function writeCanalTimestamp(
  b: Buffer,
  p: number,
  fraction: number,
  out: Buffer,
  o: number,
): number {
  return withoutZone(fraction, out, o, writeTimestamp(b, p, fraction, out, o));
}

/** Writes a DATETIME from before MySQL 5.6: the decimal number YYYYMMDDhhmmss. */
export function writeCanalOldDatetime(b: Buffer, p: number, out: Buffer, o: number): number {
  const end = writeOldDatetime(b, p, out, o);
  if (out[o] === QUOTE) {
    out[o + LETTER_T] = SPACE;
    return end;
  }
  const number = (readInt32(b, p + 4) >>> 0) * TWO_TO_32 + (readInt32(b, p) >>> 0);
  const digits = String(number).padStart(14, "0");
  if (digits.length > 14) corruptValue("DATETIME");
  const text = digits.replace(/(....)(..)(..)(..)(..)(..)/, '"$1-$2-$3 $4:$5:$6"');
  return o + out.write(text, o, "latin1");
}

/** Writes a TIMESTAMP from before MySQL 5.6. */
export function writeCanalOldTimestamp(b: Buffer, p: number, out: Buffer, o: number): number {
  return withoutZone(0, out, o, writeOldTimestamp(b, p, out, o));
}

/** Turns the instant in out[o, end) into MySQL's text; the zero one has become `null` there. */
function withoutZone(fraction: number, out: Buffer, o: number, end: number): number {
  if (out[o] !== QUOTE) {
    const digits = fraction === 0 ? "" : `.${"0".repeat(fraction)}`;
    return o + out.write(`"0000-00-00 00:00:00${digits}"`, o, "latin1");
  }
  out[o + LETTER_T] = SPACE;
  out[end - 2] = QUOTE;
  return end - 1;
}

function writeStoredDay(year: number, month: number, day: number, out: Buffer, o: number): number {
  if (year > 9999) corruptValue("date");
  out[o] = QUOTE;
  return writeDay(year, month, day, out, o + 1);
}

function closeString(out: Buffer, o: number): number {
  out[o] = QUOTE;
  return o + 1;
}

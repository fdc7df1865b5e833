/**
 * DATE, TIME, DATETIME and TIMESTAMP as JSON strings, with exactly the column's digits of fraction:
 *
 *     DATE       "2026-11-23"
 *     DATETIME   "2026-11-23T10:20:30.123456"     no zone: what was stored
 *     TIMESTAMP  "2026-11-23T10:20:30.123456Z"    an instant, in UTC
 *     TIME       "-838:59:59.000000"              a duration, as MySQL prints it
 *
 * A date that no calendar has (0000-00-00, 2012-00-00, February 30) is `null`: Elasticsearch would reject the document. The year 0000 it takes.
 *
 * The packed forms below are those of `sql-common/my_time.cc` since MySQL 5.6, big-endian; the older ones are in `temporal-old.ts`
 * (https://dev.mysql.com/doc/dev/mysql-server/latest/classmysql_1_1binlog_1_1event_1_1Table__map__event.html). The fraction follows in 1 byte
 * (hundredths) for 1 or 2 digits, 2 bytes (of 10^-4 s) for 3 or 4, 3 bytes (µs) for 5 or 6.
 */
import { isCalendarDay, writeClock, writeDay, startOfDay, writeDayFrom } from "./calendar.ts";
import { corruptValue } from "./corrupt.ts";
import { writeFourDigits, writeTwoDigits, writeUint32 } from "./integer.ts";

/** Bytes that the JSON of any temporal type takes beyond six times its bytes in the row image. */
export const TEMPORAL_JSON_BOUND = 0;
/** Size of a DATE in a row image, bytes. */
export const DATE_SIZE = 3;

const QUOTE = 0x22;
const MINUS = 0x2d;
const POINT = 0x2e;
const COLON = 0x3a;
const LETTER_T = 0x54;
const LETTER_Z = 0x5a;

/** Size of a TIME(`fraction`) in a row image, bytes. */
export function timeSize(fraction: number): number {
  return 3 + fractionSize(fraction);
}

/** Size of a DATETIME(`fraction`) in a row image, bytes. */
export function datetimeSize(fraction: number): number {
  return 5 + fractionSize(fraction);
}

/** Size of a TIMESTAMP(`fraction`) in a row image, bytes. */
export function timestampSize(fraction: number): number {
  return 4 + fractionSize(fraction);
}

function fractionSize(fraction: number): number {
  return (fraction + 1) >> 1;
}

/** Writes a DATE: day 5 bits, month 4, year 15, little-endian. */
export function writeDate(b: Buffer, p: number, out: Buffer, o: number): number {
  const bits = b[p]! | (b[p + 1]! << 8) | (b[p + 2]! << 16);
  const year = bits >>> 9;
  const month = (bits >>> 5) & 15;
  const day = bits & 31;
  if (!isCalendarDay(year, month, day)) return writeNull(out, o);
  out[o] = QUOTE;
  o = writeDay(year, month, day, out, o + 1);
  out[o] = QUOTE;
  return o + 1;
}

/** Writes a DATETIME(`fraction`): sign 1 bit (set), year × 13 + month 17, day 5, hour 5, minute 6, second 6; then the fraction. */
export function writeDatetime(
  b: Buffer,
  p: number,
  fraction: number,
  out: Buffer,
  o: number,
): number {
  const months = ((b[p]! & 0x7f) << 10) | (b[p + 1]! << 2) | (b[p + 2]! >>> 6);
  const year = (months / 13) | 0;
  const month = months - year * 13;
  const bits = (b[p + 2]! << 16) | (b[p + 3]! << 8) | b[p + 4]!;
  const day = (bits >>> 17) & 31;
  if (!isCalendarDay(year, month, day)) return writeNull(out, o);
  out[o] = QUOTE;
  o = writeDay(year, month, day, out, o + 1);
  out[o] = LETTER_T;
  o = writeClock((bits >>> 12) & 31, (bits >>> 6) & 63, bits & 63, out, o + 1);
  if (fraction > 0) o = writeFraction(readFraction(b, p + 5, fraction), fraction, out, o);
  out[o] = QUOTE;
  return o + 1;
}

/** Writes a TIMESTAMP(`fraction`): seconds since 1970, 4 bytes; then the fraction. Zero seconds are MySQL's zero date: `null`. */
export function writeTimestamp(
  b: Buffer,
  p: number,
  fraction: number,
  out: Buffer,
  o: number,
): number {
  const seconds = ((b[p]! << 24) | (b[p + 1]! << 16) | (b[p + 2]! << 8) | b[p + 3]!) >>> 0;
  const rest = fraction > 0 ? readFraction(b, p + 4, fraction) : 0;
  return writeInstant(seconds, rest, fraction, out, o);
}

/** Writes a TIMESTAMP of `seconds` since 1970, and `rest` in the unit of a row image with `fraction` digits; `null` for zero seconds. */
export function writeInstant(
  seconds: number,
  rest: number,
  fraction: number,
  out: Buffer,
  o: number,
): number {
  if (seconds === 0) return writeNull(out, o);
  const start = startOfDay(seconds);
  const clock = seconds - start;
  const hours = (clock / 3600) | 0;
  const minutes = ((clock - hours * 3600) / 60) | 0;
  out[o] = QUOTE;
  o = writeDayFrom(start, out, o + 1);
  out[o] = LETTER_T;
  o = writeClock(hours, minutes, clock - hours * 3600 - minutes * 60, out, o + 1);
  if (fraction > 0) o = writeFraction(rest, fraction, out, o);
  out[o] = LETTER_Z;
  out[o + 1] = QUOTE;
  return o + 2;
}

/**
 * Writes a TIME(`fraction`): sign 1 bit, unused 1, hour 10, minute 6, second 6; then the fraction. All bytes together, fraction included, are one number
 * with 0x800000 at the head added: -00:00:00.5 is 7F FF FF CE, one second less and half a second more.
 */
export function writeTime(b: Buffer, p: number, fraction: number, out: Buffer, o: number): number {
  let bits = ((b[p]! << 16) | (b[p + 1]! << 8) | b[p + 2]!) - 0x800000;
  let rest = fraction > 0 ? readFraction(b, p + 3, fraction) : 0;
  out[o++] = QUOTE;
  if (bits < 0) {
    out[o++] = MINUS;
    if (rest > 0) {
      bits++;
      rest = (1 << (8 * fractionSize(fraction))) - rest;
    }
    bits = -bits;
  }
  o = writeHours(bits >>> 12, (bits >>> 6) & 63, bits & 63, out, o);
  if (fraction > 0) o = writeFraction(rest, fraction, out, o);
  out[o] = QUOTE;
  return o + 1;
}

/** Writes a duration as `HH:MM:SS` or `HHH:MM:SS`. */
export function writeHours(
  hours: number,
  minutes: number,
  seconds: number,
  out: Buffer,
  o: number,
): number {
  if (hours < 100) return writeClock(hours, minutes, seconds, out, o);
  o = writeUint32(hours, out, o);
  out[o] = COLON;
  o = writeTwoDigits(minutes, out, o + 1);
  out[o] = COLON;
  return writeTwoDigits(seconds, out, o + 1);
}

/** The fraction at `b[p]` in the unit of its bytes. */
export function readFraction(b: Buffer, p: number, fraction: number): number {
  if (fraction <= 2) return b[p]!;
  if (fraction <= 4) return (b[p]! << 8) | b[p + 1]!;
  return (b[p]! << 16) | (b[p + 1]! << 8) | b[p + 2]!;
}

/** Writes the point and `fraction` digits of `rest`; with an odd number of digits the unit's last digit is zero. Throws BINLOG_CORRUPT. */
export function writeFraction(rest: number, fraction: number, out: Buffer, o: number): number {
  out[o++] = POINT;
  if (fraction <= 2) {
    if (rest > 99) corruptValue("fraction of a second");
    writeTwoDigits(rest, out, o);
  } else if (fraction <= 4) {
    if (rest > 9999) corruptValue("fraction of a second");
    writeFourDigits(rest, out, o);
  } else {
    if (rest > 999999) corruptValue("fraction of a second");
    const high = (rest / 10000) | 0;
    writeTwoDigits(high, out, o);
    writeFourDigits(rest - high * 10000, out, o + 2);
  }
  return o + fraction;
}

/** Writes `null`. */
export function writeNull(out: Buffer, o: number): number {
  out[o] = 0x6e;
  out[o + 1] = 0x75;
  out[o + 2] = 0x6c;
  out[o + 3] = 0x6c;
  return o + 4;
}

/**
 * TIME, DATETIME and TIMESTAMP as MySQL stored them before 5.6, little-endian, without a fraction. Tables created then keep these forms until they
 * are rebuilt. The JSON is that of `temporal.ts`.
 */
import { isCalendarDay, writeClock, writeDay } from "./calendar.ts";
import { readInt32 } from "./integer.ts";
import { writeHours, writeInstant, writeNull } from "./temporal.ts";

/** Size of an old TIME in a row image, bytes. */
export const OLD_TIME_SIZE = 3;
/** Size of an old DATETIME in a row image, bytes. */
export const OLD_DATETIME_SIZE = 8;
/** Size of an old TIMESTAMP in a row image, bytes. */
export const OLD_TIMESTAMP_SIZE = 4;

const QUOTE = 0x22;
const MINUS = 0x2d;
const LETTER_T = 0x54;
const TWO_TO_32 = 4294967296;

/** Writes an old TIMESTAMP: seconds since 1970. */
export function writeOldTimestamp(b: Buffer, p: number, out: Buffer, o: number): number {
  return writeInstant(readInt32(b, p) >>> 0, 0, 0, out, o);
}

/** Writes an old DATETIME: the decimal number YYYYMMDDhhmmss. */
export function writeOldDatetime(b: Buffer, p: number, out: Buffer, o: number): number {
  const digits = (readInt32(b, p + 4) >>> 0) * TWO_TO_32 + (readInt32(b, p) >>> 0);
  const date = Math.floor(digits / 1e6);
  const clock = digits - date * 1e6;
  const year = Math.floor(date / 10000);
  const month = Math.floor(date / 100) % 100;
  const day = date % 100;
  if (!isCalendarDay(year, month, day)) return writeNull(out, o);
  const hours = (clock / 10000) | 0;
  const minutes = ((clock / 100) | 0) % 100;
  out[o] = QUOTE;
  o = writeDay(year, month, day, out, o + 1);
  out[o] = LETTER_T;
  o = writeClock(hours, minutes, clock % 100, out, o + 1);
  out[o] = QUOTE;
  return o + 1;
}

/** Writes an old TIME: the signed decimal number hhhmmss. */
export function writeOldTime(b: Buffer, p: number, out: Buffer, o: number): number {
  const signed = ((b[p]! << 8) | (b[p + 1]! << 16) | (b[p + 2]! << 24)) >> 8;
  const digits = Math.abs(signed);
  out[o++] = QUOTE;
  if (signed < 0) out[o++] = MINUS;
  o = writeHours((digits / 10000) | 0, ((digits / 100) | 0) % 100, digits % 100, out, o);
  out[o] = QUOTE;
  return o + 1;
}

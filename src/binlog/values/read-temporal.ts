/** Dates and times of row images for expressions: what was stored, zero and partial dates included. The forms are told in `temporal.ts` and `temporal-old.ts`. */
import type { Moment } from "../../core/sql-value.ts";
import { readInt32 } from "./integer.ts";
import { readFraction } from "./temporal.ts";

const TWO_TO_32 = 4294967296;
const DAY_SECONDS = 86_400;

/** Microseconds of a fraction in the unit of its bytes. */
function microseconds(rest: number, fraction: number): number {
  return fraction <= 2 ? rest * 10_000 : fraction <= 4 ? rest * 100 : rest;
}

function day(year: number, month: number, dayOfMonth: number): Moment {
  return momentOf(year, month, dayOfMonth, 0, 0, 0, 0);
}

// seven numbers in their natural order: an options object would be made for every value
function momentOf(
  year: number,
  month: number,
  dayOfMonth: number,
  hour: number,
  minute: number,
  second: number,
  microsecond: number,
): Moment {
  return { year, month, day: dayOfMonth, hour, minute, second, microsecond, isNegative: false };
}

/** A DATE. */
export function readDate(b: Buffer, p: number): Moment {
  const bits = b[p]! | (b[p + 1]! << 8) | (b[p + 2]! << 16);
  return day(bits >>> 9, (bits >>> 5) & 15, bits & 31);
}

/** A DATETIME(`fraction`). */
export function readDatetime(b: Buffer, p: number, fraction: number): Moment {
  const months = ((b[p]! & 0x7f) << 10) | (b[p + 1]! << 2) | (b[p + 2]! >>> 6);
  const year = (months / 13) | 0;
  const bits = (b[p + 2]! << 16) | (b[p + 3]! << 8) | b[p + 4]!;
  const micro = fraction > 0 ? microseconds(readFraction(b, p + 5, fraction), fraction) : 0;
  return momentOf(
    year,
    months - year * 13,
    (bits >>> 17) & 31,
    (bits >>> 12) & 31,
    (bits >>> 6) & 63,
    bits & 63,
    micro,
  );
}

/** A TIMESTAMP(`fraction`), in UTC. */
export function readTimestamp(b: Buffer, p: number, fraction: number): Moment {
  const seconds = ((b[p]! << 24) | (b[p + 1]! << 16) | (b[p + 2]! << 8) | b[p + 3]!) >>> 0;
  const micro = fraction > 0 ? microseconds(readFraction(b, p + 4, fraction), fraction) : 0;
  return instant(seconds, micro);
}

/** Zero seconds are MySQL's zero date. */
function instant(seconds: number, micro: number): Moment {
  if (seconds === 0) return day(0, 0, 0);
  const clock = seconds % DAY_SECONDS;
  const date = new Date((seconds - clock) * 1000);
  return momentOf(
    date.getUTCFullYear(),
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    (clock / 3600) | 0,
    ((clock / 60) | 0) % 60,
    clock % 60,
    micro,
  );
}

/** A TIME(`fraction`). */
export function readTime(b: Buffer, p: number, fraction: number): Moment {
  let bits = ((b[p]! << 16) | (b[p + 1]! << 8) | b[p + 2]!) - 0x800000;
  let rest = fraction > 0 ? readFraction(b, p + 3, fraction) : 0;
  const isNegative = bits < 0;
  if (isNegative) {
    if (rest > 0) {
      bits++;
      rest = (1 << (8 * ((fraction + 1) >> 1))) - rest;
    }
    bits = -bits;
  }
  const clock = { hour: bits >>> 12, minute: (bits >>> 6) & 63, second: bits & 63 };
  return { ...day(0, 0, 0), ...clock, microsecond: microseconds(rest, fraction), isNegative };
}

/** A TIMESTAMP from before MySQL 5.6. */
export function readOldTimestamp(b: Buffer, p: number): Moment {
  return instant(readInt32(b, p) >>> 0, 0);
}

/** A DATETIME from before MySQL 5.6. */
export function readOldDatetime(b: Buffer, p: number): Moment {
  const digits = (readInt32(b, p + 4) >>> 0) * TWO_TO_32 + (readInt32(b, p) >>> 0);
  const date = Math.floor(digits / 1e6);
  const clock = digits - date * 1e6;
  return momentOf(
    Math.floor(date / 10_000),
    Math.floor(date / 100) % 100,
    date % 100,
    Math.floor(clock / 10_000),
    Math.floor(clock / 100) % 100,
    clock % 100,
    0,
  );
}

/** A TIME from before MySQL 5.6. */
export function readOldTime(b: Buffer, p: number): Moment {
  const signed = ((b[p]! << 8) | (b[p + 1]! << 16) | (b[p + 2]! << 24)) >> 8;
  const digits = Math.abs(signed);
  const clock = {
    hour: (digits / 10_000) | 0,
    minute: ((digits / 100) | 0) % 100,
    second: digits % 100,
  };
  return { ...day(0, 0, 0), ...clock, isNegative: signed < 0 };
}

import { writeFourDigits, writeTwoDigits } from "./integer.ts";

const DASH = 0x2d;
const COLON = 0x3a;

/** Days from 1968-03-01, a leap year's first day after its leap day, to 1970-01-01. */
const DAYS_TO_1970 = 671;
/** 2100-03-01 in days since 1970: 2100 lacks the leap day that every other fourth year from 1968 to 2106 has. */
const MARCH_2100 = 47541;
const DAYS_OF_FOUR_YEARS = 1461;
const SECONDS_A_DAY = 86400;

/** Does the calendar have this day, with a year of four digits? False for MySQL's zero dates, partial dates and days like February 30. */
export function isCalendarDay(year: number, month: number, day: number): boolean {
  if (day < 1 || month < 1 || month > 12 || year > 9999) return false;
  return day <= 28 || day <= daysInMonth(year, month);
}

function daysInMonth(year: number, month: number): number {
  if (month !== 2) return 30 + ((month + (month >> 3)) & 1);
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}

/** Writes `YYYY-MM-DD`. */
export function writeDay(year: number, month: number, day: number, out: Buffer, o: number): number {
  o = writeFourDigits(year, out, o);
  out[o] = DASH;
  o = writeTwoDigits(month, out, o + 1);
  out[o] = DASH;
  return writeTwoDigits(day, out, o + 1);
}

/** Writes `HH:MM:SS`; the parts are below 100. */
export function writeClock(
  hours: number,
  minutes: number,
  seconds: number,
  out: Buffer,
  o: number,
): number {
  o = writeTwoDigits(hours, out, o);
  out[o] = COLON;
  o = writeTwoDigits(minutes, out, o + 1);
  out[o] = COLON;
  return writeTwoDigits(seconds, out, o + 1);
}

/** The last day written, by its first second since 1970. Rows of one time share their day. */
let cachedStart = -SECONDS_A_DAY;
let cachedYear = 0;
let cachedMonth = 0;
let cachedDay = 0;

/** The first second of the day (UTC) that `seconds` since 1970 are in. */
export function startOfDay(seconds: number): number {
  const clock = seconds - cachedStart;
  return clock >= 0 && clock < SECONDS_A_DAY ? cachedStart : seconds - (seconds % SECONDS_A_DAY);
}

/** Writes the `YYYY-MM-DD` of the day that begins at `start` seconds since 1970, up to 2106. */
export function writeDayFrom(start: number, out: Buffer, o: number): number {
  if (start !== cachedStart) cacheDay(start);
  return writeDay(cachedYear, cachedMonth, cachedDay, out, o);
}

function cacheDay(start: number): void {
  const day = start / SECONDS_A_DAY;
  // Years and months begin in March, so that leap days come last.
  const count = day + DAYS_TO_1970 + (day >= MARCH_2100 ? 1 : 0);
  const year = ((4 * count + 3) / DAYS_OF_FOUR_YEARS) | 0;
  const dayOfYear = count - ((year * DAYS_OF_FOUR_YEARS) >> 2);
  const month = ((5 * dayOfYear + 2) / 153) | 0;
  cachedStart = start;
  cachedYear = 1968 + year + (month < 10 ? 0 : 1);
  cachedMonth = month < 10 ? month + 3 : month - 9;
  cachedDay = dayOfYear - (((153 * month + 2) / 5) | 0) + 1;
}

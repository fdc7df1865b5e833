/**
 * Dates and times as numbers since 1970, the way Kafka Connect and Debezium have them (https://debezium.io/documentation/reference/stable/connectors/mysql.html#mysql-temporal-types),
 * into the form that documents have. Numbers are split as texts: microseconds of far years are beyond what a double holds.
 */
import { isCalendarDay, writeClock, writeDay } from "../binlog/values/calendar.ts";
import { writeHours } from "../binlog/values/temporal.ts";
import { Ascii } from "./json-scanner.ts";
import type { ColumnReader, ReadValue } from "./record-layout.ts";
import { isInteger } from "./read-numbers.ts";
import { readText } from "./read-text.ts";

const LETTER_T = 0x54;
const LETTER_Z = 0x5a;
const SECONDS_A_DAY = 86_400;
const TEMPORAL_BOUND = 48;
const MICROSECOND_DIGITS = 6;

/** Digits behind the seconds in a number's unit. */
export type UnitDigits = 0 | 3 | 6 | 9;

/** A column's digits of fraction; `null` = not told: none where the fraction is zero, else six. */
export type Fraction = number | null;

/** A number of days since 1970, or a text that `text` reads. */
export function epochDateReader(text: ColumnReader): ColumnReader {
  return {
    read: (b, p, end, out, o) => {
      if (b[p] === Ascii.QUOTE || !isInteger(b, p, end)) return text.read(b, p, end, out, o);
      const written = writeQuotedDay(Number(b.toString("latin1", p, end)), out, o);
      return written < 0 ? readText(b, p, end, out, o) : closeQuote(out, written);
    },
    bound: TEMPORAL_BOUND,
  };
}

/** What a moment is made of beside its text's form. */
export interface EpochForm {
  readonly unit: UnitDigits;
  readonly fraction: Fraction;
  /** TIMESTAMP: with a Z. */
  readonly isInstant: boolean;
  /** Reads what is no number. */
  readonly text: ColumnReader;
}

/** A DATETIME or TIMESTAMP as a number since 1970. */
export function epochDatetimeReader({ unit, fraction, isInstant, text }: EpochForm): ColumnReader {
  const read: ReadValue = (b, p, end, out, o) => {
    if (b[p] === Ascii.QUOTE || !isInteger(b, p, end)) return text.read(b, p, end, out, o);
    split(b, p, end, unit);
    let seconds = isNegative ? -wholeSeconds : wholeSeconds;
    let rest = microseconds;
    if (isNegative && rest > 0) {
      seconds -= 1;
      rest = 1e6 - rest;
    }
    const day = Math.floor(seconds / SECONDS_A_DAY);
    const clock = seconds - day * SECONDS_A_DAY;
    let to = writeQuotedDay(day, out, o);
    if (to < 0) return readText(b, p, end, out, o);
    out[to++] = LETTER_T;
    to = writeClock(Math.floor(clock / 3600), Math.floor(clock / 60) % 60, clock % 60, out, to);
    to = writeFraction(rest, fraction, out, to);
    if (isInstant) out[to++] = LETTER_Z;
    return closeQuote(out, to);
  };
  return { read, bound: TEMPORAL_BOUND };
}

/** A TIME as a number of its unit. */
export function epochTimeReader(
  unit: UnitDigits,
  fraction: Fraction,
  text: ColumnReader,
): ColumnReader {
  const read: ReadValue = (b, p, end, out, o) => {
    if (b[p] === Ascii.QUOTE || !isInteger(b, p, end)) return text.read(b, p, end, out, o);
    split(b, p, end, unit);
    if (wholeSeconds >= 1000 * 3600) return readText(b, p, end, out, o);
    out[o++] = Ascii.QUOTE;
    if (isNegative) out[o++] = Ascii.MINUS;
    o = writeHours(
      Math.floor(wholeSeconds / 3600),
      Math.floor(wholeSeconds / 60) % 60,
      wholeSeconds % 60,
      out,
      o,
    );
    return closeQuote(out, writeFraction(microseconds, fraction, out, o));
  };
  return { read, bound: TEMPORAL_BOUND };
}

let isNegative = false;
let wholeSeconds = 0;
let microseconds = 0;

/** Splits the integer's digits into whole seconds and microseconds. */
function split(b: Buffer, p: number, end: number, unit: UnitDigits): void {
  isNegative = b[p] === Ascii.MINUS;
  const digits = b.toString("latin1", isNegative ? p + 1 : p, end).padStart(unit + 1, "0");
  const point = digits.length - unit;
  wholeSeconds = Number(digits.slice(0, point));
  microseconds = Number(
    digits.slice(point).slice(0, MICROSECOND_DIGITS).padEnd(MICROSECOND_DIGITS, "0"),
  );
  if (wholeSeconds === 0 && microseconds === 0) isNegative = false;
}

function writeFraction(rest: number, fraction: Fraction, out: Buffer, o: number): number {
  const count = fraction ?? (rest === 0 ? 0 : MICROSECOND_DIGITS);
  if (count === 0) return o;
  const digits = String(rest).padStart(MICROSECOND_DIGITS, "0").slice(0, count);
  return o + out.write(`.${digits}`, o, "latin1");
}

function closeQuote(out: Buffer, o: number): number {
  out[o] = Ascii.QUOTE;
  return o + 1;
}

const DAYS_OF_400_YEARS = 146_097;
/** From 0000-03-01 to 1970-01-01. */
const DAYS_TO_1970 = 719_468;

/** Writes a quote and the day that is `day` days from 1970-01-01 (Gregorian throughout); -1 when its year has not four digits. */
function writeQuotedDay(day: number, out: Buffer, o: number): number {
  // years begin in March, so that leap days come last
  const count = day + DAYS_TO_1970;
  const era = Math.floor(count / DAYS_OF_400_YEARS);
  const dayOfEra = count - era * DAYS_OF_400_YEARS;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const month = Math.floor((5 * dayOfYear + 2) / 153);
  const dayOfMonth = dayOfYear - Math.floor((153 * month + 2) / 5) + 1;
  const year = yearOfEra + era * 400 + (month < 10 ? 0 : 1);
  const calendarMonth = month < 10 ? month + 3 : month - 9;
  if (!(year >= 0) || !isCalendarDay(year, calendarMonth, dayOfMonth)) return -1;
  out[o] = Ascii.QUOTE;
  return writeDay(year, calendarMonth, dayOfMonth, out, o + 1);
}

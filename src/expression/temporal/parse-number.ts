/** Numbers to dates and times by their decimal digits: `YYMMDD`, `YYYYMMDD`, `YYMMDDhhmmss`, `YYYYMMDDhhmmss`; `hhmmss`. */
import type { Moment } from "../../core/sql-value.ts";
import { createMoment, DATES_OF_TIMES, isDateTaken, type DateRules } from "./moment.ts";
import { isBeyondTime } from "./parse-time.ts";
import { roundUpDatetime, roundUpTime, withoutNegativeZero } from "./round.ts";

/** A number as MySQL takes it for a date: its whole part and a billion times the rest, both with its sign. */
export interface Parts {
  readonly whole: number;
  readonly nanosecond: number;
}

const MAX_TIME = 8_385_959;

/** A DECIMAL with `frac` digits behind the point. */
export function partsOfDecimal(value: bigint, frac: number): Parts {
  const unit = 10n ** BigInt(frac);
  const nanosecond = ((value % unit) * 1_000_000_000n) / unit;
  return { whole: Number(value / unit), nanosecond: Number(nanosecond) };
}

/** A DOUBLE. */
export function partsOfDouble(value: number): Parts {
  const whole = Math.trunc(value);
  if (Math.abs(whole) > 2 ** 63) return { whole, nanosecond: 0 };
  const nanosecond = Math.round((value - whole) * 1e9);
  return { whole, nanosecond: Math.max(-999_999_999, Math.min(999_999_999, nanosecond)) };
}

/** The number that a text begins with, as MySQL makes a DECIMAL of it: 0 where it begins with none. */
export function partsOfText(text: string): Parts {
  const match = /^[ \t\n\v\f\r]*([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?/.exec(text);
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match ?? [];
  const shift = whole.length + Math.max(-100, Math.min(100, Number(exponent)));
  const digits = `${whole}${fraction}`;
  const factor = sign === "-" ? -1 : 1;
  if (digits === "") return { whole: 0, nanosecond: 0 };
  const before = shift <= 0 ? "0" : digits.slice(0, shift).padEnd(shift, "0");
  const behind = shift < 0 ? "0".repeat(-shift) + digits : digits.slice(shift);
  return {
    whole: factor * Number(before),
    nanosecond: factor * Number(behind.slice(0, 9).padEnd(9, "0")),
  };
}

/** The date and time of a whole number; null where it is none, or the rules do not take it. */
export function wholeToDatetime(value: number, rules: DateRules): Moment | null {
  const digits = fullDigits(value);
  if (digits === null) return null;
  const date = Math.floor(digits / 1_000_000);
  const time = digits % 1_000_000;
  const moment = createMoment({
    year: Math.floor(date / 10_000),
    month: Math.floor(date / 100) % 100,
    day: date % 100,
    hour: Math.floor(time / 10_000),
    minute: Math.floor(time / 100) % 100,
    second: time % 100,
  });
  const isInRange =
    moment.month <= 12 &&
    moment.day <= 31 &&
    moment.hour <= 23 &&
    moment.minute <= 59 &&
    moment.second <= 59;
  return isInRange && isDateTaken(moment, rules) ? moment : null;
}

/** The date of a whole number where a DATE is wanted, which sees less: digits of a time do not count, `YYMMDD` may be as short as it is. Month and day may be zero and of no calendar. */
export function wholeToDateParts(value: number): Moment | null {
  if (value < 0) return null;
  let date = value > 99_999_999 ? Math.floor(value / 1_000_000) : value;
  if (date < 700_000) date += 20_000_000;
  else if (date < 1_000_000) date += 19_000_000;
  const year = Math.floor(date / 10_000);
  const month = Math.floor(date / 100) % 100;
  const day = date % 100;
  return year > 9999 || month > 12 || day > 31 ? null : createMoment({ year, month, day });
}

/** The date and time of a number with a fraction, which counts only behind seconds; rounded to microseconds. */
export function partsToDatetime(parts: Parts, rules: DateRules): Moment | null {
  const { whole, nanosecond } = parts;
  if (nanosecond < 0) return null;
  const moment = wholeToDatetime(whole, rules);
  if (moment === null || nanosecond === 0 || !hasTime(whole)) return moment;
  const cut = { ...moment, microsecond: Math.floor(nanosecond / 1000) };
  return nanosecond % 1000 >= 500 ? roundUpDatetime(cut) : cut;
}

/** The time of a number: `hhmmss`, or the time of a date and time of at least 11 digits. */
export function partsToTime(parts: Parts): Moment | null {
  const { whole } = parts;
  const isNegative = whole < 0 || parts.nanosecond < 0;
  const nanosecond = Math.abs(parts.nanosecond);
  const time = wholeToTime(whole);
  if (time === null) return null;
  const cut = { ...time, microsecond: Math.floor(nanosecond / 1000), isNegative };
  if (isBeyondTime(cut)) return null;
  return withoutNegativeZero(nanosecond % 1000 >= 500 ? roundUpTime(cut) : cut);
}

function wholeToTime(value: number): Moment | null {
  if (value > MAX_TIME) {
    if (value < 10_000_000_000) return null;
    const moment = wholeToDatetime(value, DATES_OF_TIMES);
    if (moment === null) return null;
    const { hour, minute, second } = moment;
    return createMoment({ hour, minute, second });
  }
  if (value < -MAX_TIME) return null;
  const digits = Math.abs(value);
  const minute = Math.floor(digits / 100) % 100;
  const second = digits % 100;
  if (minute > 59 || second > 59) return null;
  return createMoment({ hour: Math.floor(digits / 10_000), minute, second });
}

/** Is the number one with a time, so that a fraction is one of its seconds? */
function hasTime(whole: number): boolean {
  return whole === 0 || whole > 99_991_231;
}

/** `YYYYMMDDhhmmss`; null where a number is too short, too long, or its year would be ambiguous. */
function fullDigits(value: number): number | null {
  if (value === 0) return 0;
  if (value >= 10_000_101_000_000) return value > 99_999_999_999_999 ? null : value;
  if (value < 101) return null;
  if (value <= 691_231) return (value + 20_000_000) * 1_000_000;
  if (value < 700_101) return null;
  if (value <= 991_231) return (value + 19_000_000) * 1_000_000;
  if (value <= 99_991_231) return value * 1_000_000;
  if (value < 101_000_000) return null;
  if (value <= 691_231_235_959) return value + 20_000_000_000_000;
  if (value < 700_101_000_000) return null;
  if (value <= 991_231_235_959) return value + 19_000_000_000_000;
  return value;
}

import type { Moment } from "../../core/sql-value.ts";

/** The kinds of temporal types; what {@link Moment} is of. */
export type TemporalKind = "date" | "time" | "datetime";

/** Which dates a context takes beside real ones. */
export interface DateRules {
  /** Month or day may be zero (`2024-00-10`): MySQL's TIME_FUZZY_DATE. */
  readonly allowPartial: boolean;
  /** All of year, month and day may be zero. */
  readonly allowZero: boolean;
  /** Any day up to 31 in any month; absent = no. */
  readonly allowInvalid?: true;
}

/** Rules of casts and of most functions. */
export const REAL_DATES: DateRules = { allowPartial: false, allowZero: false };
/** Rules of functions that take a date apart; text and numbers still may not be the zero date, which the default sql_mode forbids. */
export const PARTIAL_DATES: DateRules = { allowPartial: true, allowZero: false };
/** Rules for values of columns in functions that take a date apart. */
export const ANY_DATES: DateRules = { allowPartial: true, allowZero: true };
/** Rules for the date of a date and time of which only the time is wanted. */
export const DATES_OF_TIMES: DateRules = { ...ANY_DATES, allowInvalid: true };

/** The greatest hour of a TIME. */
export const MAX_HOUR = 838;

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/** A {@link Moment} of the parts that are given. */
export function createMoment(parts: Partial<Moment>): Moment {
  return {
    year: parts.year ?? 0,
    month: parts.month ?? 0,
    day: parts.day ?? 0,
    hour: parts.hour ?? 0,
    minute: parts.minute ?? 0,
    second: parts.second ?? 0,
    microsecond: parts.microsecond ?? 0,
    isNegative: parts.isNegative ?? false,
  };
}

/** Is it a leap year? MySQL takes year 0 for none. */
export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || (year % 400 === 0 && year !== 0));
}

/** Days of a month from 1 to 12. */
export function daysInMonth(year: number, month: number): number {
  return month === 2 && isLeapYear(year) ? 29 : MONTH_DAYS[month - 1]!;
}

/** Days of a year. */
export function daysInYear(year: number): number {
  return isLeapYear(year) ? 366 : 365;
}

/** Is it 0000-00-00, whatever the time of day? */
export function isZeroDate(moment: Moment): boolean {
  return moment.year === 0 && moment.month === 0 && moment.day === 0;
}

/** Does a context take this date? Parts are within their ranges (month to 12, day to 31). */
export function isDateTaken(moment: Moment, rules: DateRules): boolean {
  const { year, month, day } = moment;
  if (year === 0 && month === 0 && day === 0 && isMidnight(moment)) return rules.allowZero;
  if (month === 0 || day === 0) return rules.allowPartial;
  return rules.allowInvalid === true || day <= daysInMonth(year, month);
}

/** Has it no time of day? */
export function isMidnight(moment: Moment): boolean {
  return (
    moment.hour === 0 && moment.minute === 0 && moment.second === 0 && moment.microsecond === 0
  );
}

/** Days from 0000-00-00 on in MySQL's calendar (TO_DAYS), 0 for any date of year 0 without a month. */
export function dayNumber(year: number, month: number, day: number): number {
  if (year === 0 && month === 0) return 0;
  let days = 365 * year + 31 * (month - 1) + day;
  let leapYear = year;
  if (month <= 2) leapYear -= 1;
  else days -= Math.trunc((month * 4 + 23) / 10);
  const centuries = Math.trunc((Math.trunc(leapYear / 100) + 1) * 0.75);
  return days + Math.trunc(leapYear / 4) - centuries;
}

/** The last day number that FROM_DAYS and date arithmetic make: 9999-12-31. */
export const MAX_DAY_NUMBER = 3_652_424;

/** The date of a day number from 1 (0000-01-01, in a year 0 of 365 days) to {@link MAX_DAY_NUMBER}; 0000-00-00 for others. */
export function dateOfDayNumber(days: number): Moment {
  if (days < 1 || days > MAX_DAY_NUMBER) return createMoment({});
  let year = days < 366 ? 0 : Math.floor((days * 100) / 36525);
  let dayOfYear = days - dayNumber(year, 1, 1) + 1;
  while (dayOfYear > daysInYear(year)) {
    dayOfYear -= daysInYear(year);
    year += 1;
  }
  let month = 1;
  while (dayOfYear > daysInMonth(year, month)) {
    dayOfYear -= daysInMonth(year, month);
    month += 1;
  }
  return createMoment({ year, month, day: dayOfYear });
}

/** Seconds of the time of day, or of a TIME, sign aside. */
export function secondsOfTime(moment: Moment): number {
  return moment.hour * 3600 + moment.minute * 60 + moment.second;
}

/** The whole seconds of a time as its parts; hours grow beyond 23. */
export function timeOfSeconds(seconds: number): { hour: number; minute: number; second: number } {
  return {
    hour: Math.floor(seconds / 3600),
    minute: Math.floor(seconds / 60) % 60,
    second: seconds % 60,
  };
}

/** Order of two moments of one kind: below, at or above 0. */
export function compareMoments(a: Moment, b: Moment): number {
  if (a.isNegative !== b.isNegative) return a.isNegative ? -1 : 1;
  const order =
    a.year - b.year ||
    a.month - b.month ||
    a.day - b.day ||
    a.hour - b.hour ||
    a.minute - b.minute ||
    a.second - b.second ||
    a.microsecond - b.microsecond;
  return a.isNegative ? -order : order;
}

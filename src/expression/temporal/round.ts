import type { Moment } from "../../core/sql-value.ts";
import { createMoment, dateOfDayNumber, dayNumber, isDateTaken, REAL_DATES } from "./moment.ts";

const POWERS = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000] as const;

/** Rounds the microseconds half up to `fraction` digits; null where a DATETIME would pass the year 9999 or a partial date would need a carry. */
export function roundDatetime(moment: Moment, fraction: number): Moment | null {
  const microsecond = roundMicrosecond(moment.microsecond, fraction);
  if (microsecond < 1_000_000) return { ...moment, microsecond };
  return addSecond({ ...moment, microsecond: 0 });
}

/** Rounds a TIME half away from zero to `fraction` digits, within 838:59:59. */
export function roundTime(moment: Moment, fraction: number): Moment {
  const microsecond = roundMicrosecond(moment.microsecond, fraction);
  if (microsecond >= 1_000_000) return carrySecond({ ...moment, microsecond: 0 });
  return withoutNegativeZero({ ...moment, microsecond });
}

/** Cuts the microseconds to `fraction` digits. */
export function truncateMoment(moment: Moment, fraction: number): Moment {
  const step = POWERS[6 - fraction]!;
  return withoutNegativeZero({
    ...moment,
    microsecond: moment.microsecond - (moment.microsecond % step),
  });
}

/** The same, but 00:00:00 instead of -00:00:00, which MySQL does not have. */
export function withoutNegativeZero(moment: Moment): Moment {
  if (!moment.isNegative) return moment;
  const { hour, minute, second, microsecond } = moment;
  return hour + minute + second + microsecond === 0 ? { ...moment, isNegative: false } : moment;
}

/** The moment one microsecond later, for a seventh digit of 5 to 9; null where {@link roundDatetime} gives null. */
export function roundUpDatetime(moment: Moment): Moment | null {
  if (moment.microsecond < 999_999) return { ...moment, microsecond: moment.microsecond + 1 };
  return addSecond({ ...moment, microsecond: 0 });
}

/** A TIME one microsecond further from zero. */
export function roundUpTime(moment: Moment): Moment {
  if (moment.microsecond < 999_999) return { ...moment, microsecond: moment.microsecond + 1 };
  return carrySecond({ ...moment, microsecond: 0 });
}

function roundMicrosecond(microsecond: number, fraction: number): number {
  const step = POWERS[6 - fraction]!;
  return Math.floor((microsecond + step / 2) / step) * step;
}

function addSecond(moment: Moment): Moment | null {
  if (!isDateTaken(moment, REAL_DATES)) return null;
  if (moment.second < 59) return { ...moment, second: moment.second + 1 };
  if (moment.minute < 59) return { ...moment, minute: moment.minute + 1, second: 0 };
  if (moment.hour < 23) return { ...moment, hour: moment.hour + 1, minute: 0, second: 0 };
  if (moment.year === 9999 && moment.month === 12 && moment.day === 31) return null;
  const next = dateOfDayNumber(dayNumber(moment.year, moment.month, moment.day) + 1);
  return createMoment({ year: next.year, month: next.month, day: next.day });
}

function carrySecond(moment: Moment): Moment {
  if (moment.second < 59) return { ...moment, second: moment.second + 1 };
  if (moment.minute < 59) return { ...moment, minute: moment.minute + 1, second: 0 };
  return { ...moment, hour: moment.hour + 1, minute: 0, second: 0 };
}

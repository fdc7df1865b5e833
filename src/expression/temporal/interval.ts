/** INTERVAL: what its count means by its unit, and what it adds to a date or a time. */
import type { Moment } from "../../core/sql-value.ts";
import {
  createMoment,
  dateOfDayNumber,
  dayNumber,
  daysInMonth,
  MAX_DAY_NUMBER,
  secondsOfTime,
  timeOfSeconds,
} from "./moment.ts";
import type { Parts } from "./parse-number.ts";
import { isBeyondTime } from "./parse-time.ts";
import { withoutNegativeZero } from "./round.ts";

/** An amount of time; of the three only one is not 0, with its microseconds. */
export interface Interval {
  readonly months: number;
  readonly days: number;
  readonly seconds: number;
  /** Below a million, with the sign of the seconds. */
  readonly microseconds: number;
}

/** How many of the smallest part each part of a unit of several parts has, from its first part on. */
const COMPOSITE: Readonly<Record<string, readonly string[]>> = {
  year_month: ["year", "month"],
  day_hour: ["day", "hour"],
  day_minute: ["day", "hour", "minute"],
  day_second: ["day", "hour", "minute", "second"],
  day_microsecond: ["day", "hour", "minute", "second", "microsecond"],
  hour_minute: ["hour", "minute"],
  hour_second: ["hour", "minute", "second"],
  hour_microsecond: ["hour", "minute", "second", "microsecond"],
  minute_second: ["minute", "second"],
  minute_microsecond: ["minute", "second", "microsecond"],
  second_microsecond: ["second", "microsecond"],
};

const MONTHS: Readonly<Record<string, number>> = { year: 12, quarter: 3, month: 1 };
const DAYS: Readonly<Record<string, number>> = { week: 7, day: 1 };
const SECONDS: Readonly<Record<string, number>> = {
  day: 86_400,
  hour: 3600,
  minute: 60,
  second: 1,
};

/** Has the unit several parts, so that its count is a text? */
export function isComposite(unit: string): boolean {
  return COMPOSITE[unit] !== undefined;
}

/** Does the unit leave the time of day as it is: is it one of days or longer? */
export function isOfDays(unit: string): boolean {
  return MONTHS[unit] !== undefined || DAYS[unit] !== undefined || unit === "year_month";
}

/** Can the unit be added to a TIME, which has no days? */
export function isOfTime(unit: string): boolean {
  return !isOfDays(unit) && !unit.startsWith("day_");
}

/** Does the unit have microseconds? */
export function hasMicroseconds(unit: string): boolean {
  return unit.endsWith("microsecond");
}

/** An interval of a unit of one part. */
export function simpleInterval(count: bigint, unit: string): Interval {
  if (unit === "microsecond") return microseconds(count);
  const number = Number(count);
  const months = MONTHS[unit];
  if (months !== undefined) return interval({ months: number * months });
  const days = DAYS[unit];
  if (days !== undefined) return interval({ days: number * days });
  return interval({ seconds: number * SECONDS[unit]! });
}

/** `INTERVAL 1.5 SECOND`: digits beyond microseconds are cut. */
export function secondInterval(count: Parts): Interval {
  return interval({ seconds: count.whole, microseconds: Math.trunc(count.nanosecond / 1000) });
}

/** The interval of a text such as `-1:30`; null where it has more parts than the unit, or one that is no 64-bit number. */
export function compositeInterval(text: string, unit: string): Interval | null {
  const parts = COMPOSITE[unit]!;
  const [, spaces = "", sign = ""] = /^([ \t\n\v\f\r]*)(-?)/.exec(text)!;
  const rest = text.slice(spaces.length + sign.length);
  const numbers = rest.match(/\d+/g) ?? [];
  if (numbers.length > parts.length) return null;
  const values = numbers.map((digits) => BigInt(digits));
  if (values.some((value) => value > 0x7fff_ffff_ffff_ffffn)) return null;
  const last = numbers.at(-1);
  if (hasMicroseconds(unit) && last !== undefined && last.length < 6) {
    values[values.length - 1]! *= 10n ** BigInt(6 - last.length);
  }
  // too few parts are the last ones
  const named = parts.slice(parts.length - values.length);
  const factor = sign === "-" ? -1 : 1;
  if (unit === "year_month") {
    const months = named.reduce((sum, part, i) => sum + Number(values[i]) * MONTHS[part]!, 0);
    return interval({ months: factor * months });
  }
  let micro = 0n;
  let seconds = 0;
  named.forEach((part, i) => {
    if (part === "microsecond") micro = values[i]!;
    else seconds += Number(values[i]) * SECONDS[part]!;
  });
  const tail = microseconds(micro);
  return interval({
    seconds: factor * (seconds + tail.seconds),
    microseconds: factor * tail.microseconds,
  });
}

/** The interval backwards. */
export function negated({ months, days, seconds, microseconds: micro }: Interval): Interval {
  return { months: -months, days: -days, seconds: -seconds, microseconds: -micro };
}

/** The date and time so much later; null beyond the years 0 to 9999. Days that the month does not have become its last. */
export function addToDatetime(moment: Moment, { months, days, ...time }: Interval): Moment | null {
  if (months !== 0) return addMonths(moment, months);
  let second = secondsOfTime(moment) + time.seconds;
  let microsecond = moment.microsecond + time.microseconds;
  const carry = Math.floor(microsecond / 1_000_000);
  second += carry;
  microsecond -= carry * 1_000_000;
  const day = dayNumber(moment.year, moment.month, moment.day) + days + Math.floor(second / 86_400);
  if (!(day >= 1 && day <= MAX_DAY_NUMBER)) return null;
  const { year, month, day: dayOfMonth } = dateOfDayNumber(day);
  const clock = timeOfSeconds(((second % 86_400) + 86_400) % 86_400);
  return { year, month, day: dayOfMonth, ...clock, microsecond, isNegative: false };
}

/** The TIME so much later; null beyond 838:59:59. */
export function addToTime(
  moment: Moment,
  { seconds, microseconds: micro }: Interval,
): Moment | null {
  const sign = moment.isNegative ? -1 : 1;
  const second = sign * secondsOfTime(moment) + seconds;
  if (Math.abs(second) > 1e9) return null;
  const total = second * 1_000_000 + sign * moment.microsecond + micro;
  const time = timeOfMicroseconds(total);
  return isBeyondTime(time) ? null : time;
}

/** A TIME of any length. */
export function timeOfMicroseconds(total: number): Moment {
  const size = Math.abs(total);
  const second = Math.floor(size / 1_000_000);
  const microsecond = size - second * 1_000_000;
  return withoutNegativeZero(
    createMoment({ ...timeOfSeconds(second), microsecond, isNegative: total < 0 }),
  );
}

function addMonths(moment: Moment, months: number): Moment | null {
  const period = moment.year * 12 + moment.month - 1 + months;
  if (!(period >= 0 && period < 120_000)) return null;
  const year = Math.floor(period / 12);
  const month = (period % 12) + 1;
  return { ...moment, year, month, day: Math.min(moment.day, daysInMonth(year, month)) };
}

function microseconds(count: bigint): Interval {
  return interval({
    seconds: Number(count / 1_000_000n),
    microseconds: Number(count % 1_000_000n),
  });
}

function interval(parts: Partial<Interval>): Interval {
  return {
    months: parts.months ?? 0,
    days: parts.days ?? 0,
    seconds: parts.seconds ?? 0,
    microseconds: parts.microseconds ?? 0,
  };
}

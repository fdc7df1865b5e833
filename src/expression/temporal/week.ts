/**
 * Numbers of weeks by the eight modes of WEEK(): bit 0 = weeks begin on Monday, not Sunday; bit 1 = no week is 0, the days before the first one belong to the last one of the year before;
 * bit 2 turns round which week is the first: the one with four days of the year, or (of Sundays without the bit, of Mondays with it) the one that begins in the year.
 */
import type { Moment } from "../../core/sql-value.ts";
import { dayNumber, daysInYear } from "./moment.ts";

/** A week and the year that it belongs to. */
export interface Week {
  readonly year: number;
  readonly week: number;
}

/** Monday is 0. */
export function weekdayOf(moment: Moment): number {
  return weekdayOfNumber(dayNumber(moment.year, moment.month, moment.day));
}

/** The day of the year, from 1. */
export function dayOfYear(moment: Moment): number {
  return dayNumber(moment.year, moment.month, moment.day) - dayNumber(moment.year, 1, 1) + 1;
}

/** The week of a date by one of MySQL's modes, 0 to 7. */
export function weekOf(moment: Moment, mode: number): Week {
  const isMonday = (mode & 1) !== 0;
  let isOfYear = (mode & 2) !== 0;
  const isFirst = isMonday ? (mode & 4) !== 0 : (mode & 4) === 0;
  let { year } = moment;
  const day = dayNumber(year, moment.month, moment.day);
  let first = dayNumber(year, 1, 1);
  let weekday = weekdayOfNumber(first, !isMonday);
  if (moment.month === 1 && moment.day <= 7 - weekday) {
    if (!isOfYear && ((isFirst && weekday !== 0) || (!isFirst && weekday >= 4))) {
      return { year, week: 0 };
    }
    isOfYear = true;
    year -= 1;
    const days = daysInYear(year);
    first -= days;
    weekday = (weekday + 53 * 7 - days) % 7;
  }
  const isShort = (isFirst && weekday !== 0) || (!isFirst && weekday >= 4);
  const past = isShort ? day - (first + 7 - weekday) : day - (first - weekday);
  if (isOfYear && past >>> 0 >= 52 * 7) {
    const next = (weekday + daysInYear(year)) % 7;
    if ((!isFirst && next < 4) || (isFirst && next === 0)) return { year: year + 1, week: 1 };
  }
  // of a date with zero parts MySQL divides an unsigned number of 32 bits
  return { year, week: Math.floor((past >>> 0) / 7) + 1 };
}

function weekdayOfNumber(day: number, isSunday = false): number {
  return (day + 5 + (isSunday ? 1 : 0)) % 7;
}

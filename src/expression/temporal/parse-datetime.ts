/**
 * Text to DATE and DATETIME. MySQL reads up to seven numbers (year, month, day, hour, minute, second, fraction) with any punctuation between them; text that begins with digits alone up to its
 * end or a point has fields of fixed width instead (`20240102030405.5`). Behind the seconds may stand an offset from UTC (`+02:00`), which is applied: the session is UTC.
 */
import type { Moment } from "../../core/sql-value.ts";
import { RowError } from "../typed.ts";
import {
  createMoment,
  dateOfDayNumber,
  dayNumber,
  isDateTaken,
  secondsOfTime,
  timeOfSeconds,
  type DateRules,
} from "./moment.ts";
import { roundUpDatetime } from "./round.ts";

/** What text was found to be. */
export type ParsedDatetime =
  /** No date and time at all. */
  | { readonly kind: "none" }
  /** A date that is not taken: parts out of range, or against the rules. */
  | { readonly kind: "invalid" }
  | {
      readonly kind: "date" | "datetime";
      /** In UTC where an offset is given; not rounded. */
      readonly moment: Moment;
      /** Digits behind the seconds, up to 6. */
      readonly fraction: number;
      /** Is there a seventh digit that rounds the microseconds up? */
      readonly isUp: boolean;
      /** Does nothing but spaces follow? */
      readonly isWhole: boolean;
    };

const NONE = { kind: "none" } as const;
const INVALID = { kind: "invalid" } as const;

const SECOND = 5;
const FRACTION = 6;

/** The value of text where a DATETIME (or a DATE) is wanted, rounded to microseconds; null where MySQL has none. Throws {@link RowError} for offsets that it has an error for. */
export function textToDatetime(text: string, rules: DateRules): Moment | null {
  const parsed = parseDatetime(text, rules);
  if (parsed.kind === "none" || parsed.kind === "invalid") return null;
  return parsed.isUp ? roundUpDatetime(parsed.moment) : parsed.moment;
}

/** Reads text as MySQL's str_to_datetime; with `isTimeWanted` only what has a space between date and time, or no delimiters. Throws {@link RowError}. */
export function parseDatetime(
  text: string,
  rules: DateRules,
  isTimeWanted = false,
): ParsedDatetime {
  const fields = readFields(text);
  if (fields === null || (isTimeWanted && fields.hasDelimiter && !fields.hasSpace)) return NONE;
  const { values, lengths, count } = fields;
  const fraction = lengths[FRACTION] ?? 0;
  const hasValue = values.some((value) => value !== 0);
  const yearLength = fields.yearLength ?? lengths[0]!;
  let year = values[0]!;
  if (yearLength === 2 && hasValue) year += year < 70 ? 2000 : 1900;
  const moment = createMoment({
    year,
    month: values[1] ?? 0,
    day: values[2] ?? 0,
    hour: values[3] ?? 0,
    minute: values[4] ?? 0,
    second: values[SECOND] ?? 0,
    microsecond: (values[FRACTION] ?? 0) * 10 ** (6 - fraction),
  });
  if (count < 3 || !isInRange(moment) || !isTaken(moment, hasValue, rules)) return INVALID;
  let { offset, end } = fields;
  const isUp = fraction === 6 && isDigit(text, end) && text.charCodeAt(end) >= 0x35;
  if (fraction === 6) while (isDigit(text, end)) end += 1;
  if (offset === null && (text[end] === "+" || text[end] === "-")) {
    offset = readOffset(text.slice(end));
    if (offset === null) return NONE;
  }
  const shifted = offset === null ? moment : shift(moment, offset);
  const isWhole = offset !== null || !/[^ \t\n\v\f\r]/.test(text.slice(end));
  return { kind: count <= 3 ? "date" : "datetime", moment: shifted, fraction, isUp, isWhole };
}

interface Fields {
  readonly values: readonly number[];
  readonly lengths: readonly number[];
  readonly count: number;
  /** Where the year's length follows from the text's first digits. */
  readonly yearLength: number | null;
  readonly hasDelimiter: boolean;
  readonly hasSpace: boolean;
  /** Seconds to subtract for UTC. */
  readonly offset: number | null;
  /** Where the last field ends, with what delimits it. */
  readonly end: number;
}

function readFields(text: string): Fields | null {
  let at = 0;
  while (isSpace(text, at)) at += 1;
  if (!isDigit(text, at)) return null;
  const yearLength = fixedYearLength(text, at);
  const values: number[] = [];
  const lengths: number[] = [];
  let width: number = yearLength ?? 4;
  let end = at;
  let offset: number | null = null;
  let hasDelimiter = false;
  let hasSpace = false;
  let index = 0;
  for (; index <= FRACTION && isDigit(text, at); index++) {
    const start = at;
    const most = yearLength !== null || index === FRACTION ? width : Infinity;
    let value = 0;
    do {
      value = value * 10 + text.charCodeAt(at) - 0x30;
      if (value > 999_999) return null;
      at += 1;
    } while (isDigit(text, at) && at - start < most);
    values.push(value);
    lengths.push(at - start);
    width = 2;
    end = at;
    if (at === text.length) {
      index += 1;
      break;
    }
    if (index === 2 && text[at] === "T") {
      at += 1;
      continue;
    }
    if (index === SECOND) {
      if (text[at] === ".") {
        at += 1;
        end = at;
        width = 6;
      } else if (isDigit(text, at)) {
        index += 1;
        break;
      } else if (text[at] === "+" || text[at] === "-") {
        offset = readOffset(text.slice(at));
        if (offset === null) return null;
        at = text.length;
        end = at;
      }
      continue;
    }
    if (index === FRACTION && (text[at] === "+" || text[at] === "-")) {
      offset = readOffset(text.slice(at));
      if (offset === null) return null;
      at = text.length;
    }
    while (isSpace(text, at) || isPunctuation(text, at)) {
      if (isSpace(text, at)) {
        if (index !== 2 && index !== FRACTION) return null;
        hasSpace = true;
      }
      at += 1;
      hasDelimiter = true;
    }
    end = at;
  }
  return { values, lengths, count: index, yearLength, hasDelimiter, hasSpace, offset, end };
}

/** Digits (and `T`) up to the end or a point: a year of four digits if they are 4, 8 or at least 14, else of two; null = fields have delimiters. */
function fixedYearLength(text: string, from: number): 2 | 4 | null {
  let at = from;
  while (isDigit(text, at) || text[at] === "T") at += 1;
  if (at < text.length && text[at] !== ".") return null;
  const digits = at - from;
  return digits === 4 || digits === 8 || digits >= 14 ? 4 : 2;
}

/** `±hh:mm` up to 14:00 and spaces, in seconds; null for anything else and for `-00:00`. */
export function readOffset(text: string): number | null {
  const match = /^([+-])(\d\d):([0-5]\d)[ \t\n\v\f\r]*$/.exec(text);
  if (match === null) return null;
  const seconds = Number(match[2]) * 3600 + Number(match[3]) * 60;
  if (seconds > 14 * 3600 || (match[1] === "-" && seconds === 0)) return null;
  return match[1] === "-" ? -seconds : seconds;
}

/** To UTC. MySQL has an error where the result leaves the years 1 to 9999; in year 0 and before it differs from any calendar, which we call an error, too. */
function shift(moment: Moment, offset: number): Moment {
  if (moment.month === 0 || moment.day === 0) throw offsetError();
  const day = dayNumber(moment.year, moment.month, moment.day);
  const seconds = day * 86_400 + secondsOfTime(moment) - offset;
  const date = dateOfDayNumber(Math.floor(seconds / 86_400));
  if (date.year === 0) throw offsetError();
  const time = ((seconds % 86_400) + 86_400) % 86_400;
  return { ...date, ...timeOfSeconds(time), microsecond: moment.microsecond };
}

function offsetError(): RowError {
  return new RowError(1292, "Truncated incorrect temporal value: a date with an offset from UTC");
}

function isInRange(moment: Moment): boolean {
  return (
    moment.year <= 9999 &&
    moment.month <= 12 &&
    moment.day <= 31 &&
    moment.hour <= 23 &&
    moment.minute <= 59 &&
    moment.second <= 59
  );
}

function isTaken(moment: Moment, hasValue: boolean, rules: DateRules): boolean {
  return hasValue
    ? isDateTaken(moment, { ...rules, allowZero: rules.allowPartial })
    : rules.allowZero;
}

/** Is there an ASCII digit at this place? */
export function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0x30 && code <= 0x39;
}

/** Is there white space of the C locale at this place? */
export function isSpace(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

function isPunctuation(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return (
    (code >= 0x21 && code <= 0x2f) ||
    (code >= 0x3a && code <= 0x40) ||
    (code >= 0x5b && code <= 0x60) ||
    (code >= 0x7b && code <= 0x7e)
  );
}

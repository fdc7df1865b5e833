/**
 * Dates and times given as texts, as MySQL prints them or as ISO 8601 has them, into the form that documents have (`src/binlog/values/temporal.ts`). What is no such
 * text becomes a string as it is, which the mapping of the index then judges.
 */
import { isCalendarDay } from "../binlog/values/calendar.ts";
import { writeNull } from "../binlog/values/temporal.ts";
import { Ascii } from "./json-scanner.ts";
import type { ColumnReader, ReadValue } from "./record-layout.ts";
import { contentText, readText } from "./read-text.ts";

const QUOTE = 0x22;
const LETTER_T = 0x54;
const LETTER_Z = 0x5a;
const DATE_BYTES = 10;
const CLOCK_BYTES = 8;
/** No value is longer; a text that is none takes no more than six times its bytes. */
const TEMPORAL_BOUND = 40;

/** The number that the `count` digits at `p` are; NaN when they are none. */
function digits(b: Buffer, p: number, count: number): number {
  let value = 0;
  for (let i = p; i < p + count; i++) {
    const digit = b[i]! - Ascii.ZERO;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** 1 = a date that the calendar has at `p`, 0 = one that it does not have, -1 = no date. */
function judgeDate(b: Buffer, p: number): -1 | 0 | 1 {
  const year = digits(b, p, 4);
  const month = digits(b, p + 5, 2);
  const day = digits(b, p + 8, 2);
  const isDate = year + month + day >= 0 && b[p + 4] === Ascii.MINUS && b[p + 7] === Ascii.MINUS;
  if (!isDate) return -1;
  return isCalendarDay(year, month, day) ? 1 : 0;
}

function isClock(b: Buffer, p: number): boolean {
  const parts = digits(b, p, 2) + digits(b, p + 3, 2) + digits(b, p + 6, 2);
  return parts >= 0 && b[p + 2] === Ascii.COLON && b[p + 5] === Ascii.COLON;
}

function copy(b: Buffer, p: number, length: number, out: Buffer, o: number): number {
  for (let i = 0; i < length; i++) out[o + i] = b[p + i]!;
  return o + length;
}

/** The place behind a point and digits at `p`, or `p`. */
function behindFraction(b: Buffer, p: number, end: number): number {
  if (p >= end || b[p] !== Ascii.POINT) return p;
  let q = p + 1;
  while (q < end && b[q]! >= Ascii.ZERO && b[q]! <= Ascii.NINE) q++;
  return q;
}

/** Writes the point and exactly `fraction` digits of the fraction in `b[p, to)`, zeros where it has fewer. */
function writeFraction(
  b: Buffer,
  p: number,
  to: number,
  fraction: number,
  out: Buffer,
  o: number,
): number {
  if (fraction === 0) return o;
  out[o++] = Ascii.POINT;
  for (let i = 1; i <= fraction; i++) out[o++] = p + i < to ? b[p + i]! : Ascii.ZERO;
  return o;
}

/** A DATE; `null` for one that no calendar has. */
export const dateReader: ColumnReader = {
  read: (b, p, end, out, o) => {
    const isLong = end - p >= DATE_BYTES + 2 && b[p] === QUOTE;
    const judged = isLong ? judgeDate(b, p + 1) : -1;
    // a zone, which some writers give dates, is without meaning
    if (judged < 0 || (end - p > DATE_BYTES + 2 && b[p + 1 + DATE_BYTES] !== LETTER_Z))
      return readText(b, p, end, out, o);
    if (judged === 0) return writeNull(out, o);
    out[o] = QUOTE;
    o = copy(b, p + 1, DATE_BYTES, out, o + 1);
    out[o] = QUOTE;
    return o + 1;
  },
  bound: TEMPORAL_BOUND,
};

/** A DATETIME with `fraction` digits (null = as many as the text has), no zone; `null` for a date that no calendar has. */
export function datetimeReader(fraction: number | null): ColumnReader {
  return { read: instantReader(fraction, false), bound: TEMPORAL_BOUND };
}

/** A TIMESTAMP with `fraction` digits (null = as many as the text has). A text without a zone is taken as UTC; `null` for the zero date. */
export function timestampReader(fraction: number | null): ColumnReader {
  return { read: instantReader(fraction, true), bound: TEMPORAL_BOUND };
}

function instantReader(fraction: number | null, isInstant: boolean): ReadValue {
  return (b, p, end, out, o) => {
    const clock = p + 2 + DATE_BYTES;
    const point = clock + CLOCK_BYTES;
    const last = end - 1;
    if (point > last || b[p] !== QUOTE) return readText(b, p, end, out, o);
    const judged = judgeDate(b, p + 1);
    const between = b[clock - 1];
    const isText = judged >= 0 && (between === 0x20 || between === LETTER_T) && isClock(b, clock);
    if (!isText) return readText(b, p, end, out, o);
    if (judged === 0) return writeNull(out, o);
    const zone = behindFraction(b, point, last);
    if (zone < last && (b[zone] !== LETTER_Z || zone + 1 < last)) {
      const text = isInstant ? inUtc(contentText(b, p, end)) : null;
      if (text === null) return readText(b, p, end, out, o);
      const shifted = Buffer.from(`"${text}"`, "latin1");
      return instantReader(fraction, true)(shifted, 0, shifted.length, out, o);
    }
    out[o] = QUOTE;
    o = copy(b, p + 1, DATE_BYTES, out, o + 1);
    out[o] = LETTER_T;
    o = copy(b, clock, CLOCK_BYTES, out, o + 1);
    o = writeFraction(b, point, zone, fraction ?? Math.max(0, zone - point - 1), out, o);
    if (isInstant) out[o++] = LETTER_Z;
    out[o] = QUOTE;
    return o + 1;
  };
}

/** An instant with an offset, `2026-11-23T10:20:30.123456+08:00`, in UTC; null when it is none. */
function inUtc(text: string): string | null {
  const match = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d+)? ?([+-]\d\d:\d\d)$/.exec(text);
  if (match === null) return null;
  const [, date, clock, fraction = "", offset] = match;
  const time = Date.parse(`${date}T${clock}${offset}`);
  return Number.isNaN(time) ? null : `${new Date(time).toISOString().slice(0, 19)}${fraction}Z`;
}

/** A TIME with `fraction` digits, `-838:59:59.000000`. */
export function timeReader(fraction: number): ColumnReader {
  return {
    read: (b, p, end, out, o) => {
      const last = end - 1;
      let q = p + 1;
      if (b[p] === QUOTE && q < last && b[q] === Ascii.MINUS) q++;
      const hours = q;
      while (q < last && b[q]! >= Ascii.ZERO && b[q]! <= Ascii.NINE) q++;
      const count = q - hours;
      const point = q + 6;
      const isText =
        b[p] === QUOTE && count >= 2 && count <= 3 && point <= last && isClock(b, q - 2);
      const to = isText ? behindFraction(b, point, last) : -1;
      if (to !== last) return readText(b, p, end, out, o);
      o = copy(b, p, point - p, out, o);
      o = writeFraction(b, point, to, fraction, out, o);
      out[o] = QUOTE;
      return o + 1;
    },
    bound: TEMPORAL_BOUND,
  };
}

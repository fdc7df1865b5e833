import type { Moment } from "../../core/sql-value.ts";
import { applyStrict, type Place } from "../apply.ts";
import { constantOf } from "../constant.ts";
import { createMoment, REAL_DATES } from "../temporal/moment.ts";
import { textToDatetime } from "../temporal/parse-datetime.ts";
import { textToTime } from "../temporal/parse-time.ts";
import { toText } from "../text/convert.ts";
import type { Scope, Typed } from "../typed.ts";

/**
 * Values that are compared as dates or as times, all as moments of one kind; null where they are compared otherwise. A string that is compared with a date is a date, one that is none is
 * 0000-00-00; a string that is compared with a time is one if it is a constant and the time a column, else both are compared as text.
 */
export function alignTemporal(args: readonly Typed[], place: Place): readonly Typed[] | null {
  const dates = args.filter(isDate).length;
  const times = args.filter(({ type }) => type.kind === "time").length;
  const numbers = args.filter(isNumber).length;
  const years = args.some(({ type }) => type.kind === "integer" && type.isYear === true);
  if (years && dates + times > 0) {
    place.scope.refuse(
      place.at,
      "a year is compared with a date or time; compare with YEAR() of it",
    );
  }
  if (dates > 0 && times > 0) {
    place.scope.refuse(place.at, "a time is compared with a date as one of the current day");
  }
  if (dates > 0 && numbers > 0 && dates + numbers < args.length) {
    place.scope.refuse(place.at, "a date is compared with a string and a number at once");
  }
  if (dates + times > 0 && dates + times < args.length) {
    if (numbers > 0 && args.length > 2) {
      place.scope.refuse(
        place.at,
        "BETWEEN with dates or times and numbers; write comparisons and AND",
      );
    }
    const texts = args.filter((value) => !isDate(value));
    if (dates > 0 && texts.length > 1 && texts.some(({ constant }) => constant === undefined)) {
      place.scope.refuse(place.at, "BETWEEN with a date and two texts; write comparisons and AND");
    }
    for (const { notTemporal, at } of dates > 0 ? args : []) {
      if (notTemporal !== undefined) place.scope.refuse(at, notTemporal);
    }
  }
  if (dates > 0 && numbers === 0) {
    if (args.some(isChosenDate)) {
      place.scope.refuse(
        place.at,
        "a date of IF, CASE, COALESCE, GREATEST or LAST_DAY, or a text of IF or CASE as one, is compared; CAST it AS DATE or DATETIME",
      );
    }
    return args.map((value) => (isDate(value) ? value : dateOfString(value, place)));
  }
  if (times === args.length) return args;
  if (times > 0 && numbers === 0) return alignTimes(args, place);
  return null;
}

/** Has it a date? */
export function isDate({ type }: Typed): boolean {
  return type.kind === "date" || type.kind === "datetime";
}

/** Was the date chosen by a function, so that it is compared in a way of its own if it has parts that are zero? */
export function isChosenDate({ isChosenDate: isMarked, realDate }: Typed): boolean {
  return isMarked === true || realDate !== undefined;
}

function isNumber({ type }: Typed): boolean {
  return type.kind === "integer" || type.kind === "decimal" || type.kind === "double";
}

const ZERO: Moment = createMoment({});

function dateOfString(value: Typed, place: Place): Typed {
  const { scope } = place;
  const type = { kind: "datetime", fraction: 6 } as const;
  const isBytes = value.type.kind === "bytes" && value.constant === undefined;
  const text = isBytes ? value : toText(value, scope);
  const known = text.constant?.value;
  if (known !== undefined) {
    const moment = typeof known === "string" ? textToDatetime(known, REAL_DATES) : null;
    if (moment === null) scope.refuse(value.at, "the string is compared with a date and is none");
    return constantOf(type, moment, value.at, scope);
  }
  const run = scope.bind(isBytes ? dateOfBytes : dateOrZero);
  return applyStrict([text], { at: value.at, scope }, { type }, (name) => `${run}(${name})`);
}

function dateOrZero(text: string): Moment {
  return textToDatetime(text, REAL_DATES) ?? ZERO;
}

function dateOfBytes(bytes: Uint8Array): Moment {
  return dateOrZero(Buffer.from(bytes).toString("latin1"));
}

function alignTimes(args: readonly Typed[], { scope }: Place): readonly Typed[] | null {
  const [first] = args;
  const others = args.filter(({ type }) => type.kind !== "time");
  const isColumnAndConstants =
    args.some((value) => value.type.kind === "time" && value.isColumn === true) &&
    others.length === args.length - 1 &&
    others.every(({ constant }) => constant !== undefined) &&
    (args.length === 2 || first!.type.kind === "time");
  if (!isColumnAndConstants) return null;
  return args.map((value) => (value.type.kind === "time" ? value : timeOfConstant(value, scope)));
}

/** Not what looks like a date. */
const TIME_TEXT = /^\s*-?\d+(?: \d+)?(?::\d*){0,2}(?:\.\d*)?\s*$/;

function timeOfConstant(value: Typed, scope: Scope): Typed {
  const known = toText(value, scope).constant?.value;
  const type = { kind: "time", fraction: 6 } as const;
  const moment = typeof known === "string" && TIME_TEXT.test(known) ? textToTime(known) : null;
  if (moment === null) scope.refuse(value.at, "the string is compared with a time and is none");
  return constantOf(type, moment, value.at, scope);
}

/** DATE_FORMAT and TIME_FORMAT. */
import type { Moment } from "../../core/sql-value.ts";
import { applyStrict } from "../apply.ts";
import { toText } from "../convert.ts";
import type { Call, FunctionTable } from "../functions.ts";
import { sessionText } from "../sql-type.ts";
import type { Typed } from "../typed.ts";
import { toDatetime } from "./convert.ts";
import { pad } from "./format.ts";
import { DAY_NAMES, MONTH_NAMES } from "./names.ts";
import { dayOfYear, weekdayOf, weekOf } from "./week.ts";

/** Functions that write dates and times by a format. */
export const FORMAT_FUNCTIONS: FunctionTable = {
  date_format: {
    arity: [2, 2],
    compile: ([value, format], call) =>
      formatDatetime(toDatetime(value!, call.scope, "partial"), format!, call),
  },
  time_format: {
    arity: [2, 2],
    compile([value, format], call) {
      const { kind } = value!.type;
      if (kind !== "date" && kind !== "datetime" && kind !== "time" && kind !== "null") {
        call.scope.refuse(
          value!.at,
          "time_format takes a date or a time here: use CAST(… AS TIME) or CAST(… AS DATETIME)",
        );
      }
      return compileFormat(value!, format!, call, true);
    },
  },
};

/** A date and time by a format of DATE_FORMAT. */
export function formatDatetime(datetime: Typed, format: Typed, call: Call): Typed {
  return compileFormat(datetime, format, call, false);
}

function compileFormat(value: Typed, format: Typed, call: Call, isTime: boolean): Typed {
  const { scope } = call;
  const text = toText(format, scope);
  const constant = format.constant?.value;
  const length =
    typeof constant === "string"
      ? lengthOf(constant)
      : 10 * (text.type.kind === "text" ? text.type.maxCharacters : 0);
  return applyStrict(
    [value, text],
    call,
    { type: sessionText(length), mayBeNull: true },
    (moment, by) =>
      typeof constant === "string" && constant !== ""
        ? `${scope.bind(formatterOf(constant, isTime))}(${moment})`
        : `${scope.bind(isTime ? formatTime : formatDate)}(${moment}, ${by})`,
  );
}

function formatDate(moment: Moment, format: string): string | null {
  return format === "" ? null : formatterOf(format, false)(moment);
}

function formatTime(moment: Moment, format: string): string | null {
  return format === "" ? null : formatterOf(format, true)(moment);
}

type Writer = (moment: Moment) => string | null;

function formatterOf(format: string, isTime: boolean): Writer {
  const writers: (string | Writer)[] = [];
  for (const [token] of format.matchAll(/%.|[^%]+|%/gsu)) {
    if (token.length === 1 || !token.startsWith("%")) {
      writers.push(token);
      continue;
    }
    const letter = token.slice(1);
    const write = SPECIFIERS[letter];
    if (write === undefined) writers.push(letter);
    else writers.push(isTime && DATE_ONLY.includes(letter) ? () => null : write);
  }
  return (moment) => {
    let text = isTime && moment.isNegative ? "-" : "";
    for (const writer of writers) {
      const part = typeof writer === "string" ? writer : writer(moment);
      if (part === null) return null;
      text += part;
    }
    return text;
  };
}

/** Specifiers that a TIME has no value for. */
const DATE_ONLY = "aDjUuVvWwXx";

const SPECIFIERS: Readonly<Record<string, Writer>> = {
  a: (moment) => nameOfDay(moment)?.slice(0, 3) ?? null,
  b: ({ month }) => MONTH_NAMES[month - 1]?.slice(0, 3) ?? null,
  c: ({ month }) => String(month),
  D: ({ day }) => `${day}${suffixOf(day)}`,
  d: ({ day }) => pad(day, 2),
  e: ({ day }) => String(day),
  f: ({ microsecond }) => pad(microsecond, 6),
  H: ({ hour }) => pad(hour, 2),
  h: ({ hour }) => pad(hourOfTwelve(hour), 2),
  I: ({ hour }) => pad(hourOfTwelve(hour), 2),
  i: ({ minute }) => pad(minute, 2),
  j: (moment) => pad(dayOfYear(moment), 3),
  k: ({ hour }) => String(hour),
  l: ({ hour }) => String(hourOfTwelve(hour)),
  M: ({ month }) => MONTH_NAMES[month - 1] ?? null,
  m: ({ month }) => pad(month, 2),
  p: ({ hour }) => halfOfDay(hour),
  r: ({ hour, minute, second }) =>
    `${pad(hourOfTwelve(hour), 2)}:${pad(minute, 2)}:${pad(second, 2)} ${halfOfDay(hour)}`,
  S: ({ second }) => pad(second, 2),
  s: ({ second }) => pad(second, 2),
  T: ({ hour, minute, second }) => `${pad(hour, 2)}:${pad(minute, 2)}:${pad(second, 2)}`,
  U: (moment) => pad(weekOf(moment, 0).week, 2),
  u: (moment) => pad(weekOf(moment, 1).week, 2),
  V: (moment) => pad(weekOf(moment, 2).week, 2),
  v: (moment) => pad(weekOf(moment, 3).week, 2),
  W: nameOfDay,
  w: (moment) => (hasDay(moment) ? String((weekdayOf(moment) + 1) % 7) : null),
  X: (moment) => yearOfWeek(moment, 2),
  x: (moment) => yearOfWeek(moment, 3),
  Y: ({ year }) => pad(year, 4),
  y: ({ year }) => pad(year % 100, 2),
};

/** The year before year 0 is printed as an unsigned number. */
function yearOfWeek(moment: Moment, mode: number): string {
  return pad(weekOf(moment, mode).year >>> 0, 4);
}

function hasDay({ year, month }: Moment): boolean {
  return year !== 0 || month !== 0;
}

function nameOfDay(moment: Moment): string | null {
  return hasDay(moment) ? (DAY_NAMES[weekdayOf(moment)] ?? null) : null;
}

function suffixOf(day: number): string {
  if (day >= 10 && day <= 19) return "th";
  return ["th", "st", "nd", "rd"][day % 10] ?? "th";
}

function hourOfTwelve(hour: number): number {
  return (((hour % 24) + 11) % 12) + 1;
}

function halfOfDay(hour: number): string {
  return hour % 24 < 12 ? "AM" : "PM";
}

/** Most characters that the format makes, as MySQL computes it of the format's bytes. */
function lengthOf(format: string): number {
  let length = 0;
  const bytes = Buffer.from(format).toString("latin1");
  for (const [token] of bytes.matchAll(/%.|[^%]|%/gs)) {
    length += token.length === 1 ? 1 : (LENGTHS[token.slice(1)] ?? 1);
  }
  return length;
}

const LENGTHS: Readonly<Record<string, number>> = {
  M: 64,
  W: 64,
  a: 32,
  b: 32,
  r: 11,
  T: 8,
  H: 7,
  k: 7,
  f: 6,
  D: 4,
  Y: 4,
  x: 4,
  X: 4,
  j: 3,
  ...Object.fromEntries(Array.from("uUvVmdhiIlpSscey", (letter) => [letter, 2])),
};

/**
 * Values of all types as DATE, DATETIME and TIME, as functions take them and as CAST makes them. Functions differ in which dates they take: {@link DateMode}.
 */
import type { Moment } from "../../core/sql-value.ts";
import { applyStrict, type Place } from "../apply.ts";
import { constantOf } from "../constant.ts";
import type { SqlType } from "../sql-type.ts";
import type { Scope, Typed } from "../typed.ts";
import {
  ANY_DATES,
  createMoment,
  DATES_OF_TIMES,
  isDateTaken,
  PARTIAL_DATES,
  REAL_DATES,
} from "./moment.ts";
import { parseDatetime, textToDatetime } from "./parse-datetime.ts";
import {
  partsOfDecimal,
  partsOfDouble,
  partsToDatetime,
  partsToTime,
  wholeToDateParts,
  wholeToDatetime,
} from "./parse-number.ts";
import { parseTime, textToTime } from "./parse-time.ts";
import { roundDatetime, roundTime } from "./round.ts";

/**
 * `real`: dates with zero parts are NULL. `partial`: they are taken, of a column the zero date, too, and of a number whatever its digits are. `counted`: as `real`, but a number may name a day that
 * its month does not have, which then is one of the next month.
 */
export type DateMode = "real" | "partial" | "counted";

/** The value as a DATE: NULL where it has none. A time of day is cut off. Refuses TIME, which would need the current date. */
export function toDate(value: Typed, scope: Scope, mode: DateMode = "real"): Typed {
  refuseNotTemporal(value, scope);
  if (value.realDate !== undefined && mode !== "partial") {
    return toDate(value.realDate, scope, "partial");
  }
  const place = { at: value.at, scope };
  const type = { kind: "date" } as const;
  const whole = wholeSource(value);
  if (whole !== null) {
    const read = { real: wholeToDate, partial: wholeToDateParts, counted: wholeToCountedDate }[
      mode
    ];
    return convert(value, place, type, (source) => `${scope.bind(read)}(${whole(source)})`);
  }
  if (value.type.kind === "date") return checked(value, place, type, mode);
  const datetime = toDatetime(value, scope, mode);
  return convert(datetime, place, type, (source) => `${scope.bind(dateOf)}(${source})`);
}

/** Refuses what is no date or time to MySQL as its type would be. */
export function refuseNotTemporal({ notTemporal, type, constant, at }: Typed, scope: Scope): void {
  if (notTemporal !== undefined) scope.refuse(at, notTemporal);
  if (type.kind === "double" && constant?.value === null) scope.refuse(at, NULL_DOUBLE);
}

/** Why CAST AS DOUBLE is no date. */
export const NULL_DOUBLE =
  "a CAST to DOUBLE or FLOAT as a date or time, which is 0 and not NULL of a NULL; cast the value itself";

/** The whole part of a number as a JavaScript number; null for what is none. */
function wholeSource({ type }: Typed): ((source: string) => string) | null {
  switch (type.kind) {
    case "integer":
      if (type.isYear === true || type.bits !== undefined) return null;
      return (source) => (type.isSmall ? source : `Number(${source})`);
    case "decimal":
      return (source) =>
        `Number(${type.frac === 0 ? source : `${source} / ${10n ** BigInt(type.frac)}n`})`;
    case "double":
      return (source) => `Math.trunc(${source})`;
    default:
      return null;
  }
}

/** The value as a DATETIME with as many digits behind the seconds as it may have: NULL where it has none. Refuses TIME, which would need the current date. */
export function toDatetime(value: Typed, scope: Scope, mode: DateMode = "real"): Typed {
  refuseNotTemporal(value, scope);
  if (value.realDate !== undefined && mode !== "partial") {
    return toDatetime(value.realDate, scope, "partial");
  }
  const place = { at: value.at, scope };
  const type = { kind: "datetime", fraction: fractionOf(value, "datetime") } as const;
  switch (value.type.kind) {
    case "null":
      return constantOf(type, null, value.at, scope);
    case "date":
    case "datetime":
      return checked(value, place, type, mode);
    case "time":
      return scope.refuse(value.at, "a time as a date would be one of the current day");
    default:
      return convert(value, place, type, (source) => {
        const rules = scope.bind(mode === "partial" ? PARTIAL_DATES : REAL_DATES);
        const numberRules = scope.bind(mode === "partial" ? DATES_OF_TIMES : REAL_DATES);
        return fromPlain(value, source, scope, {
          year: () => `${scope.bind(firstOfYear)}(${source})`,
          text: (text) => `${scope.bind(textToDatetime)}(${text}, ${rules})`,
          whole: (number) => `${scope.bind(wholeToDatetime)}(${number}, ${numberRules})`,
          parts: (parts) => `${scope.bind(partsToDatetime)}(${parts}, ${numberRules})`,
        });
      });
  }
}

/** The value as a TIME with as many digits behind the seconds as it may have: NULL where it has none. */
export function toTime(value: Typed, scope: Scope): Typed {
  refuseNotTemporal(value, scope);
  const place = { at: value.at, scope };
  const type = { kind: "time", fraction: fractionOf(value, "time") } as const;
  switch (value.type.kind) {
    case "null":
      return constantOf(type, null, value.at, scope);
    case "time": {
      const { text: _, integer: __, ...time } = value;
      return time;
    }
    case "text":
      if (value.notNumber !== undefined) scope.refuse(value.at, value.notNumber);
      return convert(value, place, type, (source) => `${scope.bind(textToTime)}(${source})`);
    case "date":
      return convert(value, place, type, () => scope.bind(MIDNIGHT), false);
    case "datetime":
      return convert(value, place, type, (source) => `${scope.bind(timeOf)}(${source})`, false);
    default:
      return convert(value, place, type, (source) =>
        fromPlain(value, source, scope, {
          year: () => scope.bind(MIDNIGHT),
          text: (text) => `${scope.bind(textToTime)}(${text})`,
          whole: (number) => `${scope.bind(wholeToTime)}(${number})`,
          parts: (parts) => `${scope.bind(partsToTime)}(${parts})`,
        }),
      );
  }
}

/** `CAST(value AS DATETIME(fraction))`: rounded half up. */
export function castDatetime(value: Typed, scope: Scope, fraction: number): Typed {
  const whole = toDatetime(value, scope);
  return rounded(whole, scope, { kind: "datetime", fraction }, roundDatetime);
}

/** `CAST(value AS TIME(fraction))`: rounded half away from zero. */
export function castTime(value: Typed, scope: Scope, fraction: number): Typed {
  const whole = toTime(value, scope);
  return rounded(whole, scope, { kind: "time", fraction }, roundTime);
}

/** The number of digits behind the seconds that the value has as a TIME or DATETIME; MySQL's datetime_precision and time_precision. */
export function fractionOf(value: Typed, kind: "datetime" | "time"): number {
  const { type, constant } = value;
  switch (type.kind) {
    case "time":
    case "datetime":
      return type.fraction;
    case "decimal":
      return Math.min(type.scale, 6);
    case "double":
      return 6;
    case "text":
    case "bytes": {
      const unknown = type.kind === "bytes" && type.isHexLiteral === true ? 0 : 6;
      if (constant === undefined || constant.value === null) return unknown;
      return fractionOfText(textOf(constant.value as string | Uint8Array), kind) ?? unknown;
    }
    case "enum":
    case "set":
      return 6;
    default:
      return 0;
  }
}

function fractionOfText(text: string, kind: "datetime" | "time"): number | null {
  if (kind === "time") return parseTime(text)?.fraction ?? null;
  const parsed = parseDatetime(text, ANY_DATES);
  return parsed.kind === "date" || parsed.kind === "datetime" ? parsed.fraction : null;
}

/** How types without a time in them become one: makers of sources. */
interface Plain {
  readonly year: () => string;
  readonly text: (source: string) => string;
  readonly whole: (source: string) => string;
  readonly parts: (source: string) => string;
}

function fromPlain(value: Typed, source: string, scope: Scope, make: Plain): string {
  const { type } = value;
  switch (type.kind) {
    case "text":
      return make.text(source);
    case "bytes":
      return make.text(`${scope.bind(textOf)}(${source})`);
    case "enum":
    case "set":
      return make.text(
        `${scope.bind(type.kind === "enum" ? labelOf : labelsOf)}(${source}, ${scope.bind(type.members)})`,
      );
    case "integer":
      if (type.isYear === true) return make.year();
      if (type.bits !== undefined) return scope.refuse(value.at, "a BIT as a date or time");
      return make.whole(type.isSmall ? source : `Number(BigInt.asIntN(64, ${source}))`);
    case "decimal":
      return make.parts(`${scope.bind(partsOfDecimal)}(${source}, ${type.frac})`);
    case "double":
      return make.parts(`${scope.bind(partsOfDouble)}(${source})`);
    case "json":
      return scope.refuse(
        value.at,
        "JSON as a date or time depends on how MySQL stores it: take its text by json_unquote or ->>",
      );
    default:
      return scope.refuse(value.at, `a value of type ${type.kind} as a date or time`);
  }
}

function convert(
  value: Typed,
  place: Place,
  type: SqlType,
  body: (source: string) => string,
  mayBeNull = true,
): Typed {
  return applyStrict([value], place, { type, mayBeNull }, body);
}

function checked(value: Typed, place: Place, type: SqlType, mode: DateMode): Typed {
  if (mode === "partial") return { ...value, type };
  return convert(value, place, type, (source) => `${place.scope.bind(realDate)}(${source})`);
}

function rounded(
  value: Typed,
  scope: Scope,
  type: SqlType & { readonly fraction: number },
  round: (moment: Moment, fraction: number) => Moment | null,
): Typed {
  if ((value.type as { readonly fraction: number }).fraction <= type.fraction) {
    return { ...value, type };
  }
  const place = { at: value.at, scope };
  const body = (source: string) => `${scope.bind(round)}(${source}, ${type.fraction})`;
  return convert(value, place, type, body, type.kind === "datetime");
}

const MIDNIGHT = createMoment({});

/** Null for dates with zero parts. */
function realDate(moment: Moment): Moment | null {
  return isDateTaken(moment, REAL_DATES) ? moment : null;
}

function dateOf(moment: Moment): Moment {
  const { year, month, day } = moment;
  return createMoment({ year, month, day });
}

function timeOf(moment: Moment): Moment {
  const { hour, minute, second, microsecond } = moment;
  return createMoment({ hour, minute, second, microsecond });
}

/** What a YEAR is as a date. */
function firstOfYear(year: number): Moment {
  return createMoment({ year, month: 1, day: 1 });
}

function wholeToDate(value: number): Moment | null {
  const moment = wholeToDateParts(value);
  return moment === null ? null : realDate(moment);
}

function wholeToCountedDate(value: number): Moment | null {
  const moment = wholeToDateParts(value);
  return moment === null || moment.month === 0 || moment.day === 0 ? null : moment;
}

function wholeToTime(whole: number): Moment | null {
  return partsToTime({ whole, nanosecond: 0 });
}

/** A text, or bytes as one with a character a byte; which ones those beyond ASCII are plays no part. */
function textOf(value: string | Uint8Array): string {
  return typeof value === "string"
    ? value
    : Buffer.from(value.map((byte) => Math.min(byte, 0x7f))).toString("latin1");
}

function labelOf(ordinal: number, members: readonly string[]): string {
  return members[ordinal - 1] ?? "";
}

function labelsOf(mask: bigint, members: readonly string[]): string {
  return members.filter((_, index) => (mask >> BigInt(index)) & 1n).join(",");
}

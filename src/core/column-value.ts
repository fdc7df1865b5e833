/** Column values of the JSON text that documents have: what layouts without bytes of MySQL's own read values from. */
import { TailraceError } from "./errors.ts";
import { parseJsonValue } from "./json-value.ts";
import type { ColumnType } from "./schema.ts";
import type { ColumnValue, Moment } from "./sql-value.ts";

/** Makes a value of its JSON text in a document. Throws RULE_ROW_FAILED when the text is none of the type. */
export type ParseValue = (text: string) => ColumnValue;

/** The moment that MySQL's zero date is. */
export const ZERO_MOMENT: Moment = momentOf(0, 0, 0, 0);

/**
 * The parser for a column of this type. A date that no calendar has is `null` in a document, and is taken for the zero date here. Throws
 * RULE_EXPRESSION_UNSUPPORTED for types that expressions do not take.
 */
export function createValueParser(type: ColumnType): ParseValue {
  switch (type.kind) {
    case "integer":
      return type.bytes === 8 ? parseBigInt : parseInteger;
    case "year":
      return parseInteger;
    case "bit":
      return parseBigInt;
    case "decimal":
      return (text) => parseDecimal(text, type.scale);
    case "float":
      return (text) => Math.fround(parseDouble(text));
    case "double":
      return parseDouble;
    case "date":
    case "datetime":
    case "timestamp":
      return (text) => (text === "null" ? ZERO_MOMENT : parseMoment(stringOf(text)));
    case "time":
      return (text) => parseDuration(stringOf(text));
    case "text":
    case "uuid":
    case "inet":
      return stringOf;
    case "binary":
      return (text) => Buffer.from(stringOf(text), "base64");
    case "enum":
      return createEnumParser(type.members);
    case "set":
      return createSetParser(type.members);
    case "json":
      return parseJson;
    case "geometry":
    case "vector":
      return unsupported(type.kind);
  }
}

/** Throws RULE_EXPRESSION_UNSUPPORTED for a type that expressions do not take. */
export function unsupported(kind: string): never {
  throw new TailraceError(
    "RULE_EXPRESSION_UNSUPPORTED",
    `expressions do not take columns of type ${kind}`,
  );
}

/** A date, and of a DATETIME the time, of `2026-11-23`, `2026-11-23T10:20:30.5Z` or with a space. Throws RULE_ROW_FAILED. */
export function parseMoment(text: string): Moment {
  const match =
    /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?Z?)?$/.exec(text) ??
    noValue("date");
  const [year, month, day, hour, minute, second] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  return {
    year: year!,
    month: month!,
    day: day!,
    hour: hour!,
    minute: minute!,
    second: second!,
    microsecond: microseconds(match[7]),
    isNegative: false,
  };
}

/** A moment without a date. */
function momentOf(hour: number, minute: number, second: number, microsecond: number): Moment {
  return { year: 0, month: 0, day: 0, hour, minute, second, microsecond, isNegative: false };
}

function parseDuration(text: string): Moment {
  const match = /^(-?)(\d{2,3}):(\d\d):(\d\d)(?:\.(\d{1,6}))?$/.exec(text) ?? noValue("time");
  const [, sign, hour, minute, second, fraction] = match;
  const moment = momentOf(Number(hour), Number(minute), Number(second), microseconds(fraction));
  const { microsecond } = moment;
  const isZero = moment.hour + moment.minute + moment.second + microsecond === 0;
  return { ...moment, isNegative: sign === "-" && !isZero };
}

function microseconds(fraction: string | undefined): number {
  return fraction === undefined ? 0 : Number(fraction.padEnd(6, "0"));
}

function parseInteger(text: string): number {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : noValue("integer");
}

function parseBigInt(text: string): bigint {
  return /^-?\d+$/.test(text) ? BigInt(text) : noValue("integer");
}

function parseDouble(text: string): number {
  const value = Number(text);
  return Number.isFinite(value) && text !== "" ? value : noValue("number");
}

function parseDecimal(text: string, scale: number): bigint {
  const match = /^"?(-?\d+)(?:\.(\d*))?"?$/.exec(text) ?? noValue("decimal");
  const [, whole = "", fraction = ""] = match;
  // more digits than the column's, which foreign records may show, are zeros
  if (/[1-9]/.test(fraction.slice(scale))) noValue("decimal");
  return BigInt(whole + fraction.slice(0, scale).padEnd(scale, "0"));
}

function stringOf(text: string): string {
  const value: unknown = JSON.parse(text);
  return typeof value === "string" ? value : noValue("string");
}

function parseJson(text: string): ColumnValue {
  try {
    return parseJsonValue(text);
  } catch {
    return noValue("JSON");
  }
}

function createEnumParser(members: readonly string[]): ParseValue {
  const ordinals = new Map(members.map((label, index) => [label, index + 1]));
  return (text) => {
    const label = stringOf(text);
    return ordinals.get(label) ?? (label === "" ? 0 : noValue("ENUM"));
  };
}

function createSetParser(members: readonly string[]): ParseValue {
  const bits = new Map(members.map((label, index) => [label, 1n << BigInt(index)]));
  return (text) => {
    const labels = stringOf(text);
    if (labels === "") return 0n;
    return labels
      .split(",")
      .reduce((mask, label) => mask | (bits.get(label) ?? noValue("SET")), 0n);
  };
}

function noValue(kind: string): never {
  throw new TailraceError("RULE_ROW_FAILED", `a value of the row is no ${kind}`);
}

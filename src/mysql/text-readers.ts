/** Values as the text protocol has them for {@link selectExpression}, in their form of `ColumnValue`. */
import { parseJsonValue } from "../core/json-value.ts";
import { createValueParser, unsupported } from "../core/column-value.ts";
import { TailraceError } from "../core/errors.ts";
import type { ColumnType } from "../core/schema.ts";
import type { ColumnValue, Moment } from "../core/sql-value.ts";
import { readNumberText } from "./text-values.ts";

/** Reads the value of `length` bytes at `b[p]`. Throws RULE_ROW_FAILED for what its type does not have. */
export type TextReader = (b: Buffer, p: number, length: number) => ColumnValue;

/** The reader for columns of a type. Throws RULE_EXPRESSION_UNSUPPORTED for types that expressions do not take. */
export function createTextReader(type: ColumnType): TextReader {
  switch (type.kind) {
    case "integer":
      return type.bytes === 8 ? readBigInt : readNumberText;
    case "year":
    case "double":
      return readNumberText;
    case "bit":
      return readBigInt;
    case "float":
      return (b, p, length) => Math.fround(readNumberText(b, p, length));
    case "decimal":
      return readDecimal;
    case "date":
    case "datetime":
    case "timestamp":
      return readMoment;
    case "time":
      return readDuration;
    case "text":
    case "uuid":
    case "inet":
      return (b, p, length) => b.toString("utf8", p, p + length);
    case "binary":
      return (b, p, length) => b.subarray(p, p + length);
    case "json":
      return readJson;
    case "enum":
    case "set":
      return createLabelReader(type);
    case "geometry":
    case "vector":
      return unsupported(type.kind);
  }
}

/**
 * Labels as numbers. Servers describe tables in utf8mb3: a character beyond it is a `?` in a label that they tell, and itself in a value. Such a label is
 * found all the same.
 */
function createLabelReader(type: LabelType): TextReader {
  const parse = createValueParser(type);
  const isTold = type.members.some((label) => label.search(BEYOND_UTF8MB3) >= 0);
  return (b, p, length) => {
    const label = b.toString("utf8", p, p + length);
    return parse(JSON.stringify(isTold ? label : label.replaceAll(BEYOND_UTF8MB3, "?")));
  };
}

type LabelType = Extract<ColumnType, { readonly kind: "enum" | "set" }>;

const BEYOND_UTF8MB3 = /[\u{10000}-\u{10ffff}]/gu;

/** Up to this many digits a number is exact. */
const EXACT_BYTES = 15;

function readBigInt(b: Buffer, p: number, length: number): bigint {
  return BigInt(
    length <= EXACT_BYTES ? readNumberText(b, p, length) : b.toString("latin1", p, p + length),
  );
}

/** A DECIMAL comes with exactly its digits behind the point: without the point it is the value times 10^scale. */
function readDecimal(b: Buffer, p: number, length: number): bigint {
  return BigInt(b.toString("latin1", p, p + length).replace(".", ""));
}

const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;

/** A DECIMAL of up to 15 digits: its value times 10^scale, never -0. */
export function readShortDecimal(b: Buffer, p: number, length: number): number {
  const end = p + length;
  const isNegative = b[p] === MINUS;
  let digits = 0;
  for (let i = isNegative ? p + 1 : p; i < end; i++) {
    const byte = b[i]!;
    if (byte !== POINT) digits = digits * 10 + byte - ZERO;
  }
  return isNegative ? 0 - digits : digits;
}

/** `2026-11-23` or `2026-11-23 10:20:30.123`, zero and partial dates included. */
function readMoment(b: Buffer, p: number, length: number): Moment {
  const hasTime = length > 10;
  return {
    year: digitsAt(b, p, 4),
    month: digitsAt(b, p + 5, 2),
    day: digitsAt(b, p + 8, 2),
    hour: hasTime ? digitsAt(b, p + 11, 2) : 0,
    minute: hasTime ? digitsAt(b, p + 14, 2) : 0,
    second: hasTime ? digitsAt(b, p + 17, 2) : 0,
    microsecond: length > 20 ? microseconds(b, p + 20, length - 20) : 0,
    isNegative: false,
  };
}

/** `-838:59:59.123456`. */
function readDuration(b: Buffer, p: number, length: number): Moment {
  const end = p + length;
  const isNegative = b[p] === MINUS;
  const start = isNegative ? p + 1 : p;
  const colon = b.indexOf(0x3a, start);
  return {
    year: 0,
    month: 0,
    day: 0,
    hour: digitsAt(b, start, colon - start),
    minute: digitsAt(b, colon + 1, 2),
    second: digitsAt(b, colon + 4, 2),
    microsecond: end > colon + 7 ? microseconds(b, colon + 7, end - colon - 7) : 0,
    isNegative,
  };
}

function digitsAt(b: Buffer, p: number, count: number): number {
  let value = 0;
  for (const end = p + count; p < end; p++) value = value * 10 + b[p]! - ZERO;
  return value;
}

function microseconds(b: Buffer, p: number, digits: number): number {
  return digitsAt(b, p, digits) * 10 ** (6 - digits);
}

function readJson(b: Buffer, p: number, length: number): ColumnValue {
  try {
    return parseJsonValue(b.toString("utf8", p, p + length));
  } catch {
    throw new TailraceError("RULE_ROW_FAILED", "a value of the row is no JSON");
  }
}

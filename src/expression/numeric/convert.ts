import type { JsonValue, Moment } from "../../core/sql-value.ts";
import { applyStrict, applyTest } from "../apply.ts";
import { constantOf } from "../constant.ts";
import {
  BIGINT,
  BIGINT_UNSIGNED,
  DOUBLE,
  smallInteger,
  TRUTH,
  type DecimalType,
  type SqlType,
} from "../sql-type.ts";
import { momentToDouble, momentToInteger, momentToNumber } from "../temporal/format.ts";
import { RowError, type Scope, type Typed } from "../typed.ts";
import { decimalToDouble, fitDecimal, rescale } from "./decimal.ts";
import { withExact } from "./exact.ts";
import { decimalOfDouble, parseDecimal, parseDouble, parseInteger } from "./parse.ts";

/**
 * Values of all types as numbers and as truth values, as operators and functions take them (`Item::val_real`, `val_decimal`, `val_int`, `val_bool`).
 */

/** The value as a DOUBLE. */
export function toDouble(value: Typed, scope: Scope): Typed {
  const { type } = value;
  const chosen = ofChosen(value, scope, (each) => toDouble(each, scope));
  if (chosen !== null) return { type: DOUBLE, ...chosen };
  switch (type.kind) {
    case "null":
      return constantOf(DOUBLE, null, value.at, scope);
    case "double":
      return value;
    case "integer":
      return convert(value, scope, DOUBLE, type.isSmall ? null : Number);
    case "decimal": {
      const { frac } = type;
      return convert(value, scope, DOUBLE, (number: bigint) => decimalToDouble(number, frac));
    }
    case "text":
      return convert(value, scope, DOUBLE, parseDouble);
    case "bytes":
      return convert(
        value,
        scope,
        DOUBLE,
        type.isHexLiteral === true
          ? (bytes: Uint8Array) => Number(integerOfBytes(bytes))
          : (bytes: Uint8Array) => parseDouble(latin1(bytes)),
      );
    case "date":
    case "time":
    case "datetime": {
      const { kind } = type;
      return convert(value, scope, DOUBLE, (moment: Moment) => momentToDouble(moment, kind));
    }
    case "enum":
      return convert(value, scope, DOUBLE, null);
    case "set":
      return convert(value, scope, DOUBLE, Number);
    case "json":
      return convert(value, scope, DOUBLE, jsonToDouble);
    case "opaque":
    case "field":
      return refuseNumber(value, scope);
  }
}

/** How {@link toDecimal} rounds what has no scale of its own. */
export interface DecimalSize {
  readonly precision: number;
  readonly scale: number;
}

/**
 * The value as a DECIMAL: exact for whole numbers, decimals and dates; strings and doubles have no scale of their own and get that of `size`, rounded half away from zero and
 * clamped; without `size` they are refused.
 */
export function toDecimal(value: Typed, scope: Scope, size?: DecimalSize): Typed {
  const { type, at } = value;
  if (type.kind !== "decimal" && type.kind !== "integer" && size !== undefined) {
    const chosen = ofChosen(value, scope, (each) => castTo(each, scope, size));
    if (chosen !== null) return { type: decimalOf(size.precision, size.scale), ...chosen };
  }
  switch (type.kind) {
    case "null":
      return constantOf(decimalOf(1, 0), null, at, scope);
    case "decimal":
      return value;
    case "integer":
      return type.isSmall && value.constant === undefined
        ? withExact(convert(value, scope, decimalOf(type.digits, 0), BigInt), value.source)
        : convert(value, scope, decimalOf(type.digits, 0), type.isSmall ? BigInt : null);
    case "enum":
      return convert(value, scope, decimalOf(5, 0), BigInt);
    case "set":
      return convert(value, scope, decimalOf(20, 0), null);
    case "date":
      return convert(value, scope, decimalOf(8, 0), (moment: Moment) =>
        momentToNumber(moment, "date", 0),
      );
    case "time":
    case "datetime": {
      const { kind, fraction } = type;
      const digits = kind === "time" ? 7 : 14;
      return convert(value, scope, decimalOf(digits + fraction, fraction), (moment: Moment) =>
        momentToNumber(moment, kind, fraction),
      );
    }
    case "double":
      return sized(value, scope, size, decimalOfDouble);
    case "text":
      return sized(value, scope, size, parseDecimal);
    case "bytes":
      if (type.isHexLiteral === true) {
        return convert(value, scope, decimalOf(20, 0), integerOfBytes);
      }
      return sized(value, scope, size, (bytes: Uint8Array) => parseDecimal(latin1(bytes)));
    case "json":
      return sized(value, scope, size, jsonToDecimal);
    case "opaque":
    case "field":
      return refuseNumber(value, scope);
  }
}

/** The value as a BIGINT, or a BIGINT UNSIGNED where its type is unsigned: rounded where a number has a fraction, cut behind the digits where it is a string. */
export function toInteger(value: Typed, scope: Scope): Typed {
  if (value.integer !== undefined) return value.integer;
  const { type, at } = value;
  if (type.kind !== "integer") {
    const chosen = ofChosen(value, scope, (each) => toSigned(each, scope));
    if (chosen !== null) return { type: BIGINT, ...chosen };
  }
  switch (type.kind) {
    case "null":
      return constantOf(BIGINT, null, at, scope);
    case "integer":
      return value;
    case "decimal": {
      const { frac, precision, scale } = type;
      const digits = precision - scale + 1;
      if (digits <= 15) {
        return convert(value, scope, smallInteger(digits), (number: bigint) =>
          Number(rescale(number, frac, 0)),
        );
      }
      return convert(value, scope, BIGINT, (number: bigint) =>
        clampSigned(rescale(number, frac, 0)),
      );
    }
    case "double":
      return convert(value, scope, BIGINT, integerOfDouble(type));
    case "text":
      return convert(value, scope, BIGINT, integerOfText(value));
    case "bytes": {
      if (type.isHexLiteral === true) return convert(value, scope, BIGINT_UNSIGNED, integerOfBytes);
      const parse = integerOfText(value);
      return convert(value, scope, BIGINT, (bytes: Uint8Array) => parse(latin1(bytes)));
    }
    case "date":
    case "time":
    case "datetime": {
      const { kind } = type;
      return convert(value, scope, smallInteger(14), (moment: Moment) =>
        momentToInteger(moment, kind),
      );
    }
    case "enum":
      return convert(value, scope, smallInteger(5), null);
    case "set":
      return convert(value, scope, BIGINT_UNSIGNED, null);
    case "json":
      return convert(value, scope, BIGINT, jsonToInteger);
    case "opaque":
    case "field":
      return refuseNumber(value, scope);
  }
}

/** The value as an integer that is a number in compiled code: one beyond 2^53 becomes 2^53 - 1 with its sign. For lengths, places, counts. */
export function toCount(value: Typed, scope: Scope): Typed {
  const whole = toInteger(value, scope);
  if (whole.type.kind === "integer" && whole.type.isSmall) return whole;
  return convert(whole, scope, smallInteger(16), clampSafe);
}

/** The value as TRUE or FALSE: is it another number than 0? */
export function toTruth(value: Typed, scope: Scope): Typed {
  const { type, at } = value;
  const place = { at, scope };
  const chosen = ofChosen(value, scope, (each) => toTruth(each, scope));
  if (chosen !== null) return { type: TRUTH, ...chosen };
  switch (type.kind) {
    case "null":
      return constantOf(TRUTH, null, at, scope);
    case "integer":
      if (type.isTruth === true) return value;
      if (value.constant !== undefined && value.constant.value !== null) {
        return constantOf(TRUTH, Number(value.constant.value) === 0 ? 0 : 1, at, scope);
      }
      return applyTest([value], place, (name) => `${name} !== ${type.isSmall ? "0" : "0n"}`);
    case "decimal":
    case "set":
      return applyTest([value], place, (name) => `${name} !== 0n`);
    case "double":
    case "enum":
      return applyTest([value], place, (name) => `${name} !== 0`);
    case "json":
      return applyTest([value], place, (name) => `${scope.bind(isJsonTrue)}(${name})`);
    case "text":
    case "bytes":
    case "date":
    case "time":
    case "datetime":
      return toTruth(toDouble(value, scope), scope);
    case "opaque":
    case "field":
      return refuseNumber(value, scope);
  }
}

/** A JavaScript condition that holds if the value is TRUE, and not if it is FALSE or NULL: what a filter tests. */
export function testOf(value: Typed, scope: Scope): string {
  const truth = toTruth(value, scope);
  return truth.test ?? `(${truth.source} === 1)`;
}

/** Converts what IF or CASE chooses; null for other values. */
function ofChosen(
  value: Typed,
  scope: Scope,
  convertOne: (value: Typed) => Typed,
): Omit<Typed, "type"> | null {
  const { chosen, at, notNumber } = value;
  if (notNumber !== undefined) return scope.refuse(at, notNumber);
  if (chosen === undefined) return null;
  const values = chosen.values.map(convertOne);
  const source = chosen.tests.reduceRight(
    (rest, test, index) => `${test} ? ${values[index]!.source} : ${rest}`,
    values[chosen.tests.length]!.source,
  );
  return { isNullable: values.some(({ isNullable }) => isNullable), source: `(${source})`, at };
}

/** The value as a BIGINT that is a bigint; one that is unsigned is refused. */
function toSigned(value: Typed, scope: Scope): Typed {
  const whole = toInteger(value, scope);
  if (whole.type.kind !== "integer") return whole;
  if (!whole.type.isSmall && whole.type.isUnsigned && whole.constant?.value !== null) {
    return scope.refuse(
      value.at,
      "BIGINT UNSIGNED and other values together as an integer; cast them",
    );
  }
  return whole.type.isSmall ? convert(whole, scope, BIGINT, BigInt) : whole;
}

/** The value with the digits of a size. */
function castTo(value: Typed, scope: Scope, size: DecimalSize): Typed {
  const { precision, scale } = size;
  const number = toDecimal(value, scope, size);
  if (number.type.kind !== "decimal") return number;
  const { frac } = number.type;
  const type = decimalOf(precision, scale);
  return convert(number, scope, type, (digits: bigint) =>
    fitDecimal({ digits, scale: frac }, precision, scale),
  );
}

/** A DECIMAL type whose values carry what it shows. */
export function decimalOf(precision: number, scale: number): DecimalType {
  return { kind: "decimal", precision, scale, frac: scale };
}

/** The unsigned integer of a hex or bit literal; of more than eight bytes 0. */
export function integerOfBytes(bytes: Uint8Array): bigint {
  if (bytes.length > 8) return 0n;
  return bytes.reduce((value, byte) => value * 256n + BigInt(byte), 0n);
}

/** A DOUBLE rounded to an integer, half to even; the sign stays (`-0`). */
export function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest === 0) return value;
  const isUp = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0);
  const rounded = isUp ? floor + 1 : floor;
  return rounded === 0 && value < 0 ? -0 : rounded;
}

const MIN_BIGINT = -(2n ** 63n);
const MAX_BIGINT = 2n ** 63n - 1n;

function clampSigned(value: bigint): bigint {
  if (value > MAX_BIGINT) return MAX_BIGINT;
  return value < MIN_BIGINT ? MIN_BIGINT : value;
}

function clampSafe(value: bigint): number {
  return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Number(value)));
}

function asSigned(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

/** A column clamps to BIGINT, what is computed to BIGINT UNSIGNED, which then is taken for 64 bits. */
function integerOfText({ isColumn }: Typed): (text: string) => bigint {
  if (isColumn !== true) return (text) => asSigned(parseInteger(text));
  return (text) => clampSigned(parseInteger(text.trimStart()));
}

function integerOfDouble(type: SqlType & { kind: "double" }): (value: number) => bigint {
  return (value) => {
    const rounded = roundToEven(value);
    if (rounded >= -(2 ** 63) && rounded < 2 ** 63) return BigInt(rounded);
    if (type.isClamped !== true) throw new RowError(1690, "BIGINT value is out of range");
    // the cast of C: what is beyond the range is its least number
    if (type.isFloat === true) return MIN_BIGINT;
    return rounded < 0 ? MIN_BIGINT : MAX_BIGINT;
  };
}

function jsonToDouble(value: JsonValue): number {
  switch (value.kind) {
    case "number":
      return Number(value.text);
    case "string":
      return parseDouble(value.value);
    case "boolean":
      return value.value ? 1 : 0;
    default:
      return 0;
  }
}

function jsonToDecimal(value: JsonValue): ReturnType<typeof parseDecimal> {
  switch (value.kind) {
    case "number":
      // whole numbers are taken for signed ones here
      return /^\d+$/.test(value.text)
        ? { digits: asSigned(BigInt(value.text)), scale: 0 }
        : parseDecimal(value.text);
    case "string":
      return parseDecimal(value.value);
    case "boolean":
      return { digits: value.value ? 1n : 0n, scale: 0 };
    default:
      return { digits: 0n, scale: 0 };
  }
}

function jsonToInteger(value: JsonValue): bigint {
  switch (value.kind) {
    case "number":
      if (/^-?\d+$/.test(value.text)) return asSigned(BigInt(value.text));
      return /^-?\d+\.\d+$/.test(value.text)
        ? clampSigned(BigInt(roundToEven(Number(value.text))))
        : integerOfDouble({ kind: "double", isClamped: true })(Number(value.text));
    case "string":
      return asSigned(parseInteger(value.value));
    case "boolean":
      return value.value ? 1n : 0n;
    default:
      return 0n;
  }
}

/** Logical operators and IS TRUE take every JSON value for true but the number 0. */
function isJsonTrue(value: JsonValue): boolean {
  return !(value.kind === "number" && Number(value.text) === 0);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

function sized(
  value: Typed,
  scope: Scope,
  size: DecimalSize | undefined,
  parse: (value: never) => ReturnType<typeof parseDecimal>,
): Typed {
  if (size === undefined) {
    return scope.refuse(
      value.at,
      `a DECIMAL of a ${value.type.kind} has no digits of its own; cast it`,
    );
  }
  const { precision, scale } = size;
  return convert(value, scope, decimalOf(precision, scale), (source: never) =>
    fitDecimal(parse(source), precision, scale),
  );
}

/** Converts by a function of the value alone; null = the value is already in the form of the type. */
function convert(
  value: Typed,
  scope: Scope,
  type: SqlType,
  run: ((value: never) => unknown) | null,
): Typed {
  const known = value.constant?.value;
  if (known === null) return constantOf(type, null, value.at, scope);
  if (known !== undefined) {
    try {
      const made = run === null ? known : run(known as never);
      return constantOf(type, made as number | bigint, value.at, scope);
    } catch (error) {
      // an error of the row that needs the value, if one does
      if (!(error instanceof RowError)) throw error;
    }
  }
  if (run === null) {
    return { type, isNullable: value.isNullable, source: value.source, at: value.at };
  }
  const place = { at: value.at, scope };
  return applyStrict([value], place, { type }, (name) => `${scope.bind(run)}(${name})`);
}

function refuseNumber(value: Typed, scope: Scope): never {
  const what = value.type.kind === "opaque" ? value.type.name : "what only documents have";
  return scope.refuse(value.at, `${what} as a number`);
}

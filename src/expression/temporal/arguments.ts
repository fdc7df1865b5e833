/** Arguments of temporal functions. */
import type { Moment } from "../../core/sql-value.ts";
import { applyStrict } from "../apply.ts";
import { toInteger } from "../convert.ts";
import type { Scope, Typed } from "../typed.ts";
import { fractionOf, refuseNotTemporal, toDate, toDatetime, type DateMode } from "./convert.ts";
import { momentToNumber } from "./format.ts";
import { partsOfDecimal, partsOfText, type Parts } from "./parse-number.ts";

const MAX_BIGINT = 2n ** 63n - 1n;

/** A value whose year, month and day alone are read: a DATE or a DATETIME. */
export function toCalendar(value: Typed, scope: Scope, mode: DateMode): Typed {
  switch (value.type.kind) {
    case "integer":
    case "decimal":
    case "double":
      return toDate(value, scope, mode);
    default:
      return toDatetime(value, scope, mode);
  }
}

/** The value as a whole number in a JavaScript number, which is exact up to 2^53 and beyond it close enough for what is out of every range. Unsigned values above 2^63 are negative. */
export function toWholeNumber(value: Typed, scope: Scope): Typed {
  const integer = toInteger(value, scope);
  if (integer.type.kind !== "integer" || integer.type.isSmall) return integer;
  const source = integer.isNullable
    ? `${scope.bind(signedNumberOrNull)}(${integer.source})`
    : `Number(BigInt.asIntN(64, ${integer.source}))`;
  const { constant, ...rest } = integer;
  return {
    ...rest,
    type: { ...integer.type, isSmall: true },
    source,
    ...(constant !== undefined && {
      constant: { value: signedNumberOrNull(constant.value as bigint | null) },
    }),
  };
}

/** The value as a bigint within 64 signed bits: what is greater becomes negative, but the text of a column the greatest one. */
export function toSignedBigInt(value: Typed, scope: Scope): Typed {
  if (value.chosen !== undefined) {
    scope.refuse(value.at, "a number that IF or CASE chose among several types; cast it");
  }
  const integer = toInteger(value, scope);
  const { constant: _, ...rest } = integer;
  const isText = value.type.kind === "text" && value.isColumn === true;
  const make = scope.bind(isText ? clampedOrNull : signedOrNull);
  return {
    ...rest,
    type: { kind: "integer", isUnsigned: false, isSmall: false, digits: 20 },
    source: `${make}(${integer.source})`,
  };
}

function signedNumberOrNull(value: bigint | null): number | null {
  return value === null ? null : Number(BigInt.asIntN(64, value));
}

function clampedOrNull(value: bigint | number | null): bigint | null {
  return value === null || value < MAX_BIGINT ? signedOrNull(value) : MAX_BIGINT;
}

function signedOrNull(value: bigint | number | null): bigint | null {
  return value === null ? null : BigInt.asIntN(64, BigInt(value));
}

/** A number, or the number that a text begins with, as {@link Parts}; its type stands for nothing. */
export function toParts(value: Typed, scope: Scope): Typed {
  const { type } = value;
  if (value.chosen !== undefined) refuseNotTemporal(value, scope);
  const make = (from: Typed, body: (source: string) => string): Typed =>
    applyStrict(
      [from],
      { at: value.at, scope },
      { type: { kind: "opaque", name: "number" } },
      body,
    );
  switch (type.kind) {
    case "null":
      return value;
    case "decimal":
      return make(value, (source) => `${scope.bind(partsOfDecimal)}(${source}, ${type.frac})`);
    case "double":
      return toDecimalParts(value, scope);
    case "text":
      if (value.notNumber !== undefined) return scope.refuse(value.at, value.notNumber);
      return make(value, (source) => `${scope.bind(partsOfText)}(${source})`);
    case "json":
      return scope.refuse(value.at, "JSON as a number of seconds: take its text by ->> or CAST it");
    case "bytes":
      if (type.isHexLiteral === true) return wholeParts(value, scope);
      return make(value, (source) => `${scope.bind(prefixOfBytes)}(${source})`);
    case "time":
    case "datetime":
      if (type.fraction === 0) return wholeParts(value, scope);
      return make(value, (source) => `${scope.bind(partsOfMoment)}(${source}, "${type.kind}")`);
    default:
      return wholeParts(value, scope);
  }
}

/** A DOUBLE as {@link Parts} of the shortest decimal that stands for it. */
function toDecimalParts(value: Typed, scope: Scope): Typed {
  return applyStrict(
    [value],
    { at: value.at, scope },
    { type: { kind: "opaque", name: "number" } },
    (source) => `${scope.bind(partsOfText)}(String(${source}))`,
  );
}

function wholeParts(value: Typed, scope: Scope): Typed {
  const integer = toInteger(value, scope);
  const isUnsigned = integer.type.kind === "integer" && integer.type.isUnsigned;
  if (isUnsigned) {
    return applyStrict(
      [integer],
      { at: value.at, scope },
      { type: { kind: "opaque", name: "number" } },
      (source) => `({ whole: Number(${source}), nanosecond: 0 })`,
    );
  }
  return applyStrict(
    [toWholeNumber(value, scope)],
    { at: value.at, scope },
    { type: { kind: "opaque", name: "number" } },
    (source) => `({ whole: ${source}, nanosecond: 0 })`,
  );
}

function partsOfMoment(moment: Moment, kind: "time" | "datetime"): Parts {
  const sign = moment.isNegative ? -1 : 1;
  return {
    whole: Number(momentToNumber(moment, kind, 0)),
    nanosecond: sign * moment.microsecond * 1000,
  };
}

/** Digits behind the point of a number of seconds. */
export function fractionOfNumber(value: Typed): number {
  switch (value.type.kind) {
    case "text":
    case "double":
    case "enum":
    case "set":
      return 6;
    case "bytes":
      return value.type.isHexLiteral === true ? 0 : 6;
    default:
      return fractionOf(value, "time");
  }
}

function prefixOfBytes(bytes: Uint8Array): Parts {
  return partsOfText(Buffer.from(bytes).toString("latin1"));
}

/** Arguments of temporal functions. */
import type { Moment } from "../../core/sql-value.ts";
import { applyStrict } from "../apply.ts";
import { toInteger, toText } from "../convert.ts";
import type { Scope, Typed } from "../typed.ts";
import { toDate, toDatetime, type DateMode } from "./convert.ts";
import { momentToNumber } from "./format.ts";
import { partsOfDecimal, partsOfDouble, partsOfText, type Parts } from "./parse-number.ts";

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

/** The value as a bigint within 64 signed bits. */
export function toSignedBigInt(value: Typed, scope: Scope): Typed {
  const integer = toInteger(value, scope);
  const { constant: _, ...rest } = integer;
  const make = scope.bind(signedOrNull);
  return {
    ...rest,
    type: { kind: "integer", isUnsigned: false, isSmall: false, digits: 20 },
    source: `${make}(${integer.source})`,
  };
}

function signedNumberOrNull(value: bigint | null): number | null {
  return value === null ? null : Number(BigInt.asIntN(64, value));
}

function signedOrNull(value: bigint | number | null): bigint | null {
  return value === null ? null : BigInt.asIntN(64, BigInt(value));
}

/** A number, or the number that a text begins with, as {@link Parts}; its type stands for nothing. */
export function toParts(value: Typed, scope: Scope): Typed {
  const { type } = value;
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
      return make(value, (source) => `${scope.bind(partsOfDouble)}(${source})`);
    case "text":
    case "enum":
    case "set":
      return make(toText(value, scope), (source) => `${scope.bind(partsOfText)}(${source})`);
    case "time":
    case "datetime":
    case "bytes":
      if (type.kind === "bytes" && type.isHexLiteral !== true) {
        return make(toText(value, scope), (source) => `${scope.bind(partsOfText)}(${source})`);
      }
      if (type.kind !== "bytes" && type.fraction > 0) {
        return make(value, (source) => `${scope.bind(partsOfMoment)}(${source}, "${type.kind}")`);
      }
      return wholeParts(value, scope);
    default:
      return wholeParts(value, scope);
  }
}

function wholeParts(value: Typed, scope: Scope): Typed {
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

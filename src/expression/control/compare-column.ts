import type { Place } from "../apply.ts";
import { constantOf } from "../constant.ts";
import { fold } from "../fold.ts";
import { decimalOfDouble, parseDecimal, type ParsedDecimal } from "../numeric/parse.ts";
import { BIGINT, BIGINT_UNSIGNED, smallInteger, type IntegerType } from "../sql-type.ts";
import { toDatetime } from "../temporal/convert.ts";
import type { Scope, Typed } from "../typed.ts";

/**
 * Constants that are compared with a column become values of its type if it takes them exactly (`convert_constant_arg_to_field`): so that a BIGINT equals no string that is only near
 * it, `24` is the year 2024, and numbers are dates.
 */
export function alignToColumn(args: readonly Typed[], place: Place): readonly Typed[] {
  const column = args.find((value) => value.isColumn === true || isDecimalExpression(value, args));
  if (column === undefined || (args.length > 2 && column !== args[0])) return args;
  const others = args.filter((value) => value !== column);
  if (others.some(({ constant }) => constant === undefined || constant.value === null)) return args;
  const convert = converterFor(column, args.length, place.scope);
  if (convert === null) return args;
  const converted = args.map((value) => (value === column ? value : convert(value)));
  return converted.some((value) => value === null) ? args : (converted as readonly Typed[]);
}

/** Not only columns: any decimal is compared exactly with a string that is known. */
function isDecimalExpression({ type, constant }: Typed, args: readonly Typed[]): boolean {
  return type.kind === "decimal" && constant === undefined && args.length === 2;
}

/** What makes a value of the column's type of a constant, or null where it takes it not exactly. */
function converterFor(
  column: Typed,
  count: number,
  scope: Scope,
): ((value: Typed) => Typed | null) | null {
  const { type } = column;
  switch (type.kind) {
    case "integer":
      if (type.isYear === true) return (value) => yearOf(value, scope);
      return type.isSmall ? null : (value) => integerOf(value, type, scope);
    case "decimal":
      // only of two: BETWEEN compares decimals with strings as doubles
      return count === 2 ? (value) => decimalOfString(value, scope) : null;
    case "date":
    case "datetime":
      return (value) => dateOfNumber(value, column, scope);
    case "time":
      return (value) => refuseFraction(value, type.fraction, scope);
    default:
      return null;
  }
}

/** A number that has more digits than the column would be rounded to it. */
function refuseFraction(value: Typed, fraction: number, scope: Scope): null {
  const isNumber = value.type.kind === "decimal" || value.type.kind === "double";
  const number = isNumber ? exactNumber(value) : null;
  const known = value.constant?.value;
  if (
    value.type.kind === "time" &&
    known !== null &&
    typeof known === "object" &&
    "microsecond" in known
  ) {
    if (known.microsecond % 10 ** (6 - fraction) > 0) {
      scope.refuse(value.at, "the time has more digits behind the point than the column");
    }
  }
  if (number !== null && trimmed(number).scale > fraction) {
    scope.refuse(value.at, "the number has more digits behind the point than the column");
  }
  return null;
}

function integerOf(value: Typed, type: IntegerType, scope: Scope): Typed | null {
  if (value.type.kind === "integer" || value.type.kind === "decimal") return value;
  const number = exactNumber(value);
  if (number === null) return null;
  const unit = 10n ** BigInt(number.scale);
  if (number.digits % unit !== 0n) return null;
  const whole = number.digits / unit;
  const [least, most] = type.isUnsigned ? [0n, 2n ** 64n - 1n] : [-(2n ** 63n), 2n ** 63n - 1n];
  if (whole < least || whole > most) return null;
  return constantOf(type.isUnsigned ? BIGINT_UNSIGNED : BIGINT, whole, value.at, scope);
}

function decimalOfString(value: Typed, scope: Scope): Typed | null {
  if (value.type.kind !== "text" || typeof value.constant?.value !== "string") return null;
  const { digits, scale } = parseDecimal(value.constant.value);
  const length = String(digits).length;
  if (length > 65 || scale > 30) return null;
  const type = { kind: "decimal", precision: Math.max(length, scale), scale, frac: scale } as const;
  return constantOf(type, digits, value.at, scope);
}

function yearOf(value: Typed, scope: Scope): Typed | null {
  const number = exactNumber(value);
  if (number === null) return null;
  if (number.scale > 0)
    scope.refuse(value.at, "a year is compared with a number that is not whole");
  const short = Number(number.digits);
  if (short < 0 || short > 99) return null;
  if (short === 0 && value.type.kind !== "text") return null;
  return constantOf(smallInteger(4), short < 70 ? 2000 + short : 1900 + short, value.at, scope);
}

function dateOfNumber(value: Typed, column: Typed, scope: Scope): Typed | null {
  const { kind } = value.type;
  if (kind !== "integer" && kind !== "decimal" && kind !== "double") return null;
  if (kind !== "integer" && (exactNumber(value)?.scale ?? 0) > 0) {
    scope.refuse(value.at, "a date is compared with a number that is not whole");
  }
  const place = { at: value.at, scope };
  const moment = fold([value], place, ([known], inner) => toDatetime(known!, inner.scope));
  const known = moment.constant?.value;
  if (known === null || known === undefined || typeof known !== "object" || !("year" in known)) {
    return null;
  }
  const { fraction } = column.type.kind === "datetime" ? column.type : { fraction: 0 };
  const isCut =
    column.type.kind === "date"
      ? known.hour + known.minute + known.second + known.microsecond > 0
      : known.microsecond % 10 ** (6 - fraction) > 0;
  if (isCut)
    scope.refuse(value.at, "the number has a time that the column has not; write a string");
  return moment;
}

/** The constant as an exact number; null where it is none from its first character to its last. */
function exactNumber({ type, constant }: Typed): ParsedDecimal | null {
  const value = constant?.value;
  switch (type.kind) {
    case "text":
      return typeof value === "string" && WHOLE_NUMBER.test(value) ? parseDecimal(value) : null;
    case "double":
      return typeof value === "number" ? decimalOfDouble(value) : null;
    case "integer":
      return { digits: BigInt(value as number | bigint), scale: 0 };
    case "decimal":
      return trimmed({ digits: value as bigint, scale: type.frac });
    default:
      return null;
  }
}

const WHOLE_NUMBER = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/;

function trimmed({ digits, scale }: ParsedDecimal): ParsedDecimal {
  return scale > 0 && digits % 10n === 0n
    ? trimmed({ digits: digits / 10n, scale: scale - 1 })
    : { digits, scale };
}

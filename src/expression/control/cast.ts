import type { CastTarget, Expression } from "../../query/tree.ts";
import { applyStrict, type Place } from "../apply.ts";
import type { SqlFunction } from "../functions.ts";
import { toJson } from "../json/convert.ts";
import { checkDouble } from "../numeric/checks.ts";
import { toDecimal, toDouble, toInteger } from "../numeric/convert.ts";
import { clampDecimal, rescale } from "../numeric/decimal.ts";
import { parseInteger } from "../numeric/parse.ts";
import { BIGINT, BIGINT_UNSIGNED, SESSION_COLLATION, smallInteger } from "../sql-type.ts";
import { castDatetime, castTime, NULL_DOUBLE, toDate } from "../temporal/convert.ts";
import { toBytes, toText } from "../text/convert.ts";
import type { Scope, Typed } from "../typed.ts";

/** Compiles `CAST(… AS …)` as a SELECT evaluates it: what does not fit is cut or clamped. */
export function compileCast(
  argument: Typed,
  expression: Extract<Expression, { kind: "cast" }>,
  scope: Scope,
): Typed {
  const cast = castTo(argument, expression.to, { at: expression.at, scope });
  if (cast.type.kind !== "text" || !isCharUsing(expression)) return cast;
  // unlike what CONVERT makes it is as weak as a literal
  return { ...cast, type: { ...cast.type, coercibility: 4 } };
}

/** `CHAR(… USING charset)`: a cast of a call that begins where the cast does. */
function isCharUsing({ argument, at }: Extract<Expression, { kind: "cast" }>): boolean {
  return argument.kind === "call" && argument.name === "char" && argument.at === at;
}

/** `BINARY x`: CAST(x AS BINARY). */
export const BINARY: SqlFunction = {
  arity: [1, 1],
  compile: ([value], call) => castBytes(value!, undefined, call),
};

/** The value as another type. */
export function castTo(value: Typed, to: CastTarget, place: Place): Typed {
  const { scope } = place;
  switch (to.type) {
    case "signed":
      return castSigned(asString(value), place);
    case "unsigned":
      return castUnsigned(asString(value), place);
    case "double": {
      const number = toDouble(value, scope);
      return { ...number, type: { kind: "double" }, ...nullDouble(number) };
    }
    case "float":
      return castFloat(value, place);
    case "decimal":
      return castDecimal(value, to, place);
    case "char":
      return castText(value, to, place);
    case "binary":
      return castBytes(value, to.length, place);
    case "date":
      return toDate(value, scope);
    case "datetime":
      return castDatetime(value, scope, to.fraction);
    case "time":
      return castTime(value, scope, to.fraction);
    case "year":
      return castYear(value, place);
    case "json":
      // as a number it is rounded by other rules than the doubles that JSON of a column holds
      if (value.type.kind === "decimal")
        scope.refuse(place.at, "a DECIMAL as JSON; CAST it AS DOUBLE");
      return toJson(value, scope);
  }
}

const MAX_BIGINT_UNSIGNED = 2n ** 64n - 1n;
const MIN_BIGINT = -(2n ** 63n);

/** Of strings the text is cast, not what IF or GREATEST chose it from. */
function asString(value: Typed): Typed {
  if (value.type.kind !== "text" && value.type.kind !== "bytes") return value;
  const { chosen: _, notNumber: __, isColumn: ___, ...rest } = value;
  return rest;
}

function castSigned(value: Typed, place: Place): Typed {
  const whole = toInteger(value, place.scope);
  const { type } = whole;
  if (type.kind !== "integer") return whole;
  if (!type.isUnsigned) return plain(whole);
  if (type.isSmall) return plain({ ...whole, type: smallInteger(type.digits) });
  return applyStrict([whole], place, { type: BIGINT }, (name) => `BigInt.asIntN(64, ${name})`);
}

function castUnsigned(value: Typed, place: Place): Typed {
  const { scope } = place;
  if (value.type.kind === "decimal") {
    const { frac } = value.type;
    const run = scope.bind((digits: bigint) => unsignedOfDecimal(rescale(digits, frac, 0)));
    return applyStrict([value], place, { type: BIGINT_UNSIGNED }, (name) => `${run}(${name})`);
  }
  const whole = toInteger(value, scope);
  const { type } = whole;
  if (type.kind !== "integer" || type.isUnsigned) return plain(whole);
  const result = { type: BIGINT_UNSIGNED };
  return applyStrict([whole], place, result, (name) => {
    return `BigInt.asUintN(64, ${type.isSmall ? `BigInt(${name})` : name})`;
  });
}

function unsignedOfDecimal(value: bigint): bigint {
  if (value > MAX_BIGINT_UNSIGNED) return MAX_BIGINT_UNSIGNED;
  return BigInt.asUintN(64, value < MIN_BIGINT ? MIN_BIGINT : value);
}

/** An integer that is no longer a column's: neither YEAR nor BIT. */
function plain(value: Typed): Typed {
  if (value.type.kind !== "integer") return value;
  const { isUnsigned, isSmall, digits } = value.type;
  const { isColumn: _, ...rest } = value;
  return { ...rest, type: { kind: "integer", isUnsigned, isSmall, digits } };
}

function nullDouble({ isNullable }: Typed): Pick<Typed, "notTemporal"> {
  return isNullable ? { notTemporal: NULL_DOUBLE } : {};
}

function castFloat(value: Typed, place: Place): Typed {
  const check = place.scope.bind(checkDouble);
  const type = { kind: "double", isFloat: true, textWidth: 12 } as const;
  const number = applyStrict([toDouble(value, place.scope)], place, { type }, (name) => {
    return `${check}(Math.fround(${name}))`;
  });
  return { ...number, ...nullDouble(number) };
}

function castDecimal(
  value: Typed,
  size: { readonly precision: number; readonly scale: number },
  place: Place,
): Typed {
  const { scope } = place;
  const { precision, scale } = size;
  if (precision < scale || precision > 65 || scale > 30) {
    scope.refuse(
      place.at,
      "a DECIMAL has at most 65 digits, 30 of them and not more than all behind the point",
    );
  }
  const type = { kind: "decimal", precision: Math.max(precision, 1), scale, frac: scale } as const;
  const number = toDecimal(value, scope, { precision, scale });
  if (number.type.kind !== "decimal") return number;
  const { frac } = number.type;
  const fit = scope.bind((digits: bigint) => clampDecimal(rescale(digits, frac, scale), precision));
  const cast = applyStrict([number], place, { type }, (name) => `${fit}(${name})`);
  return { ...cast, hasAllDigits: true };
}

function castText(
  value: Typed,
  { length, charset }: { readonly length?: number; readonly charset?: string },
  place: Place,
): Typed {
  const { scope, at } = place;
  if (charset !== undefined && charset !== "utf8mb4") {
    scope.refuse(at, `text in character set ${charset}; only utf8mb4 is written`);
  }
  const text = toText(value, scope);
  const longest = text.type.kind === "text" ? text.type.maxCharacters : 0;
  const maxCharacters = Math.min(length ?? Infinity, longest);
  const type = {
    kind: "text",
    collation: SESSION_COLLATION,
    coercibility: 2,
    maxCharacters,
  } as const;
  const { isColumn: _, notTemporal: __, ...rest } = text;
  if (length === undefined || longest <= length) return { ...rest, type, at };
  const cut = scope.bind(cutText);
  return applyStrict([text], place, { type }, (name) => `${cut}(${name}, ${length})`);
}

/** The first characters of a text. */
export function cutText(text: string, length: number): string {
  if (text.length <= length) return text;
  let end = 0;
  for (let count = 0; count < length && end < text.length; count++) {
    end += text.codePointAt(end)! > 0xffff ? 2 : 1;
  }
  return text.slice(0, end);
}

function castBytes(value: Typed, length: number | undefined, place: Place): Typed {
  const bytes = toBytes(value, place.scope);
  if (length === undefined) {
    const { isColumn: _, ...rest } = bytes;
    const maxBytes = bytes.type.kind === "bytes" ? bytes.type.maxBytes : 0;
    return { ...rest, type: { kind: "bytes", maxBytes }, at: place.at };
  }
  const type = { kind: "bytes", maxBytes: length } as const;
  const fit = place.scope.bind(fitBytes);
  return applyStrict([bytes], place, { type }, (name) => `${fit}(${name}, ${length})`);
}

/** Bytes cut to a length, or filled up with zeros. */
function fitBytes(bytes: Uint8Array, length: number): Uint8Array {
  const fitted = new Uint8Array(length);
  fitted.set(bytes.subarray(0, length));
  return fitted;
}

function castYear(value: Typed, place: Place): Typed {
  const { scope, at } = place;
  const type = {
    kind: "integer",
    isUnsigned: true,
    isSmall: true,
    digits: 4,
    bytes: 2,
  } as const;
  const run = scope.bind(yearOfNumber);
  switch (value.type.kind) {
    case "json":
    case "time":
      return scope.refuse(at, `a ${value.type.kind} as a YEAR`);
    case "text": {
      const parse = scope.bind(yearOfText);
      return applyStrict([value], place, { type, mayBeNull: true }, (name) => `${parse}(${name})`);
    }
    case "bytes":
      if (value.type.isHexLiteral !== true) scope.refuse(at, "bytes as a YEAR; cast them to CHAR");
      break;
    case "date":
    case "datetime":
      if (value.type.kind === "datetime" && value.type.fraction > 0) {
        scope.refuse(at, "a time with fractions of a second as a YEAR; use YEAR()");
      }
      return applyStrict([value], place, { type, mayBeNull: true }, (name) => {
        return `${scope.bind(yearOfDate)}(${name}.year)`;
      });
    default:
  }
  const whole = toInteger(value, scope);
  return applyStrict(
    [whole],
    place,
    { type, mayBeNull: true },
    (name) => `${run}(Number(${name}))`,
  );
}

function yearOfNumber(number: number): number | null {
  if (number === 0) return 0;
  if (number >= 1 && number <= 99) return number < 70 ? 2000 + number : 1900 + number;
  return number >= 1901 && number <= 2155 ? number : null;
}

function yearOfDate(year: number): number | null {
  return year === 0 || (year >= 1901 && year <= 2155) ? year : null;
}

function yearOfText(text: string): number | null {
  if (/^[ \t]*-0/.test(text)) return null;
  if (!/^[ \t]*[+-]?\d/.test(text)) return null;
  const number = Number(parseInteger(text));
  return number === 0 ? 2000 : yearOfNumber(number);
}

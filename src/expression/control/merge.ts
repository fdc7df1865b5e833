import type { Place } from "../apply.ts";
import { constantOf } from "../constant.ts";
import { toDecimal, toDouble } from "../numeric/convert.ts";
import { rescale } from "../numeric/decimal.ts";
import { applyStrict } from "../apply.ts";
import type { DecimalType, DoubleType, IntegerType, SqlType } from "../sql-type.ts";
import { mergedTextType, mergeStrings } from "../text/merge.ts";
import type { Scope, Typed } from "../typed.ts";

/** Values of which one is chosen, all in the form of one type. */
export interface Merged {
  readonly type: SqlType;
  readonly args: readonly Typed[];
}

/**
 * The type that IF, CASE, COALESCE and IFNULL give values together (`aggregate_type`), and the values in its form. Refuses what goes together only by the current date, and kinds that
 * have no type in common here. Of GREATEST and LEAST `choice` is false.
 */
export function mergeValues(values: readonly Typed[], place: Place, choice = true): Merged {
  const { scope } = place;
  const present = values.filter(({ type }) => type.kind !== "null");
  const kinds = new Set(present.map(({ type }) => type.kind));
  const all = (...among: readonly SqlType["kind"][]): boolean =>
    [...kinds].every((kind) => among.includes(kind));
  const bits = present.map(({ type }) => (type.kind === "integer" ? type.bits : undefined));
  if (new Set(bits).size > 1) scope.refuse(place.at, "BIT and other values together; add 0 to it");
  if (present.length === 0) return { type: { kind: "null" }, args: values };
  if (kinds.has("opaque")) scope.refuse(place.at, "a value of a type that expressions do not know");
  if (kinds.has("field")) return sameOnly(values, present, place);
  if (kinds.has("json")) {
    if (!all("json")) scope.refuse(place.at, "JSON and other values together; cast them");
    const notNumber =
      "JSON that was chosen as a number, which MySQL takes for its text; cast the values";
    return withNulls({ kind: "json" }, values, (value) => ({ ...value, notNumber }), scope);
  }
  if (all("integer")) return mergeIntegers(values, present, scope);
  if (all("integer", "decimal")) return mergeDecimals(values, present, scope);
  if (all("integer", "decimal", "double")) {
    const type = mergeDoubles(present);
    return withNulls(type, values, (value) => ({ ...toDouble(value, scope), type }), scope);
  }
  const hasDate = kinds.has("date") || kinds.has("datetime");
  if (hasDate && kinds.has("time") && all("date", "datetime", "time")) {
    scope.refuse(place.at, "a time and a date together: the time would be one of the current day");
  }
  if (kinds.has("date") && kinds.has("datetime") && all("date", "datetime") && choice) {
    scope.refuse(place.at, "a DATE and a DATETIME together; cast the one to the other");
  }
  if (all("date")) return withNulls({ kind: "date" }, values, (value) => value, scope);
  if (all("date", "datetime")) return mergeMoments("datetime", values, scope);
  if (all("time")) return mergeMoments("time", values, scope);
  return mergeTexts(values, place);
}

function withNulls(
  type: SqlType,
  values: readonly Typed[],
  convert: (value: Typed) => Typed,
  scope: Scope,
): Merged {
  const args = values.map((value) =>
    value.type.kind === "null" ? constantOf(type, null, value.at, scope) : convert(value),
  );
  return { type, args };
}

function sameOnly(values: readonly Typed[], present: readonly Typed[], place: Place): Merged {
  const [first] = present;
  if (present.some(({ type }) => JSON.stringify(type) !== JSON.stringify(first!.type))) {
    place.scope.refuse(place.at, "values of a kind that only documents have, and others");
  }
  return withNulls(first!.type, values, (value) => value, place.scope);
}

function mergeIntegers(values: readonly Typed[], present: readonly Typed[], scope: Scope): Merged {
  const types = present.map(({ type }) => type as IntegerType);
  const signed = types.filter(({ isUnsigned }) => !isUnsigned);
  const isUnsigned = signed.length === 0;
  // what is computed is a BIGINT to MySQL, however small
  const isHuge = types.some(
    (type) => type.isUnsigned && type.bytes === undefined && type.isYear !== true,
  );
  // no integer type of MySQL holds both
  if (!isUnsigned && isHuge) return mergeDecimals(values, present, scope);
  const isSmall = types.every((type) => type.isSmall);
  const digits = Math.max(...types.map((type) => type.digits));
  const [first] = types;
  const sizes = types.map(({ bytes }) => bytes);
  const bytes = sizes.every((size) => size !== undefined)
    ? (Math.max(...(sizes as number[])) as 1 | 2 | 3 | 4)
    : undefined;
  const type: IntegerType = {
    kind: "integer",
    isUnsigned,
    isSmall,
    digits,
    ...(bytes !== undefined && { bytes }),
    ...(types.every(({ isTruth }) => isTruth === true) && { isTruth: true }),
    ...(types.every(({ isYear }) => isYear === true) && { isYear: true }),
    ...(types.every(({ bits }) => bits !== undefined && bits === first!.bits) && {
      bits: first!.bits!,
    }),
  };
  const convert = (value: Typed): Typed => {
    const isNumber = value.type.kind === "integer" && value.type.isSmall;
    return isSmall || !isNumber ? { ...value, type } : { ...toDecimal(value, scope), type };
  };
  return withNulls(type, values, convert, scope);
}

function mergeDecimals(values: readonly Typed[], present: readonly Typed[], scope: Scope): Merged {
  const types = present.map((value) => toDecimal(value, scope).type as DecimalType);
  const scale = Math.max(...types.map((type) => type.scale));
  const whole = Math.max(...types.map((type) => type.precision - type.scale));
  const type: DecimalType = { kind: "decimal", precision: whole + scale, scale, frac: scale };
  return withNulls(type, values, (value) => withScale(toDecimal(value, scope), type, scope), scope);
}

/** The same decimal with another number of digits behind the point. */
export function withScale(value: Typed, type: DecimalType, scope: Scope): Typed {
  if (value.type.kind !== "decimal" || value.type.frac === type.frac) return { ...value, type };
  const { frac } = value.type;
  if (value.constant !== undefined) {
    const known = value.constant.value;
    const scaled = typeof known === "bigint" ? rescale(known, frac, type.frac) : null;
    return constantOf(type, scaled, value.at, scope);
  }
  const place = { at: value.at, scope };
  return applyStrict([value], place, { type }, (name) =>
    type.frac > frac
      ? `${name} * ${10n ** BigInt(type.frac - frac)}n`
      : `${scope.bind(rescale)}(${name}, ${frac}, ${type.frac})`,
  );
}

/** The type of a function's result, which has not what a column has: BIT is a number, a DOUBLE as wide as any. */
export function computedType(type: SqlType): SqlType {
  if (type.kind === "integer") {
    const { bits: _, ...rest } = type;
    return rest;
  }
  if (type.kind !== "double") return type;
  return type.isFloat === true ? { kind: "double", isFloat: true } : { kind: "double" };
}

/** MySQL's table of field types: with a FLOAT, small integers make a FLOAT, an INT or a DECIMAL makes a DOUBLE, and a BIGINT (literals are) what stands first. */
function mergeDoubles(present: readonly Typed[]): DoubleType {
  let isFloat = false;
  for (const [index, { type }] of present.entries()) {
    const isThisFloat = type.kind === "double" && type.isFloat === true;
    if (index === 0) {
      isFloat = isThisFloat;
      continue;
    }
    const before = present.slice(0, index);
    if (isFloat) isFloat = isThisFloat || staysFloat(type);
    else isFloat = isThisFloat && before.every((value) => isTiny(value.type));
  }
  const types = present.map(({ type }) => type as DoubleType);
  const [first] = types;
  const isClamped = types.every((type) => type.kind === "double" && type.isClamped === true);
  const isOneWidth = types.every(
    ({ kind, textWidth }) => kind === "double" && textWidth === first!.textWidth,
  );
  return {
    kind: "double",
    ...(isFloat && { isFloat }),
    ...(isClamped && { isClamped }),
    ...(isOneWidth && first!.textWidth !== undefined && { textWidth: first!.textWidth }),
  };
}

function staysFloat(type: SqlType): boolean {
  return type.kind === "integer" && type.bytes !== 4 && type.bits === undefined;
}

function isTiny(type: SqlType): boolean {
  return type.kind === "integer" && type.bytes !== undefined && type.bytes < 4;
}

function mergeMoments(kind: "time" | "datetime", values: readonly Typed[], scope: Scope): Merged {
  const fractions = values.map(({ type }) => ("fraction" in type ? type.fraction : 0));
  const type: SqlType = { kind, fraction: Math.max(...fractions) };
  return withNulls(type, values, (value) => ({ ...value, type }), scope);
}

function mergeTexts(values: readonly Typed[], place: Place): Merged {
  const merged = mergeStrings(values, place, "result");
  const type: SqlType =
    merged.kind === "text"
      ? mergedTextType(merged, Math.max(...merged.args.map(lengthOf)))
      : {
          kind: "bytes",
          maxBytes: Math.max(...merged.args.map(lengthOf)),
          coercibility: merged.coercibility,
        };
  return { type, args: merged.args.map((value) => ({ ...value, type })) };
}

function lengthOf({ type }: Typed): number {
  if (type.kind === "text") return type.maxCharacters;
  return type.kind === "bytes" ? type.maxBytes : 0;
}

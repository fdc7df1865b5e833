import type { Moment } from "../../core/sql-value.ts";
import type { Place } from "../apply.ts";
import { constantOf } from "../constant.ts";
import { toDecimal, toDouble } from "../numeric/convert.ts";
import { scaledSource } from "../numeric/arithmetic.ts";
import { compareMoments } from "../temporal/moment.ts";
import { compareStrings } from "../text/compare.ts";
import { mergeStrings } from "../text/merge.ts";
import type { SqlType } from "../sql-type.ts";
import type { Scope, Typed } from "../typed.ts";
import { alignTemporal } from "./compare-temporal.ts";
import { alignToColumn } from "./compare-column.ts";
import { compareJson } from "./compare-json.ts";
import { compareLabel } from "./compare-label.ts";

/** JavaScript's operators for an order. */
export type Sign = "===" | "!==" | "<" | "<=" | ">" | ">=";

/** How values compare that are compared together: two of `=`, three of BETWEEN. */
export interface Comparison {
  /** The values in the form in which they are compared, in their order. */
  readonly args: readonly Typed[];
  /** A JavaScript condition over two of them by their places, of which `sources` gives names; neither is NULL. */
  readonly condition: (
    sign: Sign,
    pair: readonly [number, number],
    sources: readonly string[],
  ) => string;
}

/**
 * Finds how MySQL compares values (the manual's "Type Conversion in Expression Evaluation", `Arg_comparator::set_cmp_func`): strings with strings by their collation, whole numbers and
 * decimals exactly, dates with dates and with strings as dates, everything else as doubles; and constants by the type of a column that they are compared with, where it takes them
 * exactly (`convertsConstants`; CASE does not). Refuses what has no order here.
 */
export function compileComparison(
  args: readonly Typed[],
  place: Place,
  convertsConstants = true,
): Comparison {
  for (const { type, at } of args) {
    if (type.kind === "opaque") place.scope.refuse(at, `${type.name} values cannot be compared`);
    if (type.kind === "field") {
      place.scope.refuse(at, "what only documents have cannot be compared");
    }
  }
  if (args.length > 2 && args.some(({ type }) => type.kind === "json")) {
    place.scope.refuse(place.at, "BETWEEN with JSON; take a value out with ->> or cast it");
  }
  const isOtherThanYears = args.some(
    ({ type, constant }) => !isYear(type) && (type.kind !== "integer" || constant === undefined),
  );
  if (args.length > 2 && args.some(({ type }) => isYear(type)) && isOtherThanYears) {
    place.scope.refuse(place.at, "BETWEEN with a YEAR; write comparisons and AND");
  }
  const hasNull = args.some(({ type }) => type.kind === "null");
  if (args.length > 2 && hasNull && args.some(({ type }) => type.kind === "time")) {
    place.scope.refuse(place.at, "BETWEEN with a time and NULL");
  }
  if (hasNull) return withoutNulls(args, place, convertsConstants);
  if (args.some(({ type }) => type.kind === "json")) return compareJson(args, place);
  const aligned = convertsConstants ? alignToColumn(args, place) : args;
  const moments = alignTemporal(aligned, place);
  if (moments !== null) return ofMoments(moments, place.scope);
  if (aligned.every(isString)) return ofStrings(aligned, place);
  return ofNumbers(aligned, place);
}

function isYear(type: SqlType): boolean {
  return type.kind === "integer" && type.isYear === true;
}

/** Is it a string to comparisons: text, bytes, labels, and times, which are compared as text with strings? */
export function isString({ type }: Typed): boolean {
  return !["integer", "decimal", "double", "null"].includes(type.kind);
}

/** No condition is asked for over a NULL: the others are compared without it. */
function withoutNulls(
  args: readonly Typed[],
  place: Place,
  convertsConstants: boolean,
): Comparison {
  const present = args.filter(({ type }) => type.kind !== "null");
  if (present.length < 2) return { args, condition: () => "false" };
  const others = compileComparison(present, place, convertsConstants);
  const places = args.map((value) => present.indexOf(value));
  return {
    args: args.map((value, index) => others.args[places[index]!] ?? value),
    condition(sign, [a, b], sources) {
      if (places[a] === -1 || places[b] === -1) return "false";
      const known = sources.filter((_, index) => places[index] !== -1);
      return others.condition(sign, [places[a]!, places[b]!], known);
    },
  };
}

function ofMoments(args: readonly Typed[], scope: Scope): Comparison {
  const compare = scope.bind(compareMoments satisfies (a: Moment, b: Moment) => number);
  return {
    args,
    condition: (sign, [a, b], sources) => `${compare}(${sources[a]}, ${sources[b]}) ${sign} 0`,
  };
}

function ofStrings(strings: readonly Typed[], place: Place): Comparison {
  const merged = mergeStrings(strings, place, "comparison");
  const ofLabel = compareLabel(strings, merged, place.scope);
  if (ofLabel !== null) return ofLabel;
  return {
    args: merged.args,
    condition(sign, [a, b], sources) {
      const pair = [a, b].map((index) => {
        return { ...merged.args[index]!, source: sources[index]!, isNullable: false };
      });
      const { order, equal } = compareStrings({ ...merged, args: pair }, place.scope);
      if (sign === "===") return equal;
      return sign === "!==" ? `!${equal}` : `${order} ${sign} 0`;
    },
  };
}

/** Numbers of one form in compiled code, which JavaScript's operators compare. */
function ofNumbers(args: readonly Typed[], { scope }: Place): Comparison {
  const condition: Comparison["condition"] = (sign, [a, b], sources) =>
    `${sources[a]} ${sign} ${sources[b]}`;
  if (args.every(({ type }) => type.kind === "integer")) {
    const isSmall = args.every(({ type }) => type.kind === "integer" && type.isSmall);
    return { args: isSmall ? args : args.map((value) => toBig(value, scope)), condition };
  }
  const isExact = args.every(({ type }) => type.kind === "integer" || type.kind === "decimal");
  if (!isExact) return { args: args.map((value) => toDouble(value, scope)), condition };
  return { args: toOneScale(args, scope), condition };
}

/** A whole number as a bigint. */
function toBig(value: Typed, scope: Scope): Typed {
  return value.type.kind === "integer" && value.type.isSmall ? toDecimal(value, scope) : value;
}

/** Decimals with the same number of digits behind the point. */
function toOneScale(args: readonly Typed[], scope: Scope): readonly Typed[] {
  const decimals = args.map((value) => toDecimal(value, scope));
  const fracs = decimals.map(({ type }) => (type.kind === "decimal" ? type.frac : 0));
  const frac = Math.max(...fracs);
  return decimals.map((value, index) => {
    const { type, constant, at } = value;
    if (type.kind !== "decimal" || type.frac === frac) return value;
    const scaled = { ...type, frac };
    if (constant !== undefined) {
      const known = constant.value;
      const shift = 10n ** BigInt(frac - type.frac);
      return constantOf(scaled, typeof known === "bigint" ? known * shift : null, at, scope);
    }
    if (!value.isNullable) {
      return {
        ...value,
        type: scaled,
        source: `(${scaledSource(value.source, fracs[index]!, frac)})`,
      };
    }
    const name = scope.temporary();
    const source = `((${name} = ${value.source}) === null ? null : ${scaledSource(name, fracs[index]!, frac)})`;
    return { ...value, type: scaled, source };
  });
}

import type { JsonValue } from "../../core/sql-value.ts";
import type { Place } from "../apply.ts";
import { isEqual } from "../json/compare.ts";
import { toJsonValue } from "../json/convert.ts";
import { parseDecimal } from "../numeric/parse.ts";
import { powerOfTen } from "../numeric/decimal.ts";
import type { TextType } from "../sql-type.ts";
import { mergeStrings } from "../text/merge.ts";
import type { Typed } from "../typed.ts";
import type { Comparison } from "./compare.ts";

/**
 * Compares JSON values with others, which become JSON scalars: text a string, and so `j = '1'` is false of the number 1. The order is that of the manual's "Comparison and Ordering of
 * JSON Values"; two JSON values are tested for equality only.
 */
export function compareJson(args: readonly Typed[], place: Place): Comparison {
  const { scope } = place;
  const isKnown = args.some(({ type, constant }) => type.kind === "json" && constant !== undefined);
  if (isKnown && args.some(({ type, isColumn }) => type.kind !== "json" && isColumn === true)) {
    scope.refuse(
      place.at,
      "JSON that is known compared with a column, which MySQL converts to its type",
    );
  }
  for (const { type, at, notNumber } of args) {
    if (notNumber !== undefined) scope.refuse(at, `${notNumber} or compared`);
    if (type.kind === "integer" && type.isYear === true)
      scope.refuse(at, "a YEAR is compared with JSON");
    if (type.kind === "date" || type.kind === "time" || type.kind === "datetime") {
      scope.refuse(at, "a date or time is compared with JSON; take text out with ->>");
    }
  }
  for (const value of args) {
    if (value.type.kind === "text")
      mergeStrings([value, { ...value, type: JSON_TEXT }], place, "comparison");
  }
  const values = args.map((value) => toJsonValue({ ...value, hasAllDigits: true }, scope));
  const equal = scope.bind(isEqual);
  const order = scope.bind(orderOf);
  return {
    args: values,
    condition(sign, [a, b], sources) {
      const pair = `(${sources[a]}, ${sources[b]})`;
      if (sign === "===") return `${equal}${pair}`;
      if (sign === "!==") return `!${equal}${pair}`;
      if (args[a]!.type.kind === "json" && args[b]!.type.kind === "json") {
        scope.refuse(place.at, "the order of two JSON values; cast them");
      }
      return `${order}${pair} ${sign} 0`;
    },
  };
}

/** JSON as a string, by whose collation it goes together with others. */
const JSON_TEXT: TextType = {
  kind: "text",
  collation: { name: "utf8mb4_bin", charset: "utf8mb4" },
  coercibility: 2,
  maxCharacters: 0,
};

/** From the least to the greatest. */
const PRECEDENCE = { null: 0, number: 1, string: 2, object: 3, array: 4, boolean: 5 } as const;

/** Order of two values, of which one is a scalar: below, at or above 0. */
function orderOf(a: JsonValue, b: JsonValue): number {
  if (a.kind === "number" && b.kind === "number") return orderOfNumbers(a.text, b.text);
  if (a.kind === "string" && b.kind === "string") {
    return Buffer.compare(Buffer.from(a.value), Buffer.from(b.value));
  }
  if (a.kind === "boolean" && b.kind === "boolean") return Number(a.value) - Number(b.value);
  return PRECEDENCE[a.kind] - PRECEDENCE[b.kind];
}

function orderOfNumbers(a: string, b: string): number {
  const [left, right] = [parseDecimal(a), parseDecimal(b)];
  const scale = Math.max(left.scale, right.scale);
  const difference =
    left.digits * powerOfTen(scale - left.scale) - right.digits * powerOfTen(scale - right.scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

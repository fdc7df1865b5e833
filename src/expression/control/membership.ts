import { applyTest, bindValue } from "../apply.ts";
import type { Call, SqlFunction } from "../functions.ts";
import { isPrimary } from "../constant.ts";
import { testOf } from "../numeric/convert.ts";
import { TRUTH } from "../sql-type.ts";
import { mergeStrings } from "../text/merge.ts";
import type { Typed } from "../typed.ts";
import { alignToColumn } from "./compare-column.ts";
import { isString } from "./compare.ts";
import { isChosenDate, isDate } from "./compare-temporal.ts";
import { compileSign, steps } from "./comparison.ts";

/**
 * `IN`: is the first value equal to one of the others? Each is compared by the type that it has together with the first; strings by one collation. NULL if none is equal and one of the
 * values is NULL.
 */
export const IN: SqlFunction = {
  arity: [2, 100_000],
  compile(args, call) {
    const [value, ...list] = args as [Typed, ...Typed[]];
    if (list.length === 1) return compileSign("===", [value, list[0]!], call);
    const aligned = alignList(value, list, call);
    refuseMixedSigns(value, aligned, call);
    const numbers = plainNumbers(value, aligned);
    if (numbers !== null) return numbersIn(value, numbers, call);
    return compareEach(value, aligned, call);
  },
};

/** A set is faster than so many comparisons. */
const SET_SIZE = 16;

/** The list as constants that are compared with a small whole number as they are; null where it has others. */
function plainNumbers(value: Typed, list: readonly Typed[]): readonly number[] | null {
  if (value.type.kind !== "integer" || !value.type.isSmall) return null;
  const numbers = list.flatMap(({ type, constant }) =>
    type.kind === "integer" && typeof constant?.value === "number" ? [constant.value] : [],
  );
  return numbers.length === list.length ? numbers : null;
}

function numbersIn(value: Typed, numbers: readonly number[], call: Call): Typed {
  return applyTest([value], call, (name) => {
    if (numbers.length > SET_SIZE) return `${call.scope.bind(new Set(numbers))}.has(${name})`;
    return numbers.map((number) => `${name} === ${number}`).join(" || ");
  });
}

/** Strings in one collation; refuses constants that MySQL converts to the type of the first value in some lists and not in others. */
function alignList(value: Typed, list: readonly Typed[], call: Call): readonly Typed[] {
  const isTemporal = (each: Typed): boolean => isDate(each) || each.type.kind === "time";
  const isText = (each: Typed): boolean => isString(each) && !isTemporal(each);
  const isVague = (each: Typed): boolean => isText(each) && each.constant === undefined;
  if (
    value.type.kind === "time" &&
    list.some(isText) &&
    (!list.every(isText) || list.some(isVague))
  ) {
    call.scope.refuse(call.at, "a time in a list of texts and other values; write = and OR");
  }
  if (value.type.kind === "decimal" && list.some(isVague)) {
    call.scope.refuse(call.at, "a DECIMAL in a list with texts; write = and OR");
  }
  if (!isTemporal(value) && list.some(isTemporal)) {
    call.scope.refuse(call.at, "a list of dates and other values");
  }
  const isNumber = ({ type: { kind } }: Typed): boolean =>
    kind === "integer" || kind === "decimal" || kind === "double";
  if (isTemporal(value) && list.some(isNumber)) {
    call.scope.refuse(call.at, "a date or time in a list of numbers; write dates as strings");
  }
  const isOfText = ({ type }: Typed): boolean => type.kind === "integer" && type.isOfText === true;
  if ([value, ...list].some(isOfText) && [value, ...list].some(isString)) {
    call.scope.refuse(
      call.at,
      "numbers found by comparing strings in a list of strings; write = and OR",
    );
  }
  const failing = list.find(({ alwaysFails }) => alwaysFails);
  if (failing !== undefined)
    call.scope.refuse(failing.at, "a value in a list that is an error for every row");
  if ([value, ...list].some(({ type }) => type.kind === "json")) {
    call.scope.refuse(call.at, "a list with JSON; write = and OR");
  }
  if (list.some((each) => isDate(each) && isChosenDate(each))) {
    call.scope.refuse(call.at, "a list with dates of IF, CASE or COALESCE; write = and OR");
  }
  const texts = list.filter(
    (each) => isString(each) && !isTemporal(each) && each.type.kind !== "json",
  );
  // all strings go together, whatever stands between them
  const strings = isTemporal(value) ? texts : [value, ...texts];
  if (isString(value) && strings.length > 1) mergeStrings(strings, call, "comparison");
  for (const element of list) {
    const isShort = isDate(value) || (value.type.kind === "integer" && value.type.isYear === true);
    if (!isShort || value.isColumn !== true) continue;
    const [, converted] = alignToColumn([value, element], call);
    if (converted !== element && element.constant?.value !== converted?.constant?.value) {
      call.scope.refuse(
        element.at,
        "a number for a date or a year in a list; write a date as a string, a year with four digits",
      );
    }
  }
  return list;
}

/** In lists, MySQL compares BIGINT UNSIGNED with numbers below zero by their 64 bits. */
function refuseMixedSigns(value: Typed, list: readonly Typed[], { scope, at }: Call): void {
  const isHuge = ({ type }: Typed): boolean =>
    type.kind === "integer" && type.isUnsigned && !type.isSmall;
  const mayBeNegative = ({ type, constant }: Typed): boolean => {
    if (type.kind !== "integer" || type.isUnsigned) return false;
    const known = constant?.value;
    return known === undefined || known === null || Number(known) < 0;
  };
  const isMixed = (a: Typed, b: Typed): boolean => isHuge(a) && mayBeNegative(b);
  if (list.some((element) => isMixed(value, element) || isMixed(element, value))) {
    scope.refuse(at, "a list of BIGINT UNSIGNED and signed numbers; write = and OR");
  }
}

function compareEach(value: Typed, list: readonly Typed[], call: Call): Typed {
  const { scope, at } = call;
  const isText = [value, ...list].every((each) => {
    return isString(each) && !isDate(each) && !["time", "json"].includes(each.type.kind);
  });
  const merged =
    isText && list.length > 0 ? mergeStrings([value, ...list], call, "comparison").args : null;
  const [first, elements] = merged === null ? [value, list] : [merged[0]!, merged.slice(1)];
  const evaluated = merged === null && first.isNullable ? evaluatedAlways(first, elements) : [];
  if (evaluated.length === 0 && !elements.some(({ isNullable }) => isNullable)) {
    return applyTest([first], call, (name) => {
      const named: Typed = { ...first, source: name, isNullable: false };
      const isOne = categoriesOf(elements).size === 1;
      const tests = elements.map((element) => {
        return testOf(compileSign("===", [named, element], call, isOne), scope);
      });
      return tests.join(" || ");
    });
  }
  const whole = bindValue(first, scope);
  const named: Typed = { ...first, source: whole.name, isNullable: false };
  const unknown = scope.temporary();
  const isOne = categoriesOf(elements).size === 1;
  const tests = elements.map((element) => {
    const equal = compileSign("===", [named, element], call, isOne);
    if (!equal.isNullable) return `(${equal.source}) === 1`;
    const result = scope.temporary();
    return `((${result} = ${equal.source}) === null ? (${unknown} = true, false) : ${result} === 1)`;
  });
  const any = tests.join(" || ");
  const found = steps([`${unknown} = false`], `(${any}) ? 1 : ${unknown} ? null : 0`);
  const none = steps(evaluated, "null");
  const source = steps(
    [whole.step],
    first.isNullable ? `(${whole.name} === null ? ${none} : ${found})` : found,
  );
  return { type: TRUTH, isNullable: true, source, at };
}

/** Sources of the elements that are evaluated, and may fail, even if the first value is NULL: all but those that are compared with it as strings. */
function evaluatedAlways(first: Typed, elements: readonly Typed[]): readonly string[] {
  const computed = elements.filter(
    ({ constant, source }) => constant === undefined && !isPrimary(source),
  );
  const others =
    isString(first) && !isDate(first) ? computed.filter((each) => !isString(each)) : computed;
  return others.map(({ source }) => source);
}

/** Constants become values of a column's type only where all are compared by one type. */
function categoriesOf(elements: readonly Typed[]): ReadonlySet<string> {
  return new Set(
    elements.map(({ type: { kind } }) =>
      kind === "integer" || kind === "decimal" ? kind : "other",
    ),
  );
}

import { bindValue, type Place } from "../apply.ts";
import type { SqlFunction } from "../functions.ts";
import { testOf, toDouble } from "../numeric/convert.ts";
import type { Expression } from "../../query/tree.ts";
import { showsAllDigits } from "../json/convert.ts";
import { toDate, toDatetime } from "../temporal/convert.ts";
import { toText } from "../text/convert.ts";
import type { Scope, Typed } from "../typed.ts";
import { constantOf } from "../constant.ts";
import { mergeStrings } from "../text/merge.ts";
import { isString } from "./compare.ts";
import { compileSign, steps } from "./comparison.ts";
import { computedType, mergeValues } from "./merge.ts";

/** Compiles `CASE`; its parts are compiled by `compile`. */
export function compileCase(
  expression: Extract<Expression, { kind: "case" }>,
  scope: Scope,
  compileExpression: (part: Expression, scope: Scope) => Typed,
): Typed {
  const { operand, branches, otherwise, at } = expression;
  const place = { at, scope };
  const values = branches.map(({ then }) => compileExpression(then, scope));
  const last =
    otherwise === null
      ? constantOf({ kind: "null" }, null, at, scope)
      : compileExpression(otherwise, scope);
  const whens = branches.map(({ when }) => compileExpression(when, scope));
  if (operand === null) {
    const tests = whens.map((when) => conditionOf(when, scope));
    return choose(tests, [...values, last], place);
  }
  const subject = compileExpression(operand, scope);
  mergeCompared(subject, whens, place);
  const { step, name } = bindValue(subject, scope);
  const { isColumn: _, ...unbound } = subject;
  const named: Typed = { ...unbound, source: name };
  const tests = whens.map((when) => testOf(equalCase(named, when, place), scope));
  if (step !== null && tests[0] !== undefined) tests[0] = steps([step], tests[0]);
  return choose(tests, [...values, last], place);
}

/** All strings that CASE compares have one collation; refuses those that have none. */
function mergeCompared(subject: Typed, whens: readonly Typed[], place: Place): void {
  if (!isString(subject)) return;
  const isText = ({ type }: Typed): boolean => ["text", "bytes", "enum", "set"].includes(type.kind);
  const texts = [subject, ...whens].filter(isText);
  if (texts.length > 1) mergeStrings(texts, place, "comparison");
}

/** How CASE compares: as `=`, but for constants, which keep their type, and temporal values, of which only dates are compared with strings. */
function equalCase(subject: Typed, when: Typed, place: Place): Typed {
  const [kind, other] = [subject.type.kind, when.type.kind];
  const isText = (each: string): boolean => ["text", "bytes", "enum", "set"].includes(each);
  const isTemporal = (each: string): boolean => ["date", "time", "datetime"].includes(each);
  if (kind === "json" || other === "json")
    place.scope.refuse(when.at, "CASE with JSON; write the condition out");
  const isLabel = (each: string): boolean => each === "enum" || each === "set";
  if ((kind === "bytes" && isLabel(other)) || (isLabel(kind) && other === "bytes")) {
    place.scope.refuse(when.at, "CASE with bytes and labels; write the condition out");
  }
  const isVague = isTemporal(kind) && isText(other) && when.constant === undefined;
  if (isVague || (kind === "time" && isText(other)) || (isText(kind) && isTemporal(other))) {
    place.scope.refuse(when.at, "CASE with a string and a temporal value; write the condition out");
  }
  return compileSign("===", [subject, when], place, false);
}

/** `IF(condition, a, b)`. */
export const IF: SqlFunction = {
  arity: [3, 3],
  compile([condition, first, second], call) {
    return choose([conditionOf(condition!, call.scope)], [first!, second!], call);
  },
};

/** What IF and CASE test: JSON for the number that it is, unlike `testOf`. */
function conditionOf(value: Typed, scope: Scope): string {
  return testOf(value.type.kind === "json" ? toDouble(value, scope) : value, scope);
}

/** The value of the first test that holds; the last value if none does. */
function choose(tests: readonly string[], values: readonly Typed[], place: Place): Typed {
  const { scope, at } = place;
  refuseMixed(values, place);
  const { type, args } = mergeValues(values, place);
  const isDate = type.kind === "date" || type.kind === "datetime";
  const value: Typed = {
    type,
    ...chain(tests, args),
    at,
    ...restriction(args),
    ...((isDate || type.kind === "text") && { isChosenDate: true }),
    ...(values.every((each) => each.type.kind !== "decimal" || showsAllDigits(each)) && {
      hasAllDigits: true,
    }),
  };
  if (areOfOneType(values)) {
    const notTemporal =
      "a date that IF or CASE chose where a date of COALESCE or LAST_DAY is one; CAST that";
    return values.some(({ realDate }) => realDate !== undefined)
      ? { ...value, notTemporal }
      : value;
  }
  const mixed: Typed = {
    ...value,
    chosen: { tests, values },
    notTemporal: "what IF or CASE chose among several types as a date or time; cast the values",
  };
  if (type.kind !== "integer" && type.kind !== "decimal" && type.kind !== "double") return mixed;
  const texts = values.map((each) => toText(each, scope));
  const merged = mergeValues(texts, place);
  return { ...mixed, text: { type: merged.type, ...chain(tests, merged.args), at } };
}

/** Are the values, NULLs aside, of one type, so that a conversion of the chosen one is that of the result? */
function areOfOneType(values: readonly Typed[]): boolean {
  const types = values.flatMap(({ type, chosen, notNumber }) => {
    if (type.kind === "null") return [];
    const isMixed = chosen !== undefined || notNumber !== undefined;
    if (type.kind === "time") return [`time ${type.fraction} ${isMixed}`];
    if (type.kind === "decimal") return [`decimal ${type.scale} ${isMixed}`];
    if (type.kind === "double") return [`double ${type.textWidth} ${type.isFloat} ${isMixed}`];
    // a BIGINT UNSIGNED beside a signed number is a decimal, but an integer where one is wanted
    if (type.kind === "integer" && type.isUnsigned && !type.isSmall) return ["unsigned false"];
    // as a number a label is its ordinal, and not what its text begins with
    return [`${type.kind} ${isMixed || type.kind === "enum" || type.kind === "set"}`];
  });
  return new Set(types).size <= 1 && !types.some((type) => type.endsWith("true"));
}

/** IF and CASE show the value they chose as its own type shows it, whatever their type: BIT as bytes, YEAR with four digits. */
function refuseMixed(values: readonly Typed[], place: Place): void {
  const present = values.filter(({ type }) => type.kind !== "null");
  refuseMixedNumbers(present, place);
  const integers = present.flatMap(({ type }) => (type.kind === "integer" ? [type] : []));
  const years = present.filter(({ type }) => type.kind === "integer" && type.isYear === true);
  if (years.length > 0 && years.length < present.length) {
    place.scope.refuse(place.at, "a YEAR and other values, which it is shown unlike; add 0 to it");
  }
  const bits = new Set(integers.map((type) => type.bits));
  if (bits.size > 1 || (present.length > integers.length && integers.some((type) => type.bits))) {
    place.scope.refuse(
      place.at,
      "BIT and other numbers: the one is shown as bytes, the other as digits; add 0 to it",
    );
  }
}

/** Labels beside numbers, and a FLOAT beside numbers of more digits than it has. */
function refuseMixedNumbers(present: readonly Typed[], { scope, at }: Place): void {
  const isNumber = ({ type: { kind } }: Typed): boolean =>
    kind === "integer" || kind === "decimal" || kind === "double";
  if (
    present.some(isNumber) &&
    present.some(({ type }) => type.kind === "enum" || type.kind === "set")
  ) {
    scope.refuse(at, "labels of an ENUM or a SET beside numbers; cast them to one type");
  }
  const isFloat = ({ type }: Typed): boolean => type.kind === "double" && type.isFloat === true;
  const isWide = ({ type, constant }: Typed): boolean =>
    constant === undefined &&
    (type.kind === "decimal" || (type.kind === "integer" && !type.isSmall));
  if (present.some(isFloat) && present.some(isWide)) {
    scope.refuse(at, "a FLOAT beside numbers of more digits; CAST it AS DOUBLE");
  }
}

function restriction(args: readonly Typed[]): Pick<Typed, "notNumber"> {
  const notNumber = args.find((value) => value.notNumber !== undefined)?.notNumber;
  return notNumber === undefined ? {} : { notNumber };
}

function chain(
  tests: readonly string[],
  args: readonly Typed[],
): Pick<Typed, "isNullable" | "source"> {
  const source = tests.reduceRight(
    (rest, test, index) => `${test} ? ${args[index]!.source} : ${rest}`,
    args[tests.length]!.source,
  );
  return { isNullable: args.some((value) => value.isNullable), source: `(${source})` };
}

/** `COALESCE`, IFNULL: the first value that is not NULL. */
export const COALESCE: SqlFunction = {
  arity: [1, 64],
  compile(values, call) {
    const { type, args } = mergeValues(values, call);
    const isNullable = args.every((value) => value.isNullable);
    const { at } = call;
    // what is computed has the width of no column
    const shown = computedType(type);
    return {
      type: shown,
      isNullable,
      source: `(${args.map(({ source }) => source).join(" ?? ")})`,
      ...restriction(args),
      ...(["date", "datetime", "text"].includes(type.kind) && { isChosenDate: true }),
      ...realDateOf(args, shown.kind, call),
      ...(haveAllDigits(values) && { hasAllDigits: true }),
      at,
    };
  },
};

/** Decimals of one scale, all with its digits. */
function haveAllDigits(values: readonly Typed[]): boolean {
  const present = values.filter(({ type }) => type.kind !== "null");
  const scales = new Set(present.map(({ type }) => type.kind === "decimal" && type.scale));
  return scales.size === 1 && present.every(showsAllDigits);
}

/** Where zero parts of a date are not taken, a date that has them counts as NULL: the next value is the result. */
function realDateOf(
  args: readonly Typed[],
  kind: string,
  { scope, at }: Place,
): Pick<Typed, "realDate"> {
  if (kind !== "date" && kind !== "datetime") return {};
  const convert = kind === "date" ? toDate : toDatetime;
  const dates = args.map((value) => convert(value, scope));
  const source = `(${dates.map((date) => date.source).join(" ?? ")})`;
  const { type } = dates.reduce((widest, date) =>
    fraction(date) > fraction(widest) ? date : widest,
  );
  return { realDate: { type, isNullable: true, source, at } };
}

function fraction({ type }: Typed): number {
  return type.kind === "datetime" ? type.fraction : 0;
}

/** What MySQL makes of another type here, by rules of its own. */
function refuseOdd(value: Typed, other: Typed, { scope, at }: Place): void {
  const { type } = value;
  if (type.kind === "enum" || type.kind === "set") {
    scope.refuse(at, "NULLIF of an ENUM or a SET; cast it to CHAR");
  }
  if ([type, other.type].some((each) => each.kind === "bytes" && each.isHexLiteral === true))
    scope.refuse(at, "NULLIF of a hex literal");
  const isTemporal = ({ type: { kind } }: Typed): boolean =>
    kind === "date" || kind === "time" || kind === "datetime";
  if (!isTemporal(value) && isTemporal(other)) {
    scope.refuse(at, "NULLIF of a value and a temporal one; cast one of them");
  }
  if ((value.isChosenDate === true && type.kind !== "text") || value.realDate !== undefined) {
    scope.refuse(at, "NULLIF of a date that was chosen");
  }
  if (type.kind === "integer" && type.isTruth === true) {
    scope.refuse(at, "NULLIF of a condition; write IF");
  }
  if (isTemporal(value) && value.isColumn !== true) {
    scope.refuse(at, "NULLIF of a computed date or time; write IF");
  }
  if (type.kind === "double" && value.constant !== undefined) {
    scope.refuse(at, "NULLIF of a DOUBLE that is known");
  }
  const takesType =
    type.kind !== "integer" ||
    other.type.kind !== "integer" ||
    other.type.isYear === true ||
    other.type.isUnsigned !== type.isUnsigned;
  if (value.chosen !== undefined) scope.refuse(at, "NULLIF of what IF or CASE chose; cast it");
  if (value.constant !== undefined && other.isColumn === true && takesType) {
    scope.refuse(at, "NULLIF of a value that is known, which takes the type of the column");
  }
  if (type.kind === "text" && value.constant !== undefined && other.constant === undefined) {
    scope.refuse(at, "NULLIF of a string that is known, which takes the collation of the other");
  }
}

/** `NULLIF(a, b)`: NULL if they are equal, else the first. */
export const NULLIF: SqlFunction = {
  arity: [2, 2],
  compile(args, call) {
    const [value, other] = args as [Typed, Typed];
    const { step, name } = bindValue(value, call.scope);
    const named: Typed = { ...value, source: name };
    refuseOdd(value, other, call);
    const equal = testOf(compileSign("===", [named, other], call), call.scope);
    const { constant: _, isColumn: __, ...rest } = value;
    return {
      ...rest,
      isNullable: true,
      ...(["date", "datetime", "text"].includes(rest.type.kind) && { isChosenDate: true }),
      source: steps([step], `${equal} ? null : ${name}`),
      at: call.at,
    };
  },
};

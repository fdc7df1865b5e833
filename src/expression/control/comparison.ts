import { applyTest, bindValue, type Place } from "../apply.ts";
import { constantOf, isPrimary } from "../constant.ts";
import type { SqlFunction } from "../functions.ts";
import { TRUTH } from "../sql-type.ts";
import type { Typed } from "../typed.ts";
import { compileComparison, type Sign } from "./compare.ts";

/** `= <> < <= > >=`. */
export function comparison(sign: Sign): SqlFunction {
  return {
    arity: [2, 2],
    compile: (args, call) => compileSign(sign, args, call),
  };
}

/** Two values compared; NULL if one is. `convertsConstants` as in {@link compileComparison}. */
export function compileSign(
  sign: Sign,
  pair: readonly Typed[],
  place: Place,
  convertsConstants = true,
): Typed {
  const { args, condition } = compileComparison(pair, place, convertsConstants);
  return applyTest(args, place, (...names) => condition(sign, [0, 1], names));
}

/** `<=>`: two NULLs are equal, NULL and a value are not. */
export const NULL_SAFE_EQUAL: SqlFunction = {
  arity: [2, 2],
  compile(args, call) {
    const [first, second] = args as [Typed, Typed];
    if (first.type.kind === "null") return isNull(second, call);
    if (second.type.kind === "null") return isNull(first, call);
    const comparable = compileComparison(args, call);
    const [a, b] = comparable.args.map((value) => bindValue(value, call.scope));
    const names = [a!.name, b!.name];
    const [left, right] = comparable.args as [Typed, Typed];
    const equal = comparable.condition("===", [0, 1], names);
    const nullTest = [
      left.isNullable ? `${names[0]} === null` : null,
      right.isNullable ? `${names[1]} === null` : null,
    ];
    const bothNull = nullTest.every((test) => test !== null) ? nullTest.join(" && ") : "false";
    const oneNull = nullTest.filter((test) => test !== null).join(" || ");
    const condition = oneNull === "" ? equal : `(${oneNull} ? ${bothNull} : ${equal})`;
    const test = steps([a!.step, b!.step], `(${condition})`);
    return { type: TRUTH, isNullable: false, source: `(${test} ? 1 : 0)`, test, at: call.at };
  },
};

/** Is the value NULL? Never NULL itself. */
export function isNull(value: Typed, place: Place): Typed {
  const { scope, at } = place;
  if (value.constant !== undefined) {
    return constantOf(TRUTH, value.constant.value === null ? 1 : 0, at, scope);
  }
  // what is no JSON fails all the same
  if (!value.isNullable && (value.type.kind !== "json" || isPrimary(value.source))) {
    const { kind } = value.type;
    if (value.isColumn === true && (kind === "date" || kind === "datetime")) {
      scope.refuse(
        at,
        "a date that is NOT NULL is never NULL, but a WHERE of MySQL takes IS NULL for its zero dates",
      );
    }
    if (value.isColumn === true) return constantOf(TRUTH, 0, at, scope);
    // an error in it shows
    const source = `(${value.source}, 0)`;
    return { type: TRUTH, isNullable: false, source, test: `(${value.source}, false)`, at };
  }
  const test = `(${value.source} === null)`;
  return { type: TRUTH, isNullable: false, source: `(${test} ? 1 : 0)`, test, at };
}

/** `BETWEEN`: all three are compared as one type. */
export const BETWEEN: SqlFunction = {
  arity: [3, 3],
  compile(args, call) {
    const { scope, at } = call;
    const comparable = compileComparison(args, call);
    const [value, low, high] = comparable.args as [Typed, Typed, Typed];
    const isAbove = (names: readonly string[]): string => comparable.condition(">=", [0, 1], names);
    const isBelow = (names: readonly string[]): string => comparable.condition("<=", [0, 2], names);
    if (!low.isNullable && !high.isNullable) {
      return applyTest(
        [value, low, high],
        call,
        (...names) => `${isAbove(names)} && ${isBelow(names)}`,
      );
    }
    const bound = [value, low, high].map((argument) => bindValue(argument, scope));
    const names = bound.map(({ name }) => name);
    const [, lowName, highName] = names;
    // NULL unless one bound that is known rules it out
    const tested =
      `${lowName} === null ? (${highName} === null || ${isBelow(names)} ? null : 0) : ` +
      `${highName} === null ? (${isAbove(names)} ? null : 0) : ${isAbove(names)} && ${isBelow(names)} ? 1 : 0`;
    const others = steps([bound[1]!.step, bound[2]!.step], `(${tested})`);
    const guarded = value.isNullable ? `${names[0]} === null ? null : ${others}` : others;
    const source = steps([bound[0]!.step], guarded);
    return { type: TRUTH, isNullable: true, source, at };
  },
};

/** Source that evaluates steps and then a value. */
export function steps(before: readonly (string | null)[], value: string): string {
  return `(${[...before.filter((step) => step !== null), value].join(", ")})`;
}

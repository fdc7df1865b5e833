import { applyTest, bindValue, type Place } from "../apply.ts";
import type { SqlFunction } from "../functions.ts";
import { testOf, toTruth } from "../numeric/convert.ts";
import { TRUTH } from "../sql-type.ts";
import type { Typed } from "../typed.ts";
import { isNull, steps } from "./comparison.ts";

/** `AND`: the second operand is not evaluated if the first is FALSE; if that is NULL it is. */
export const AND: SqlFunction = connective(0);

/** `OR`: the second operand is not evaluated if the first is TRUE. */
export const OR: SqlFunction = connective(1);

/** AND (`decides` is 0) or OR (1): the value that alone decides the result. */
function connective(decides: 0 | 1): SqlFunction {
  return {
    arity: [2, 2],
    compile(args, call) {
      const { scope, at } = call;
      const [first, second] = args.map((argument) => toTruth(argument, scope)) as [Typed, Typed];
      const sign = decides === 0 ? "&&" : "||";
      const test = `(${testOf(first, scope)} ${sign} ${testOf(second, scope)})`;
      const isNullable = first.isNullable || second.isNullable;
      if (!isNullable) return { type: TRUTH, isNullable, source: `(${test} ? 1 : 0)`, test, at };
      const [a, b] = [bindValue(first, scope), bindValue(second, scope)];
      const nulls = [first, second].flatMap((value, index) =>
        value.isNullable ? [`${[a, b][index]!.name} === null`] : [],
      );
      const rest = steps(
        [b.step],
        `(${b.name} === ${decides} ? ${decides} : ${nulls.join(" || ")} ? null : ${1 - decides})`,
      );
      const source = steps([a.step], `(${a.name} === ${decides} ? ${decides} : ${rest})`);
      return { type: TRUTH, isNullable, source, test, at };
    },
  };
}

/** `XOR`. */
export const XOR: SqlFunction = {
  arity: [2, 2],
  compile(args, call) {
    const truths = args.map((argument) => toTruth(argument, call.scope));
    return applyTest(truths, call, (a, b) => `${a} !== ${b}`);
  },
};

/** `NOT`. */
export const NOT: SqlFunction = {
  arity: [1, 1],
  compile: ([argument], call) => negate(argument!, call),
};

/** TRUE for FALSE, FALSE for TRUE, NULL for NULL. */
export function negate(value: Typed, place: Place): Typed {
  const truth = toTruth(value, place.scope);
  if (truth.isNullable || truth.test === undefined) {
    return applyTest([truth], place, (name) => `${name} === 0`);
  }
  const test = `(!${truth.test})`;
  return { type: TRUTH, isNullable: false, source: `(${test} ? 1 : 0)`, test, at: place.at };
}

/** `IS TRUE` and `IS FALSE`: never NULL. */
export function isTruth(wanted: 0 | 1): SqlFunction {
  return {
    arity: [1, 1],
    compile([argument], call) {
      const { scope, at } = call;
      if (argument!.type.kind === "null")
        scope.refuse(at, "IS TRUE or IS FALSE of NULL, which is known");
      const truth = toTruth(argument!, scope);
      const test = wanted === 1 ? testOf(truth, scope) : `(${truth.source} === 0)`;
      return { type: TRUTH, isNullable: false, source: `(${test} ? 1 : 0)`, test, at };
    },
  };
}

/** `IS UNKNOWN`. */
export const IS_UNKNOWN: SqlFunction = {
  arity: [1, 1],
  compile: ([argument], call) => isNull({ ...toTruth(argument!, call.scope) }, call),
};

/** `IS NULL` and ISNULL(). */
export const IS_NULL: SqlFunction = {
  arity: [1, 1],
  compile: ([argument], call) => isNull(argument!, call),
};

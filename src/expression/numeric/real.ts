import { applyStrict } from "../apply.ts";
import type { SqlFunction } from "../functions.ts";
import { DOUBLE } from "../sql-type.ts";
import { checkDouble } from "./checks.ts";
import { toDouble } from "./convert.ts";

/** Functions of doubles whose every digit is the same in MySQL and here. */

/** `SQRT`: NULL of a number below zero. */
export const SQRT: SqlFunction = {
  arity: [1, 1],
  compile([value], call) {
    const result = { type: DOUBLE, mayBeNull: true };
    return applyStrict([toDouble(value!, call.scope)], call, result, (name) => {
      return `(${name} < 0 ? null : Math.sqrt(${name}))`;
    });
  },
};

/** `DEGREES` and `RADIANS`: times a constant. */
export function times(factor: number): SqlFunction {
  return {
    arity: [1, 1],
    compile([value], call) {
      const check = call.scope.bind(checkDouble);
      return applyStrict([toDouble(value!, call.scope)], call, { type: DOUBLE }, (name) => {
        // and not -0
        return `${check}(${name} * ${factor} + 0)`;
      });
    },
  };
}

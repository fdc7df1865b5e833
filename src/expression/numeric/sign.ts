import { applyStrict } from "../apply.ts";
import type { Call, SqlFunction } from "../functions.ts";
import { BIGINT, DOUBLE, smallInteger, type IntegerType, type SqlType } from "../sql-type.ts";
import type { Typed } from "../typed.ts";
import { checkSigned } from "./checks.ts";
import { decimalOf, toDecimal } from "./convert.ts";
import { toPlainOperand } from "./operands.ts";

/** Unary minus, unary plus, ABS and SIGN. */

/** Unary plus: the operand itself. */
export const PLUS: SqlFunction = {
  arity: [1, 1],
  compile: ([value]) => value!,
};

/** Unary minus. */
export const NEGATE: SqlFunction = {
  arity: [1, 1],
  compile([value], call) {
    refuseTemporal(value!, call);
    const operand = toPlainOperand(value!, call.scope);
    const { type } = operand;
    if (type.kind === "integer") return negateInteger(operand, type, call);
    if (type.kind === "double") {
      return applyStrict([operand], call, { type: DOUBLE }, (name) => `(-${name})`);
    }
    return applyStrict([operand], call, { type }, (name) => `(-${name})`);
  },
};

function negateInteger(operand: Typed, type: IntegerType, call: Call): Typed {
  const known = operand.constant?.value;
  const isNegative = (typeof known === "number" || typeof known === "bigint") && known < 0;
  if (type.isSmall && !isNegative) {
    const result = { type: smallInteger(type.digits) };
    return applyStrict([operand], call, result, (name) => `(0 - ${name})`);
  }
  // what is known and as an unsigned number beyond BIGINT is negated as a DECIMAL, but for the least BIGINT
  if (isNegative || (typeof known === "bigint" && known > 2n ** 63n)) {
    const result = { type: decimalOf(type.digits, 0) };
    return applyStrict([toDecimal(operand, call.scope)], call, result, (name) => `(-${name})`);
  }
  const check = call.scope.bind(checkSigned);
  return applyStrict([operand], call, { type: BIGINT }, (name) => `${check}(-${name})`);
}

/** `ABS`. */
export const ABS: SqlFunction = {
  arity: [1, 1],
  compile([value], call) {
    refuseTemporal(value!, call);
    const operand = toPlainOperand(value!, call.scope);
    const { type } = operand;
    if (type.kind === "integer") {
      const { isUnsigned, isSmall, digits } = type;
      const result: SqlType = { kind: "integer", isUnsigned, isSmall, digits };
      if (isUnsigned) return { ...operand, type: result };
      if (isSmall) {
        return applyStrict([operand], call, { type: result }, (name) => `Math.abs(${name})`);
      }
      const check = call.scope.bind(checkSigned);
      return applyStrict([operand], call, { type: result }, (name) => {
        return `(${name} < 0n ? ${check}(-${name}) : ${name})`;
      });
    }
    if (type.kind === "double") {
      return applyStrict([operand], call, { type: DOUBLE }, (name) => `Math.abs(${name})`);
    }
    return applyStrict([operand], call, { type }, (name) => `(${name} < 0n ? -${name} : ${name})`);
  },
};

/** `SIGN`: -1, 0 or 1. */
export const SIGN: SqlFunction = {
  arity: [1, 1],
  compile([value], call) {
    const operand = toPlainOperand(value!, call.scope);
    const { type } = operand;
    const isNumber = type.kind === "double" || (type.kind === "integer" && type.isSmall);
    const zero = isNumber ? "0" : "0n";
    return applyStrict([operand], call, { type: smallInteger(1) }, (name) => {
      return `(${name} > ${zero} ? 1 : ${name} < ${zero} ? -1 : 0)`;
    });
  },
};

/** MySQL has doubles here that show a fixed number of digits, and so has what is computed of them. */
function refuseTemporal({ type, at }: Typed, call: Call): void {
  const isHex = type.kind === "bytes" && type.isHexLiteral === true;
  if (isHex || type.kind === "date" || type.kind === "time" || type.kind === "datetime") {
    call.scope.refuse(
      at,
      "a DOUBLE of fixed digits, which dates, times and hex literals are here; add 0",
    );
  }
}

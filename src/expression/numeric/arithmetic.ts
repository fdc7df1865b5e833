import { applyStrict } from "../apply.ts";
import type { Call, SqlFunction } from "../functions.ts";
import { DOUBLE, type DecimalType, type IntegerType, type SqlType } from "../sql-type.ts";
import type { Scope, Typed } from "../typed.ts";
import { checkDouble, checkNotNegative, checkSigned, checkUnsigned } from "./checks.ts";
import { decimalOf, toDouble } from "./convert.ts";
import { MAX_SCALE, rescale } from "./decimal.ts";
import { addExact, exactly, exactOf, multiplyExact, subtractExact, withExact } from "./exact.ts";
import { asDecimal, bigSource, toOperand, wholeDigits, type Operand } from "./operands.ts";

/** `+`, `-` and `*`: integers exactly and within 64 bits, decimals exactly, doubles where one operand is no exact number. */
type Sign = "+" | "-" | "*";

/** Digits that every safe integer has at most. */
const SMALL_DIGITS = 15;

/** The operator. */
export function arithmetic(sign: Sign): SqlFunction {
  return {
    arity: [2, 2],
    compile(args, call) {
      const [left, right] = args.map((argument) => toOperand(argument, call.scope));
      if (left!.type.kind === "double" || right!.type.kind === "double") {
        return doubles(sign, args, call);
      }
      return compileArithmetic(sign, left!, right!, call);
    },
  };
}

function compileArithmetic(sign: Sign, left: Operand, right: Operand, call: Call): Typed {
  if (left.type.kind === "integer" && right.type.kind === "integer") {
    return integers(sign, left, right, call);
  }
  for (const { type, at } of [left, right]) {
    if (type.kind === "integer" && type.bits !== undefined) {
      call.scope.refuse(at, "a BIT and a DECIMAL in arithmetic; CAST it AS UNSIGNED");
    }
  }
  return decimals(sign, left, right, call);
}

function doubles(sign: Sign, args: readonly Typed[], call: Call): Typed {
  const { scope } = call;
  const check = scope.bind(checkDouble);
  const result = { type: DOUBLE, evaluatesAll: true };
  return applyStrict(
    args.map((value) => toDouble(value, scope)),
    call,
    result,
    (a, b) => `${check}(${a} ${sign} ${b})`,
  );
}

function integers(sign: Sign, left: Typed, right: Typed, call: Call): Typed {
  const [a, b] = [left.type as IntegerType, right.type as IntegerType];
  const isUnsigned = a.isUnsigned || b.isUnsigned;
  const digits = sign === "*" ? a.digits + b.digits : Math.max(a.digits, b.digits) + 1;
  const isSmall = a.isSmall && b.isSmall && digits <= SMALL_DIGITS;
  const type: SqlType = isSmall
    ? { kind: "integer", isUnsigned, isSmall, digits }
    : { kind: "integer", isUnsigned, isSmall, digits: Math.min(digits, isUnsigned ? 20 : 19) };
  const { scope } = call;
  const cannotBeNegative = a.isUnsigned && b.isUnsigned && sign !== "-";
  return applyStrict([left, right], call, { type, evaluatesAll: true }, (x, y) => {
    if (!isSmall) {
      const check = scope.bind(isUnsigned ? checkUnsigned : checkSigned);
      return `${check}(${bigSource(a, x)} ${sign} ${bigSource(b, y)})`;
    }
    // a product of 0 and a number below zero is -0, which is no integer
    const value = sign === "*" && !cannotBeNegative ? `(${x} * ${y} + 0)` : `(${x} ${sign} ${y})`;
    return isUnsigned && !cannotBeNegative ? `${scope.bind(checkNotNegative)}(${value})` : value;
  });
}

function decimals(sign: Sign, left: Operand, right: Operand, call: Call): Typed {
  const { scope } = call;
  const [a, b] = [asDecimal(left, scope), asDecimal(right, scope)];
  const type = resultType(sign, a.type, b.type);
  checkWords(sign === "*" ? [a.type, b.type] : [type], call);
  if (sign === "*") {
    const frac = a.type.frac + b.type.frac;
    if (frac !== type.frac) {
      return applyStrict([a, b], call, { type }, (x, y) => {
        return `${scope.bind(rescale)}(${x} * ${y}, ${frac}, ${type.frac})`;
      });
    }
    const product = applyStrict([a, b], call, { type }, (x, y) => `(${x} * ${y})`);
    return besideExact(product, [a, b], call, (x, y) => {
      return `${scope.bind(multiplyExact)}(${x}, ${y})`;
    });
  }
  const value = applyStrict([a, b], call, { type }, (x, y) => {
    return `(${scaledSource(x, a.type.frac, type.frac)} ${sign} ${scaledSource(y, b.type.frac, type.frac)})`;
  });
  return besideExact(value, [a, b], call, (x, y) => {
    const run = scope.bind(sign === "+" ? addExact : subtractExact);
    return `${run}(${scaledExact(x, a.type.frac, type.frac, scope)}, ${scaledExact(y, b.type.frac, type.frac, scope)})`;
  });
}

/** The value with its exact form, where the operands have one. */
function besideExact(
  value: Typed,
  operands: readonly Typed[],
  call: Call,
  body: (...sources: readonly string[]) => string,
): Typed {
  const exact = operands.flatMap((operand) => {
    const source = exactOf(operand);
    return source === null ? [] : [{ ...operand, source }];
  });
  if (exact.length < operands.length) return value;
  return withExact(value, applyStrict(exact, call, { type: value.type }, body).source);
}

function resultType(sign: Sign, a: DecimalType, b: DecimalType): DecimalType {
  if (sign === "*") {
    const scale = Math.min(a.scale + b.scale, MAX_SCALE);
    return decimalOf(wholeDigits(a) + wholeDigits(b) + scale, scale);
  }
  const scale = Math.max(a.scale, b.scale);
  return decimalOf(Math.max(wholeDigits(a), wholeDigits(b)) + 1 + scale, scale);
}

/** The source of a decimal with more digits behind the point. */
export function scaledSource(source: string, from: number, to: number): string {
  return from === to ? source : `${source} * ${10n ** BigInt(to - from)}n`;
}

function scaledExact(source: string, from: number, to: number, scope: Scope): string {
  if (from === to) return source;
  const power = exactly(10n ** BigInt(to - from));
  return `${scope.bind(multiplyExact)}(${source}, ${power}${typeof power === "bigint" ? "n" : ""})`;
}

/**
 * MySQL computes decimals in nine words of nine digits, on either side of the point, and cuts what does not fit, by the digits that a value has: types that may need more are
 * refused. The words of a product are those of its factors.
 */
export function checkWords(types: readonly DecimalType[], call: Call): void {
  let words = 0;
  for (const type of types) words += Math.ceil(wholeDigits(type) / 9) + Math.ceil(type.frac / 9);
  if (words > 9) {
    call.scope.refuse(
      call.at,
      "the result may have more digits than MySQL computes decimals with; cast an operand to a DECIMAL of fewer digits",
    );
  }
}

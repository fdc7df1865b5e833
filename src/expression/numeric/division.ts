import { applyStrict } from "../apply.ts";
import type { Call, SqlFunction } from "../functions.ts";
import { BIGINT, BIGINT_UNSIGNED, DOUBLE, type IntegerType, type SqlType } from "../sql-type.ts";
import type { Typed } from "../typed.ts";
import { checkWords, scaledSource } from "./arithmetic.ts";
import { checkDouble, checkNotNegative, checkSigned, checkUnsigned } from "./checks.ts";
import { decimalOf, toDouble } from "./convert.ts";
import { MAX_SCALE, powerOfTen, rescale } from "./decimal.ts";
import { asDecimal, bigSource, toOperand, wholeDigits, type Operand } from "./operands.ts";
import { decimalOfDouble, parseDecimal, type ParsedDecimal } from "./parse.ts";

/** `/`, `%` and `DIV`; NULL where the divisor is 0. */

/** Digits that a quotient has behind those of the dividend: the default of `div_precision_increment`. */
const QUOTIENT_DIGITS = 4;

/** `/`: a decimal, or a double where an operand is no exact number. */
export const DIVIDE: SqlFunction = {
  arity: [2, 2],
  compile(args, call) {
    const [left, right] = operands(args, call);
    if (left.type.kind === "double" || right.type.kind === "double") {
      const check = call.scope.bind(checkDouble);
      return doubles(args, call, (a, b) => `${check}(${a} / ${b})`);
    }
    return divideDecimals(left, right, call);
  },
};

/** `%` and MOD: the rest has the sign of the dividend. */
export const MODULO: SqlFunction = {
  arity: [2, 2],
  compile(args, call) {
    const [left, right] = operands(args, call);
    if (left.type.kind === "double" || right.type.kind === "double") {
      return doubles(args, call, (a, b) => `(${a} % ${b})`);
    }
    if (left.type.kind === "integer" && right.type.kind === "integer") {
      return moduloIntegers(left, right, call);
    }
    const { scope } = call;
    const [a, b] = [asDecimal(left, scope), asDecimal(right, scope)];
    const scale = Math.max(a.type.scale, b.type.scale);
    const plain = decimalOf(Math.max(a.type.precision, b.type.precision), scale);
    const type = isUnsignedValue(args[0]!) ? ({ ...plain, isUnsigned: true } as const) : plain;
    checkWords([type], call);
    return applyStrict([a, b], call, { type, mayBeNull: true }, (x, y) => {
      const [dividend, divisor] = [
        scaledSource(x, a.type.frac, scale),
        scaledSource(y, b.type.frac, scale),
      ];
      return `(${y} === 0n ? null : (${dividend}) % (${divisor}))`;
    });
  },
};

/** `DIV`: the quotient of exact numbers without its fraction; doubles and strings are taken for decimals. */
export const INTEGER_DIVIDE: SqlFunction = {
  arity: [2, 2],
  compile(args, call) {
    const { scope } = call;
    const [left, right] = args as [Typed, Typed];
    const isUnsigned = isUnsignedValue(left) || isUnsignedValue(right);
    if (left.type.kind === "integer" && right.type.kind === "integer") {
      return divideIntegers(left, right, isUnsigned, call);
    }
    const check = scope.bind(isUnsigned ? checkUnsigned : checkSigned);
    const divide = scope.bind(wholeQuotient);
    const type = isUnsigned ? BIGINT_UNSIGNED : BIGINT;
    const [a, b] = [exact(left, call), exact(right, call)];
    return applyStrict([a.value, b.value], call, { type, mayBeNull: true }, (x, y) => {
      const quotient = scope.temporary();
      return `((${quotient} = ${divide}(${a.source(x)}, ${b.source(y)})) === null ? null : ${check}(${quotient}))`;
    });
  },
};

function operands(args: readonly Typed[], call: Call): [Operand, Operand] {
  const [left, right] = args as [Typed, Typed];
  return [toOperand(left, call.scope), toOperand(right, call.scope)];
}

function doubles(
  args: readonly Typed[],
  call: Call,
  body: (a: string, b: string) => string,
): Typed {
  const { scope } = call;
  const result = { type: DOUBLE, mayBeNull: true, evaluatesAll: true };
  return applyStrict(
    args.map((value) => toDouble(value, scope)),
    call,
    result,
    (a, b) => `(${b} === 0 ? null : ${body(a, b)})`,
  );
}

/**
 * The quotient is computed in words of nine digits (those of both fractions, and as many as QUOTIENT_DIGITS need), cut there, and then rounded to its scale: so 2.00000 / 3 is
 * 0.666666666 and 2.00000 / 3.0 is 0.666666667.
 */
function divideDecimals(left: Operand, right: Operand, call: Call): Typed {
  const { scope } = call;
  if ([left, right].some(({ type }) => type.kind === "integer" && type.bits !== undefined)) {
    scope.refuse(call.at, "a quotient of a BIT; CAST it AS UNSIGNED");
  }
  const [a, b] = [asDecimal(left, scope), asDecimal(right, scope)];
  const [wordsA, wordsB] = [Math.ceil(a.type.frac / 9), Math.ceil(b.type.frac / 9)];
  const spare = wordsA * 9 - a.type.frac + wordsB * 9 - b.type.frac;
  const more = Math.max(0, QUOTIENT_DIGITS - spare);
  const computed = 9 * Math.ceil((wordsA * 9 + wordsB * 9 + more) / 9);
  const scale = Math.min(a.type.scale + QUOTIENT_DIGITS, MAX_SCALE);
  const areChosen = [left, right].some(
    (value) => value.chosen !== undefined || value.hasOwnDigits === true,
  );
  if (scale > 8 && areChosen) {
    scope.refuse(
      call.at,
      "a quotient of UNIX_TIMESTAMP, or of what IF, CASE, GREATEST or LEAST chose of several types; cast it to DECIMAL",
    );
  }
  const whole = wholeDigits(a.type) + b.type.frac;
  const type = decimalOf(whole + scale, scale);
  checkWords([{ ...type, frac: computed }], call);
  const shift = computed + b.type.frac - a.type.frac;
  return applyStrict([a, b], call, { type, mayBeNull: true }, (x, y) => {
    const round = scope.bind(rescale);
    return `(${y} === 0n ? null : ${round}(${scaledSource(x, 0, shift)} / ${y}, ${computed}, ${scale}))`;
  });
}

function moduloIntegers(left: Typed, right: Typed, call: Call): Typed {
  const [a, b] = [left.type as IntegerType, right.type as IntegerType];
  const { isUnsigned } = a;
  const isSmall = a.isSmall && b.isSmall;
  const digits = isSmall ? a.digits : isUnsigned ? 20 : 19;
  const type: SqlType = { kind: "integer", isUnsigned, isSmall, digits };
  return applyStrict([left, right], call, { type, mayBeNull: true, evaluatesAll: true }, (x, y) => {
    if (isSmall) return `(${y} === 0 ? null : ${x} % ${y}${isUnsigned ? "" : " + 0"})`;
    const [dividend, divisor] = [bigSource(a, x), bigSource(b, y)];
    return `(${y} === ${b.isSmall ? "0" : "0n"} ? null : ${dividend} % ${divisor})`;
  });
}

function divideIntegers(left: Typed, right: Typed, isUnsigned: boolean, call: Call): Typed {
  const { scope } = call;
  const [a, b] = [left.type as IntegerType, right.type as IntegerType];
  const isSmall = a.isSmall && b.isSmall;
  const digits = isSmall ? a.digits : isUnsigned ? 20 : 19;
  const type: SqlType = { kind: "integer", isUnsigned, isSmall, digits };
  const cannotBeNegative = a.isUnsigned && b.isUnsigned;
  return applyStrict([left, right], call, { type, mayBeNull: true }, (x, y) => {
    if (!isSmall) {
      const check = scope.bind(isUnsigned ? checkUnsigned : checkSigned);
      const quotient = `${check}(${bigSource(a, x)} / ${bigSource(b, y)})`;
      return `(${y} === ${b.isSmall ? "0" : "0n"} ? null : ${quotient})`;
    }
    const quotient = `((${x} - ${x} % ${y}) / ${y} + 0)`;
    const checked =
      isUnsigned && !cannotBeNegative ? `${scope.bind(checkNotNegative)}(${quotient})` : quotient;
    return `(${y} === 0 ? null : ${checked})`;
  });
}

/** A value and how it becomes a {@link ParsedDecimal}, whatever digits it has. */
function exact(value: Typed, call: Call): { value: Typed; source: (name: string) => string } {
  const { scope } = call;
  if (value.chosen !== undefined || value.notNumber !== undefined) {
    scope.refuse(value.at, "DIV of what IF or CASE chose of several types; cast it");
  }
  switch (value.type.kind) {
    case "text": {
      const parse = scope.bind((text: string) => clampParsed(parseDecimal(text)));
      return { value, source: (name) => `${parse}(${name})` };
    }
    case "double": {
      const parse = scope.bind((number: number) => clampParsed(decimalOfDouble(number)));
      return { value, source: (name) => `${parse}(${name})` };
    }
    case "null":
    case "json":
    case "bytes":
    case "enum":
    case "set": {
      const parse = scope.bind((number: number) => clampParsed(decimalOfDouble(number)));
      if (
        value.type.kind === "json" ||
        (value.type.kind === "bytes" && value.type.isHexLiteral !== true)
      ) {
        return scope.refuse(value.at, `DIV of a ${value.type.kind} value; cast it`);
      }
      return { value: toDouble(value, scope), source: (name) => `${parse}(${name})` };
    }
    default: {
      const decimal = asDecimal(toOperand(value, scope), scope);
      const { frac } = decimal.type;
      return { value: decimal, source: (name) => `{ digits: ${name}, scale: ${frac} }` };
    }
  }
}

/** Nine words of nine digits hold 81; what is greater becomes the greatest DECIMAL, of 65. */
function clampParsed(parsed: ParsedDecimal): ParsedDecimal {
  const whole = parsed.digits / powerOfTen(parsed.scale);
  // and so many behind the point
  if (parsed.scale > 81) return { digits: rescale(parsed.digits, parsed.scale, 81), scale: 81 };
  if (whole > -LIMIT && whole < LIMIT) return parsed;
  return { digits: whole < 0n ? -GREATEST : GREATEST, scale: 0 };
}

const LIMIT = 10n ** 81n;
const GREATEST = 10n ** 65n - 1n;

function wholeQuotient(a: ParsedDecimal, b: ParsedDecimal): bigint | null {
  if (b.digits === 0n) return null;
  const scale = Math.max(a.scale, b.scale);
  return rescale(a.digits, a.scale, scale) / rescale(b.digits, b.scale, scale);
}

function isUnsignedValue(value: Typed): boolean {
  const { type } = value;
  if (type.kind === "decimal") return type.isUnsigned === true;
  return type.kind === "integer"
    ? type.isUnsigned
    : type.kind === "bytes" && type.isHexLiteral === true;
}

import { applyStrict } from "../apply.ts";
import type { Expression } from "../../query/tree.ts";
import type { Call, SqlFunction } from "../functions.ts";
import { BIGINT, DOUBLE, smallInteger, type IntegerType, type SqlType } from "../sql-type.ts";
import type { Typed } from "../typed.ts";
import { checkSigned, checkUnsigned } from "./checks.ts";
import { decimalOf, roundToEven, toCount, toDecimal } from "./convert.ts";
import { MAX_SCALE, powerOfTen, rescale } from "./decimal.ts";
import { toPlainOperand, wholeDigits } from "./operands.ts";

/** CEILING, FLOOR, ROUND and TRUNCATE. */

/** Digits of a decimal up to which its whole part is a BIGINT. */
const BIGINT_DIGITS = 17;

/** `CEILING` (`direction` 1) and `FLOOR` (-1). */
export function wholePart(direction: 1 | -1): SqlFunction {
  return {
    arity: [1, 1],
    compile([value], call) {
      const operand = toPlainOperand(value!, call.scope);
      const { type } = operand;
      if (type.kind === "decimal" && isChoice(call.written[0]!)) {
        call.scope.refuse(operand.at, "a DECIMAL that was chosen, whole; CAST it AS DECIMAL");
      }
      if (type.kind === "integer") return withoutColumn(operand, type);
      if (type.kind === "double") {
        const round = direction === 1 ? "Math.ceil" : "Math.floor";
        return applyStrict([operand], call, { type: DOUBLE }, (name) => `${round}(${name})`);
      }
      const { frac } = type;
      const run = call.scope.bind(direction === 1 ? ceilDecimal : floorDecimal);
      const digits = wholeDigits(type) + 1;
      if (wholeDigits(type) > BIGINT_DIGITS) {
        const result = { type: decimalOf(digits, 0) };
        return applyStrict([operand], call, result, (name) => `${run}(${name}, ${frac})`);
      }
      if (digits > 15) {
        return applyStrict([operand], call, { type: BIGINT }, (name) => `${run}(${name}, ${frac})`);
      }
      const result = { type: smallInteger(digits) };
      return applyStrict([operand], call, result, (name) => `Number(${run}(${name}, ${frac}))`);
    },
  };
}

/** `2` or `-2`. */
function isNumeral(written: Expression): boolean {
  if (written.kind === "call" && written.name === "neg") return isNumeral(written.arguments[0]!);
  return written.kind === "literal" && written.type === "integer";
}

const CHOICES = new Set(["if", "ifnull", "coalesce", "nullif", "greatest", "least"]);

/** Is it one of several values, whose common type MySQL does not go by here? */
function isChoice(written: Expression): boolean {
  return written.kind === "case" || (written.kind === "call" && CHOICES.has(written.name));
}

function withoutColumn(operand: Typed, type: IntegerType): Typed {
  const { isUnsigned, isSmall, digits } = type;
  const { isColumn: _, ...rest } = operand;
  return { ...rest, type: { kind: "integer", isUnsigned, isSmall, digits } };
}

function ceilDecimal(value: bigint, frac: number): bigint {
  const unit = powerOfTen(frac);
  return value > 0n ? (value + unit - 1n) / unit : value / unit;
}

function floorDecimal(value: bigint, frac: number): bigint {
  const unit = powerOfTen(frac);
  return value < 0n ? (value - unit + 1n) / unit : value / unit;
}

/** `ROUND(x[, d])` (half away from zero, of doubles half to even) and `TRUNCATE(x, d)`. */
export function rounding(truncates: boolean): SqlFunction {
  return {
    arity: truncates ? [2, 2] : [1, 2],
    compile([value, written], call) {
      const { scope } = call;
      if (written !== undefined && !isNumeral(call.written[1]!)) {
        scope.refuse(written.at, "a number of digits that is no number itself");
      }
      const operand = toPlainOperand(value!, scope);
      const places =
        written === undefined
          ? ({
              type: smallInteger(1),
              isNullable: false,
              source: "0",
              constant: { value: 0 },
              at: call.at,
            } as const)
          : clampPlaces(written, call);
      if (operand.type.kind === "integer") return roundInteger(operand, places, truncates, call);
      if (operand.type.kind === "double") {
        const run = scope.bind(truncates ? truncateDouble : roundDouble);
        return applyStrict(
          [operand, places],
          call,
          { type: DOUBLE },
          (x, d) => `${run}(${x}, ${d})`,
        );
      }
      return roundDecimal(operand, places, truncates, call);
    },
  };
}

/** How many digits, as a small number; a BIGINT UNSIGNED beyond BIGINT stays great. */
function clampPlaces(written: Typed, call: Call): Typed {
  const { kind } = written.type;
  if (written.constant === undefined && (kind === "text" || kind === "bytes" || kind === "json")) {
    call.scope.refuse(written.at, "a string as the number of digits; cast it");
  }
  return toCount(written, call.scope);
}

function roundInteger(operand: Typed, places: Typed, truncates: boolean, call: Call): Typed {
  const type = operand.type as IntegerType;
  const known = places.constant?.value;
  if (typeof known === "number" && known >= 0) return withoutColumn(operand, type);
  const { isUnsigned } = type;
  const { scope } = call;
  const check = scope.bind(isUnsigned ? checkUnsigned : checkSigned);
  const run = scope.bind(truncates ? truncateWhole : roundWhole);
  const result: SqlType = {
    kind: "integer",
    isUnsigned,
    isSmall: false,
    digits: isUnsigned ? 20 : 19,
  };
  return applyStrict([toDecimal(operand, scope), places], call, { type: result }, (x, d) => {
    return `${check}(${run}(${x}, ${d}))`;
  });
}

function truncateWhole(value: bigint, places: number): bigint {
  if (places >= 0) return value;
  if (places < -19) return 0n;
  const unit = powerOfTen(-places);
  return (value / unit) * unit;
}

function roundWhole(value: bigint, places: number): bigint {
  if (places >= 0) return value;
  if (places < -19) return 0n;
  const unit = powerOfTen(-places);
  const half = unit / 2n;
  return ((value < 0n ? value - half : value + half) / unit) * unit;
}

function roundDecimal(operand: Typed, places: Typed, truncates: boolean, call: Call): Typed {
  const { scope } = call;
  if (operand.type.kind !== "decimal") return operand;
  const { scale, frac } = operand.type;
  const known = places.constant?.value;
  const shown = typeof known === "number" ? Math.min(Math.max(known, 0), scale, MAX_SCALE) : scale;
  const whole = wholeDigits(operand.type) + (truncates ? 0 : 1);
  const type = decimalOf(Math.max(whole + shown, 1), shown);
  const round = scope.bind(truncates ? truncateTo : roundTo);
  return applyStrict([operand, places], call, { type }, (x, d) => {
    return `${round}(${x}, ${frac}, ${d}, ${shown})`;
  });
}

/** Rounds a decimal to so many places, and gives it the scale that is shown. */
function roundTo(value: bigint, frac: number, places: number, shown: number): bigint {
  const kept = Math.max(Math.min(places, frac), -MAX_DIGITS);
  if (kept >= 0) return rescale(rescale(value, frac, kept), kept, shown);
  const unit = powerOfTen(frac - kept);
  const half = unit / 2n;
  return ((value < 0n ? value - half : value + half) / unit) * powerOfTen(shown - kept);
}

function truncateTo(value: bigint, frac: number, places: number, shown: number): bigint {
  const kept = Math.max(Math.min(places, frac), -MAX_DIGITS);
  const unit = powerOfTen(frac - kept);
  const cut = value / unit;
  return shown >= kept ? cut * powerOfTen(shown - kept) : cut / powerOfTen(kept - shown);
}

const MAX_DIGITS = 66;

/** `my_double_round`: multiplied by a power of ten, rounded half to even, divided. */
export function roundDouble(value: number, places: number): number {
  return scaleDouble(value, places, roundToEven);
}

function truncateDouble(value: number, places: number): number {
  return scaleDouble(value, places, Math.trunc);
}

function scaleDouble(value: number, places: number, cut: (value: number) => number): number {
  const power = Math.abs(places) > 400 ? Infinity : Number(`1e${Math.abs(places)}`);
  if (places < 0) return power === Infinity ? 0 : cut(value / power) * power;
  const product = value * power;
  return Number.isFinite(product) ? cut(product) / power : value;
}

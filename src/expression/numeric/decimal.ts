import { RowError } from "../typed.ts";
import type { ParsedDecimal } from "./parse.ts";

/**
 * DECIMAL as a bigint: the value times ten to the power of its scale. MySQL computes in words of nine digits, nine words at most; what shows of that is where quotients are cut.
 */

/** Most digits that a DECIMAL has. */
export const MAX_PRECISION = 65;
/** Most digits behind the point. */
export const MAX_SCALE = 30;

/** Powers of ten. */
export const POWERS_OF_TEN: readonly bigint[] = Array.from(
  { length: 131 },
  (_, exponent) => 10n ** BigInt(exponent),
);

const LIMIT = 10n ** 65n;

/** Ten to a power. */
export function powerOfTen(exponent: number): bigint {
  return POWERS_OF_TEN[exponent] ?? 10n ** BigInt(exponent);
}

/** The same value with another scale, rounded half away from zero. */
export function rescale(value: bigint, from: number, to: number): bigint {
  if (to >= from) return to === from ? value : value * powerOfTen(to - from);
  return divideRounding(value, powerOfTen(from - to));
}

/** The same value with a smaller scale or the same, cut. */
export function cutScale(value: bigint, from: number, to: number): bigint {
  return value / powerOfTen(from - to);
}

/** A quotient rounded half away from zero; `divisor` is above zero. */
export function divideRounding(value: bigint, divisor: bigint): bigint {
  const half = divisor / 2n;
  return value < 0n ? -((half - value) / divisor) : (value + half) / divisor;
}

/** Rounds what was parsed to a scale and clamps it to so many digits, as CAST does. */
export function fitDecimal(parsed: ParsedDecimal, precision: number, scale: number): bigint {
  return clampDecimal(rescale(parsed.digits, parsed.scale, scale), precision);
}

/** The value itself, or the greatest of so many digits. */
export function clampDecimal(value: bigint, precision: number): bigint {
  const limit = powerOfTen(precision);
  if (value >= limit) return limit - 1n;
  return value <= -limit ? 1n - limit : value;
}

/** A result of arithmetic. Throws 1690 where it has more than 65 digits. */
export function checkDecimal(value: bigint): bigint {
  if (value >= LIMIT || value <= -LIMIT) throw new RowError(1690, "DECIMAL value is out of range");
  return value;
}

/** A DECIMAL as MySQL prints it: with all digits of its scale. */
export function formatDecimal(value: bigint, scale: number): string {
  if (scale === 0) return value.toString();
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, "0");
  const whole = digits.slice(0, -scale);
  return `${value < 0n ? "-" : ""}${whole}.${digits.slice(-scale)}`;
}

/** The DOUBLE nearest to a DECIMAL. */
export function decimalToDouble(value: bigint, scale: number): number {
  return scale === 0 ? Number(value) : Number(`${value}e-${scale}`);
}

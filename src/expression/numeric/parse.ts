/**
 * Numbers at the beginning of strings, as MySQL takes them where a number is wanted: what follows is ignored, and what begins with none is 0.
 */

const DOUBLE_PREFIX = /^[ \t-\r]*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)/;
const INTEGER_PREFIX = /^[ \t]*([+-]?)0*(\d*)/;
const DECIMAL_PREFIX = /^[ \t-\r]*([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?/;

const MAX_BIGINT_UNSIGNED = 2n ** 64n - 1n;
const MIN_BIGINT = -(2n ** 63n);

/** The DOUBLE that a string begins with; beyond its range the greatest. */
export function parseDouble(text: string): number {
  const prefix = DOUBLE_PREFIX.exec(text)?.[1];
  if (prefix === undefined) return 0;
  const value = Number(prefix);
  if (value === Infinity) return Number.MAX_VALUE;
  if (value === -Infinity) return -Number.MAX_VALUE;
  return value;
}

/** The whole number that a string begins with, between the least BIGINT and the greatest BIGINT UNSIGNED: no fraction, no exponent. */
export function parseInteger(text: string): bigint {
  const [, sign, digits = ""] = INTEGER_PREFIX.exec(text) ?? [];
  if (digits === "") return 0n;
  const magnitude = digits.length > 20 ? MAX_BIGINT_UNSIGNED : BigInt(digits);
  if (sign === "-") return -magnitude < MIN_BIGINT ? MIN_BIGINT : -magnitude;
  return magnitude > MAX_BIGINT_UNSIGNED ? MAX_BIGINT_UNSIGNED : magnitude;
}

/** An exact number as its digits: the value is `digits` times ten to the power of `-scale`. */
export interface ParsedDecimal {
  readonly digits: bigint;
  readonly scale: number;
}

/** The exact number that a string begins with; one of more digits than a DECIMAL has, however written, is cut to what decides how it is rounded and clamped. */
export function parseDecimal(text: string): ParsedDecimal {
  const [, sign = "", whole = "", fraction = "", exponentText = "0"] =
    DECIMAL_PREFIX.exec(text) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  if (digits === "") return { digits: 0n, scale: 0 };
  // MySQL takes a text whose exponent is no BIGINT for no number
  if (Math.abs(Number(exponentText)) > 2 ** 63) return { digits: 0n, scale: 0 };
  const exponent = clamp(Number(exponentText), 10_000);
  const magnitude = BigInt(digits);
  return place(sign === "-" ? -magnitude : magnitude, fraction.length - exponent);
}

/** A DOUBLE as MySQL makes a DECIMAL of it: the shortest digits that tell it from its neighbours. */
export function decimalOfDouble(value: number): ParsedDecimal {
  return parseDecimal(String(value));
}

function place(digits: bigint, scale: number): ParsedDecimal {
  return scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 };
}

function clamp(value: number, limit: number): number {
  return Math.max(-limit, Math.min(limit, value));
}

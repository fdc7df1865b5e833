import { RowError } from "../typed.ts";

/** Results of arithmetic within their ranges: else MySQL ends the SELECT with error 1690. */

const MAX_BIGINT = 2n ** 63n - 1n;
const MIN_BIGINT = -(2n ** 63n);
const MAX_BIGINT_UNSIGNED = 2n ** 64n - 1n;

/** A BIGINT. */
export function checkSigned(value: bigint): bigint {
  if (value > MAX_BIGINT || value < MIN_BIGINT) {
    throw new RowError(1690, "BIGINT value is out of range");
  }
  return value;
}

/** A BIGINT UNSIGNED. */
export function checkUnsigned(value: bigint): bigint {
  if (value > MAX_BIGINT_UNSIGNED || value < 0n) {
    throw new RowError(1690, "BIGINT UNSIGNED value is out of range");
  }
  return value;
}

/** An unsigned integer that is small enough but for its sign. */
export function checkNotNegative(value: number): number {
  if (value < 0) throw new RowError(1690, "BIGINT UNSIGNED value is out of range");
  return value;
}

/** A DOUBLE. */
export function checkDouble(value: number): number {
  if (!Number.isFinite(value)) throw new RowError(1690, "DOUBLE value is out of range");
  return value;
}

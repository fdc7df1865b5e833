import type { Typed } from "../typed.ts";

/**
 * Exact decimals without bigints: a value times the power of ten of its scale as a number where that is a safe integer, else as a bigint. Never -0, and never a bigint that a number
 * could be: so `===` tells whether two are equal.
 */
export type Exact = number | bigint;

const SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** Source of a decimal's {@link Exact} form, cheaper than its own; null where it has none. */
export function exactOf({ exact, source }: Typed): string | null {
  return exact?.of === source ? exact.source : null;
}

/** The value with source of its {@link Exact} form. */
export function withExact(value: Typed, source: string): Typed {
  return { ...value, exact: { of: value.source, source } };
}

/** The form of a whole number that may have any. */
export function exactly(value: bigint): Exact {
  return value >= -SAFE && value <= SAFE ? Number(value) : value;
}

/** A product. */
export function multiplyExact(a: Exact, b: Exact): Exact {
  if (typeof a === "number" && typeof b === "number") {
    const product = a * b;
    // one that is not exact is rounded to 2^53 or more; adding makes 0 of -0
    if (isSafe(product)) return product + 0;
  }
  return exactly(BigInt(a) * BigInt(b));
}

/** A sum. */
export function addExact(a: Exact, b: Exact): Exact {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b;
    if (isSafe(sum)) return sum;
  }
  return exactly(BigInt(a) + BigInt(b));
}

/** A difference. */
export function subtractExact(a: Exact, b: Exact): Exact {
  if (typeof a === "number" && typeof b === "number") {
    const difference = a - b;
    if (isSafe(difference)) return difference;
  }
  return exactly(BigInt(a) - BigInt(b));
}

function isSafe(value: number): boolean {
  return value <= Number.MAX_SAFE_INTEGER && value >= -Number.MAX_SAFE_INTEGER;
}

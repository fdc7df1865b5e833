import type { Scope, Typed } from "../typed.ts";

/** The value as Decimal. */
export function toDecimal(value: Typed, scope: Scope): Typed {
  return scope.refuse(value.at, "a conversion");
}

/** The value as Double. */
export function toDouble(value: Typed, scope: Scope): Typed {
  return scope.refuse(value.at, "a conversion");
}

/** The value as Integer. */
export function toInteger(value: Typed, scope: Scope): Typed {
  return scope.refuse(value.at, "a conversion");
}

/** The value as Truth. */
export function toTruth(value: Typed, scope: Scope): Typed {
  return scope.refuse(value.at, "a conversion");
}

import type { Scope, Typed } from "../typed.ts";

/** The value as Date. */
export function toDate(value: Typed, scope: Scope): Typed {
  return scope.refuse(value.at, "a conversion");
}

/** The value as Datetime. */
export function toDatetime(value: Typed, scope: Scope): Typed {
  return scope.refuse(value.at, "a conversion");
}

/** The value as Time. */
export function toTime(value: Typed, scope: Scope): Typed {
  return scope.refuse(value.at, "a conversion");
}

import type { Scope, Typed } from "../typed.ts";

/** The value as Json. */
export function toJson(value: Typed, scope: Scope): Typed {
  return scope.refuse(value.at, "a conversion");
}

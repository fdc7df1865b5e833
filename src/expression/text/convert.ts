import type { Scope, Typed } from "../typed.ts";

/** The value as Text. */
export function toText(value: Typed, scope: Scope): Typed {
  return scope.refuse(value.at, "a conversion");
}

/** The value as Bytes. */
export function toBytes(value: Typed, scope: Scope): Typed {
  return scope.refuse(value.at, "a conversion");
}

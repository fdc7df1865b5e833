import type { Expression } from "../../query/tree.ts";
import type { Scope, Typed } from "../typed.ts";

/** Compiles `CAST(… AS …)`. */
export function compileCast(
  _argument: Typed,
  expression: Extract<Expression, { kind: "cast" }>,
  scope: Scope,
): Typed {
  return scope.refuse(expression.at, "CAST");
}

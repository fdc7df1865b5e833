import type { Expression } from "../../query/tree.ts";
import type { Scope, Typed } from "../typed.ts";

/** Compiles `CASE`. */
export function compileCase(
  expression: Extract<Expression, { kind: "case" }>,
  scope: Scope,
): Typed {
  return scope.refuse(expression.at, "CASE");
}

import type { Expression } from "../../query/tree.ts";
import type { Scope, Typed } from "../typed.ts";

/** Compiles `… COLLATE name`. */
export function compileCollate(
  _argument: Typed,
  expression: Extract<Expression, { kind: "collate" }>,
  scope: Scope,
): Typed {
  return scope.refuse(expression.at, "COLLATE");
}

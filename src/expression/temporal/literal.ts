import type { LiteralExpression } from "../../query/tree.ts";
import type { Scope, Typed } from "../typed.ts";

/** Compiles `DATE '…'`, `TIME '…'` and `TIMESTAMP '…'`. */
export function compileTemporalLiteral(
  literal: Extract<LiteralExpression, { type: "date" | "time" | "timestamp" }>,
  scope: Scope,
): Typed {
  return scope.refuse(literal.at, `a literal of type ${literal.type}`);
}

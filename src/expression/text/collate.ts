import type { Expression } from "../../query/tree.ts";
import type { Scope, Typed } from "../typed.ts";
import { canonicalCollation, charsetOfCollation, collatorNamed } from "./collations/named.ts";
import { toStringValue } from "./convert.ts";

/** Compiles `… COLLATE name`: the same text, with a collation that holds against all others. */
export function compileCollate(
  argument: Typed,
  expression: Extract<Expression, { kind: "collate" }>,
  scope: Scope,
): Typed {
  const { at } = expression;
  const name = canonicalCollation(expression.collation);
  if (argument.type.kind === "integer") scope.refuse(at, "COLLATE of a number");
  if (argument.type.kind === "null") scope.refuse(at, "NULL has no collation");
  const text = toStringValue(argument, scope);
  if (text.type.kind !== "text") {
    return scope.refuse(at, `COLLATE ${name} is for character strings; write CAST(… AS CHAR)`);
  }
  const charset = charsetOfCollation(name);
  if (collatorNamed(name) === undefined) {
    scope.refuse(at, `the collation ${name} is none of those that text can be compared by`);
  }
  if (text.type.coercibility === 6) scope.refuse(at, "NULL has no collation");
  const own = text.type.collation;
  if (own !== null && own.charset !== charset) {
    scope.refuse(at, `COLLATE ${name} is not for text in the character set ${own.charset}`);
  }
  return { ...text, type: { ...text.type, collation: { name, charset }, coercibility: 0 }, at };
}

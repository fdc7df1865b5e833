import type { Expression } from "../query/tree.ts";
import type { Scope } from "./typed.ts";

/**
 * Refuses what a WHERE means otherwise than a SELECT's list does: `d IS NULL`, alone or joined by AND, of a DATE or DATETIME column that is NOT NULL is true for the zero date there (MySQL's
 * manual, "Comparison Functions and Operators").
 */
export function checkWhere(condition: Expression, scope: Scope): void {
  if (condition.kind !== "call") return;
  if (condition.name === "and") {
    for (const part of condition.arguments) checkWhere(part, scope);
    return;
  }
  const [value] = condition.arguments;
  const isTest = condition.name === "is null" || condition.name === "isnull";
  if (!isTest || value?.kind !== "column") return;
  const { type, isNullable } = scope.column(value.name, value.at);
  if (isNullable || (type.kind !== "date" && type.kind !== "datetime")) return;
  scope.refuse(
    condition.at,
    `${value.name} is NOT NULL, and by IS NULL a WHERE finds its zero dates: write ${value.name} + 0 = 0`,
  );
}

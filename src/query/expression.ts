import { ExpressionParser } from "./expression-parser.ts";
import { checkQualifiers, type TableName } from "./qualifiers.ts";
import type { RuleText } from "./rule-text-error.ts";
import type { Expression } from "./tree.ts";

/** Parses one expression; `key` names the text in messages. Throws RULE_QUERY_INVALID. */
export function parseExpression(text: string, key: string): Expression {
  return parseExpressionText({ rule: "", key, text }, null);
}

/** Parses one expression of a rule; columns may be qualified with `table`, and with anything where it is null. Throws RULE_QUERY_INVALID. */
export function parseExpressionText(source: RuleText, table: TableName | null): Expression {
  const p = new ExpressionParser(source);
  if (p.token.kind === "end") p.fail(0, "there is no expression");
  const expression = p.expression();
  if (p.token.kind !== "end") p.unexpected("an operator or the end");
  if (table !== null) checkQualifiers(p, table);
  return expression;
}

import { ExpressionParser } from "./expression-parser.ts";
import { checkQualifiers, type TableName } from "./qualifiers.ts";
import { placeError, type RuleText } from "./rule-text-error.ts";
import type { Expression, Template } from "./tree.ts";

/** Parses text with expressions in braces; `key` names it in messages. Throws RULE_QUERY_INVALID. */
export function parseTemplate(text: string, key = "template"): Template {
  return parseTemplateText({ rule: "", key, text }, null);
}

/** Parses text with expressions in braces; columns may be qualified with `table`, and with anything where it is null. Throws RULE_QUERY_INVALID. */
export function parseTemplateText(source: RuleText, table: TableName | null): Template {
  const { text } = source;
  const parts: (string | Expression)[] = [];
  let literal = "";
  let at = 0;
  while (at < text.length) {
    const character = text[at] ?? "";
    if ((character === "{" || character === "}") && text[at + 1] === character) {
      literal += character;
      at += 2;
    } else if (character === "}") {
      throw placeError("RULE_QUERY_INVALID", source, at, "this brace closes none: write }} for }");
    } else if (character === "{") {
      if (literal !== "") parts.push(literal);
      literal = "";
      const p = new ExpressionParser(source, at + 1);
      if (p.isSign("}")) p.fail(at, "the braces are empty: they hold an expression");
      if (p.token.kind === "end") p.fail(at, "the brace is not closed by }");
      parts.push(p.expression());
      if (p.token.kind === "end") p.fail(at, "the brace is not closed by }");
      if (!p.isSign("}")) p.unexpected('"}"');
      if (table !== null) checkQualifiers(p, table);
      at = p.token.end;
    } else {
      literal += character;
      at += 1;
    }
  }
  if (literal !== "" || parts.length === 0) parts.push(literal);
  return parts;
}

/** What the template gives for every row; null when it has expressions. */
export function constantTemplate(template: Template): string | null {
  let text = "";
  for (const part of template) {
    if (typeof part !== "string") return null;
    text += part;
  }
  return text;
}

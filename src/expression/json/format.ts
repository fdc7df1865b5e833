/** JSON values as MySQL prints them. */
import type { JsonValue } from "../../core/sql-value.ts";

/** The text that MySQL gives a JSON value: `{"a": 1, "b": [1, 2]}`. */
export function formatJson(value: JsonValue): string {
  return print(value, " ");
}

/** The text of a JSON value without white space, as documents have it. */
export function compactJson(value: JsonValue): string {
  return print(value, "");
}

function print(value: JsonValue, space: "" | " "): string {
  switch (value.kind) {
    case "null":
      return "null";
    case "boolean":
      return value.value ? "true" : "false";
    case "number":
      return value.text;
    case "string":
      return quoteJson(value.value);
    case "array":
      return `[${value.items.map((item) => print(item, space)).join(`,${space}`)}]`;
    case "object": {
      const members = Array.from(
        value.members,
        ([name, member]) => `${quoteJson(name)}:${space}${print(member, space)}`,
      );
      return `{${members.join(`,${space}`)}}`;
    }
  }
}

/** A text as a JSON string. Like MySQL it escapes quotes, backslashes and control characters only. */
export function quoteJson(text: string): string {
  // JSON.stringify escapes the same, and lone surrogates, which no text of a database has
  return JSON.stringify(text);
}

/** What JSON_UNQUOTE makes of a JSON value: the content of a string, the text of others. */
export function unquoteJson(value: JsonValue): string {
  return value.kind === "string" ? value.value : formatJson(value);
}

/** What JSON_PRETTY prints: a member or an item a line, two spaces a level. */
export function prettyJson(value: JsonValue, indent = ""): string {
  const inner = `${indent}  `;
  const lines = (parts: readonly string[]): string =>
    `\n${inner}${parts.join(`,\n${inner}`)}\n${indent}`;
  if (value.kind === "array" && value.items.length > 0) {
    return `[${lines(value.items.map((item) => prettyJson(item, inner)))}]`;
  }
  if (value.kind === "object" && value.members.size > 0) {
    const members = Array.from(
      value.members,
      ([name, member]) => `${quoteJson(name)}: ${prettyJson(member, inner)}`,
    );
    return `{${lines(members)}}`;
  }
  return formatJson(value);
}

import { isCallable, parseCall, NAMES_WITHOUT_LIST } from "./calls.ts";
import type { Cursor } from "./cursor.ts";
import { RESERVED_WORDS } from "./reserved-words.ts";
import { call, text } from "./tree-nodes.ts";
import type { Expression } from "./tree.ts";

/** Words that cannot begin a value, and what to say of them. */
const REFUSED_WORDS: Readonly<Record<string, string>> = {
  select: "a rule has no sub-queries",
  with: "a rule has no WITH",
  exists: "a rule has no sub-queries, so no EXISTS",
  match: "a rule has no MATCH … AGAINST: that is what the index is for",
  default: "a rule has no DEFAULT(column)",
  values: "a rule has no VALUES",
  row: "a rule has no row constructors: compare the values one by one",
  not: "NOT is not possible behind this operator: put it in parentheses",
};

/** A value that no operator belongs to: a literal, a column, a call, CASE or something in parentheses. */
export function parsePrimary(p: Cursor): Expression {
  const { token } = p;
  switch (token.kind) {
    case "number":
      p.next();
      return { kind: "literal", type: token.type, text: token.text, at: token.at };
    case "string":
      return text(joinedStrings(p), token.at);
    case "bytes":
      p.next();
      return { kind: "literal", type: "bytes", value: token.value, at: token.at };
    case "name":
      return parseColumn(p);
    case "word":
      return parseWord(p);
    case "sign":
      return parseSign(p);
    case "end":
      return p.unexpected("a value");
  }
}

/** Strings that follow one another are one. */
function joinedStrings(p: Cursor): string {
  let value = "";
  while (p.token.kind === "string") {
    value += p.token.value;
    p.next();
  }
  return value;
}

function parseSign(p: Cursor): Expression {
  const { token } = p;
  const sign = p.source.text.slice(token.at, token.end);
  if (sign === "(") return parseParentheses(p);
  if (sign === "@" || sign === "@@" || sign === ":=")
    return p.fail(token.at, "a rule has no variables");
  if (sign === "?" || sign === ":")
    return p.fail(token.at, "a rule has no placeholders: write the value");
  if (sign === "*") return p.fail(token.at, "* stands alone or behind a table's name");
  if (sign === "{") return p.fail(token.at, "a rule has no {…} of ODBC: write DATE '2026-01-02'");
  return p.unexpected("a value");
}

function parseParentheses(p: Cursor): Expression {
  const { at } = p.next();
  if (p.isWord("select", "with", "table")) p.fail(p.token.at, "a rule has no sub-queries");
  const value = p.expression();
  if (p.isSign(",")) p.fail(at, REFUSED_WORDS["row"] ?? "");
  p.expectSign(")");
  return value;
}

function parseWord(p: Cursor): Expression {
  const { token, word } = p;
  const { at } = token;
  const following = p.peek();
  const isBeforeList = following.kind === "sign" && following.text === "(";
  switch (word) {
    case "null":
      p.next();
      return { kind: "literal", type: "null", at };
    case "true":
    case "false":
      p.next();
      return { kind: "literal", type: "boolean", value: word === "true", at };
    case "case":
      return parseCase(p);
    case "date":
    case "time":
    case "timestamp":
      if (following.kind !== "string") break;
      p.next();
      p.next();
      return { kind: "literal", type: word, text: following.value, at };
    case "n":
      if (following.kind !== "string" || following.at !== token.end) break;
      return p.fail(at, "N'…' is a string of utf8mb3, which rules do not have: write '…'");
  }
  if (word.startsWith("_") && (following.kind === "string" || following.kind === "bytes")) {
    return parseIntroduced(p);
  }
  if (Object.hasOwn(REFUSED_WORDS, word) && (isBeforeList || RESERVED_WORDS.has(word))) {
    return p.fail(at, REFUSED_WORDS[word] ?? "");
  }
  if (isBeforeList && isCallable(word)) return parseCall(p);
  if (NAMES_WITHOUT_LIST.has(word)) {
    p.next();
    return call(word, [], at);
  }
  if (RESERVED_WORDS.has(word)) {
    return p.fail(at, `${word} is a word of SQL: put it in back-ticks where it names a column`);
  }
  return parseColumn(p);
}

/** `_utf8mb4'x'`, `_binary'x'`. */
function parseIntroduced(p: Cursor): Expression {
  const { at } = p.token;
  const charset = p.word.slice(1);
  if (charset !== "utf8mb4" && charset !== "binary") {
    return p.fail(at, `a rule has no literals of ${charset}: it is utf8mb4, or _binary`);
  }
  p.next();
  const bytes = p.token.kind === "bytes" ? p.token.value : null;
  if (bytes !== null) p.next();
  if (charset === "binary") {
    const value = bytes ?? new Uint8Array(Buffer.from(joinedStrings(p)));
    return { kind: "literal", type: "bytes", value, at };
  }
  if (bytes === null) return text(joinedStrings(p), at);
  try {
    return text(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes), at);
  } catch {
    return p.fail(at, "these bytes are no text of utf8mb4");
  }
}

function parseCase(p: Cursor): Expression {
  const { at } = p.next();
  const operand = p.isWord("when") ? null : p.expression();
  const branches: { readonly when: Expression; readonly then: Expression }[] = [];
  if (!p.isWord("when")) p.unexpected("WHEN");
  while (p.takeWord("when")) {
    const when = p.expression();
    p.expectWord("then");
    // oxlint-disable-next-line unicorn/no-thenable -- SQL's own word
    branches.push({ when, then: p.expression() });
  }
  const otherwise = p.takeWord("else") ? p.expression() : null;
  p.expectWord("end");
  return { kind: "case", operand, branches, otherwise, at };
}

/** `column`, `table.column`, `database.table.column`, and a path into it. */
function parseColumn(p: Cursor): Expression {
  const { at } = p.token;
  const parts = [takeName(p)];
  while (parts.length < 3 && p.takeSign(".")) {
    if (p.isSign("*")) p.fail(p.token.at, "* stands alone or behind a table's name");
    parts.push(takeName(p));
  }
  if (p.isSign("(")) {
    return p.fail(at, `${parts.join(".")} is no function of MySQL's own, and a rule has no others`);
  }
  const name = parts.pop() ?? "";
  if (parts.length > 0) p.qualifiers.push({ parts, at });
  const column: Expression = { kind: "column", name, at };
  return p.isSign("->", "->>") ? parsePath(p, column) : column;
}

function parsePath(p: Cursor, column: Expression): Expression {
  const operator = p.source.text.slice(p.token.at, p.token.end);
  const { at } = p.next();
  const { token } = p;
  if (token.kind !== "string") {
    return p.unexpected("a path in quotes, such as '$.colour',");
  }
  p.next();
  const path = text(token.value, token.at);
  const value = call(operator, [column, path], at);
  if (p.isSign("->", "->>")) {
    p.fail(
      p.token.at,
      `${operator} stands behind a column only: one path can lead further, '$.a.b'`,
    );
  }
  return value;
}

/** A name: any word, or text in back-ticks. */
function takeName(p: Cursor): string {
  const { token } = p;
  if (token.kind !== "word" && token.kind !== "name") return p.unexpected("a column's name");
  p.next();
  return token.text;
}

import { TailraceError } from "../core/errors.ts";
import { parseTablePattern } from "../core/table-pattern.ts";
import { ExpressionParser } from "./expression-parser.ts";
import { checkQualifiers, type TableName } from "./qualifiers.ts";
import { RESERVED_WORDS } from "./reserved-words.ts";
import type { RuleText } from "./rule-text-error.ts";
import { skipSpace } from "./token.ts";
import type { Query, SelectItem } from "./tree.ts";

/** Clauses and options of a SELECT that rules do not have, and what to say of them. */
const REFUSED: Readonly<Record<string, string>> = {
  distinct: "a rule has no DISTINCT: each row has a document of its own",
  distinctrow: "a rule has no DISTINCTROW: each row has a document of its own",
  group: "a rule has no GROUP BY: it makes one document of each row",
  having: "a rule has no HAVING: conditions stand behind WHERE",
  order: "a rule has no ORDER BY: documents have no order, a search has",
  limit: "a rule has no LIMIT: it takes every row for which WHERE is true",
  union: "a rule has no UNION: write a rule for each table",
  intersect: "a rule has no INTERSECT",
  except: "a rule has no EXCEPT but behind *: * except (a, b)",
  window: "a rule has no windows",
  into: "a rule has no INTO: its index says where documents go",
  for: "a rule takes no locks",
  lock: "a rule takes no locks",
  partition: "a rule takes all partitions of a table",
  use: "a rule has no hints for the optimizer",
  force: "a rule has no hints for the optimizer",
  ignore: "a rule has no hints for the optimizer",
  tablesample: "a rule has no TABLESAMPLE",
};

const JOINS = new Set("join inner cross left right natural straight_join".split(" "));
const JOINED = "a rule reads one table and has no joins";

/** The table behind FROM and how columns are qualified with it. */
interface Source {
  readonly table: string;
  readonly name: TableName;
}

/** Parses `SELECT … FROM … [WHERE …]`. Throws RULE_QUERY_INVALID. */
export function parseQuery(text: string): Query {
  const { items, table, where } = parseSelect({ rule: "", key: "query", text });
  return { items, table, where };
}

/** Parses `SELECT … FROM … [WHERE …]` of a rule. Throws RULE_QUERY_INVALID. */
export function parseSelect(source: RuleText): Query & { readonly name: TableName } {
  const p = new ExpressionParser(source);
  if (p.isWord("with")) p.fail(p.token.at, "a rule has no WITH: it reads one table");
  p.expectWord("select");
  p.takeWord("all");
  refuse(p, ["distinct", "distinctrow"]);
  if (/^(?:sql_|high_priority$|straight_join$)/.test(p.word)) {
    p.fail(p.token.at, `a rule has no ${p.word.toUpperCase()}`);
  }
  const items: SelectItem[] = [];
  do {
    if (p.isWord("from")) p.unexpected("a field");
    items.push(parseItem(p));
  } while (p.takeSign(","));
  checkNames(p, items);
  refuse(p, ["into"]);
  p.expectWord("from");
  const { table, name } = parseSource(p);
  const where = p.takeWord("where") ? p.expression() : null;
  p.takeSign(";");
  if (p.token.kind !== "end")
    refuseRest(p, where === null ? "WHERE or the end" : "an operator or the end");
  checkQualifiers(p, name);
  return { items, table, where, name };
}

function refuse(p: ExpressionParser, words: readonly string[]): void {
  if (p.isWord(...words)) p.fail(p.token.at, REFUSED[p.word] ?? "");
}

function refuseRest(p: ExpressionParser, expected: string): never {
  refuse(p, Object.keys(REFUSED));
  if (JOINS.has(p.word) || p.isSign(",")) p.fail(p.token.at, JOINED);
  if (p.source.text.slice(0, p.token.at).trimEnd().endsWith(";")) {
    p.fail(p.token.at, "a rule is one SELECT: nothing may follow the semicolon");
  }
  return p.unexpected(expected);
}

function parseItem(p: ExpressionParser): SelectItem {
  const { at } = p.token;
  if (p.takeSign("*")) return parseStar(p, at);
  if (skipTableStar(p)) return parseStar(p, at);
  const expression = p.expression();
  const name = parseAlias(p);
  if (name !== null) return { kind: "field", name, expression, at };
  if (expression.kind === "column") {
    return { kind: "field", name: expression.name, expression, at };
  }
  return p.fail(at, "an expression needs a name for its field: … AS name");
}

/** Takes `t.*` or `db.t.*`; false, and nothing, when another thing is next. */
function skipTableStar(p: ExpressionParser): boolean {
  const { at } = p.token;
  const parts: string[] = [];
  while (parts.length < 2 && (p.token.kind === "word" || p.token.kind === "name")) {
    parts.push(p.token.text);
    p.next();
    if (!p.takeSign(".")) break;
    if (p.takeSign("*")) {
      p.qualifiers.push({ parts, at });
      return true;
    }
  }
  p.seek(at);
  return false;
}

function parseStar(p: ExpressionParser, at: number): SelectItem {
  const except: { readonly name: string; readonly at: number }[] = [];
  if (p.isWord("as")) p.fail(p.token.at, "* has no name: it takes those of the columns");
  if (p.takeWord("except")) {
    p.expectSign("(");
    do {
      const { token } = p;
      if (token.kind !== "word" && token.kind !== "name") return p.unexpected("a column's name");
      p.next();
      except.push({ name: token.text, at: token.at });
    } while (p.takeSign(","));
    p.expectSign(")");
  }
  return { kind: "star", except, at };
}

/** `AS name`, `AS 'name'`, `AS address.city`, each also without AS; null when there is none. */
function parseAlias(p: ExpressionParser): string | null {
  const hasAs = p.takeWord("as");
  const { token } = p;
  if (token.kind === "string") {
    p.next();
    if (token.value === "") p.fail(token.at, "a field's name must not be empty");
    return token.value;
  }
  const isName = token.kind === "name" || (token.kind === "word" && !RESERVED_WORDS.has(p.word));
  if (!isName) {
    return hasAs ? p.unexpected("a name, in back-ticks if it is a word of SQL,") : null;
  }
  p.next();
  let name = token.text;
  while (p.takeSign(".")) {
    const part = p.token;
    if (part.kind !== "word" && part.kind !== "name") return p.unexpected("a name");
    p.next();
    name += `.${part.text}`;
  }
  return name;
}

function checkNames(p: ExpressionParser, items: readonly SelectItem[]): void {
  const names = new Set<string>();
  for (const item of items) {
    if (item.kind === "star") continue;
    if (names.has(item.name)) p.fail(item.at, `there are two fields ${item.name}`);
    names.add(item.name);
  }
}

/** `database.table`, a pattern of such, and an alias. The name is read character by character: `%`, `#` and `-` are no signs of their own here. */
function parseSource(p: ExpressionParser): Source {
  const { text } = p.source;
  const { at } = p.token;
  if (p.isWord("dual")) p.fail(at, "a rule reads a table, and DUAL is none");
  if (p.isSign("(")) p.fail(at, "a rule has no sub-queries and no joins: name the table");
  const end = endOfTableName(text, at);
  const written = text.slice(at, end);
  if (written === "") return p.unexpected("database.table");
  const table = canonicalTable(p, written, at);
  p.seek(skipSpace(text, end));
  if (p.isSign(",") || JOINS.has(p.word)) p.fail(p.token.at, JOINED);
  refuse(p, Object.keys(REFUSED));
  const alias = p.isWord("where") ? null : parseTableAlias(p);
  return { table, name: { table, alias } };
}

function canonicalTable(p: ExpressionParser, written: string, at: number): string {
  const pattern = written
    .split(/(`(?:[^`]|``)*`)/)
    .map((part) => (part.startsWith("`") ? part : part.replaceAll("%", "*")))
    .join("");
  try {
    return parseTablePattern(pattern).text;
  } catch (error) {
    if (!(error instanceof TailraceError)) throw error;
    return p.fail(at, error.message);
  }
}

/** Where `database.table` ends: names, dots, wild-cards and what stands in back-ticks. */
function endOfTableName(text: string, start: number): number {
  const part = /`(?:[^`]|``)*`|(?!--)[\w$\u0080-\uffff.%*#-]/y;
  part.lastIndex = start;
  let end = start;
  while (part.test(text)) end = part.lastIndex;
  return end;
}

function parseTableAlias(p: ExpressionParser): string | null {
  const hasAs = p.takeWord("as");
  const { token } = p;
  if (token.kind === "name" || (token.kind === "word" && !RESERVED_WORDS.has(p.word))) {
    p.next();
    return token.text;
  }
  return hasAs ? p.unexpected("an alias") : null;
}

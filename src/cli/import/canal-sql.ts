import { isKeyword, isName, nameIn, type SqlWord, sqlWords } from "./sql-words.ts";

/** A field of a Canal mapping's SQL. */
export interface CanalField {
  readonly name: string;
  /** The expression without the alias of the table. */
  readonly expression: string;
  /** The column, where the field is one. */
  readonly column: string | null;
  /** It uses another table than the first. */
  readonly isForeign: boolean;
  /** Set where the expression is CONCAT: its arguments, without the table's alias. */
  readonly concat: readonly CanalArgument[] | null;
}

/** An argument of CONCAT: a text, or a column; null = anything else. */
export type CanalArgument = { readonly text: string } | { readonly column: string } | null;

/** The SQL of a Canal mapping: one table, or the first of several. */
export interface CanalQuery {
  readonly fields: readonly CanalField[];
  readonly database: string | null;
  readonly table: string;
  /** The condition without the alias of the table. */
  readonly where: string | null;
  /** The tables that are joined, as they are written. */
  readonly joins: readonly string[];
}

const AFTER_FROM = ["where", "group", "having", "order", "limit", "union", "for", "window"];
const JOIN = ["join", "left", "right", "inner", "cross", "natural", "straight_join", "on", "using"];

/** Takes a Canal mapping's SQL apart (escore's SqlParser.java). */
export function readCanalSql(text: string): CanalQuery | { readonly problem: string } {
  const words = sqlWords(text.trim().replace(/;$/, ""));
  const clause = (...names: readonly string[]): number => {
    const at = words.findIndex((word) => word.depth === 0 && isKeyword(word, ...names));
    return at < 0 ? words.length : at;
  };
  const from = clause("from");
  if (!isKeyword(words[0], "select") || from === words.length)
    return { problem: "it is no SELECT … FROM …" };
  if (isKeyword(words[1], "distinct")) return { problem: "it is a SELECT DISTINCT" };
  const end = clause(...AFTER_FROM);
  const where = clause("where");
  const rest = clause(...AFTER_FROM.filter((name) => name !== "where"));
  if (rest < words.length) return { problem: `it has ${words[rest]?.text.toUpperCase()}` };
  const first = readTable(words.slice(from + 1, end));
  if (first === null) return { problem: "its first table is a sub-query" };
  const source = {
    text,
    owners: new Set([first.alias, first.table].map((name) => name.toLowerCase())),
  };
  const fields: CanalField[] = [];
  for (const item of splitAtCommas(words.slice(1, from))) {
    const field = readField(item, source);
    if (field === null)
      return { problem: `a field has no name: ${text.slice(item[0]?.start, item.at(-1)?.end)}` };
    fields.push(field);
  }
  const condition = words.slice(where + 1);
  return {
    fields,
    database: first.database,
    table: first.table,
    where: condition.length === 0 ? null : render(condition, source).text,
    joins: joinedTables(words.slice(from + 1, end), first.length),
  };
}

/** The text and what its first table is called in it. */
interface SqlSource {
  readonly text: string;
  readonly owners: ReadonlySet<string>;
}

function readTable(words: readonly SqlWord[]): {
  readonly database: string | null;
  readonly table: string;
  readonly alias: string;
  readonly length: number;
} | null {
  const [first, dot, second] = words;
  if (!isName(first)) return null;
  const isQualified = dot?.text === "." && isName(second);
  let length = isQualified ? 3 : 1;
  const table = nameIn(isQualified ? second : first);
  if (isKeyword(words[length], "as")) length += 1;
  const alias = words[length];
  const hasAlias = isName(alias) && !isKeyword(alias, ...JOIN);
  if (hasAlias) length += 1;
  return {
    database: isQualified ? nameIn(first) : null,
    table,
    alias: hasAlias ? nameIn(alias) : table,
    length,
  };
}

/** What follows the first table: names behind JOIN or a comma, or "a sub-query". */
function joinedTables(words: readonly SqlWord[], begin: number): readonly string[] {
  return words.flatMap((word, i) => {
    if (i < begin || word.depth > 0 || !(word.text === "," || isKeyword(word, "join"))) return [];
    const table = readTable(words.slice(i + 1));
    return [table === null ? "a sub-query" : table.table];
  });
}

function splitAtCommas(words: readonly SqlWord[]): readonly (readonly SqlWord[])[] {
  const parts: SqlWord[][] = [[]];
  const depth = Math.min(...words.map((word) => word.depth));
  for (const word of words) {
    if (word.text === "," && word.depth === depth) parts.push([]);
    else parts.at(-1)?.push(word);
  }
  return parts;
}

function readField(words: readonly SqlWord[], source: SqlSource): CanalField | null {
  const last = words.at(-1);
  const before = words.at(-2);
  if (last === undefined) return null;
  const hasAs = isKeyword(before, "as");
  const hasAlias =
    hasAs ||
    (before !== undefined && isName(last) && !isKeyword(last, "end") && endsOperand(before));
  const expression = words.slice(0, hasAlias ? (hasAs ? -2 : -1) : undefined);
  const column = columnIn(expression, source);
  const name = hasAlias ? aliasIn(last) : (column?.name ?? (last.text === "*" ? "*" : null));
  if (name === null) return null;
  const { text, isForeign } = render(expression, source);
  return {
    name,
    expression: text,
    column: column?.isForeign === false ? column.name : null,
    isForeign,
    concat: readConcat(expression, source),
  };
}

function aliasIn(word: SqlWord): string {
  return word.kind === "string" ? word.text.slice(1, -1) : nameIn(word);
}

/** Whether a name behind it is an alias. */
function endsOperand(word: SqlWord): boolean {
  if (word.kind === "sign") return word.text === ")";
  return !isKeyword(word, "as", "and", "or", "not", "div", "mod", "xor", "like", "is", "in");
}

function columnIn(
  words: readonly SqlWord[],
  source: SqlSource,
): { readonly name: string; readonly isForeign: boolean } | null {
  const [first, dot, second] = words;
  if (words.length === 1 && isName(first)) return { name: nameIn(first), isForeign: false };
  if (words.length !== 3 || dot?.text !== "." || !isName(first) || !isName(second)) return null;
  return { name: nameIn(second), isForeign: !source.owners.has(nameIn(first).toLowerCase()) };
}

/** The words as text again, without the first table's alias. */
function render(
  words: readonly SqlWord[],
  source: SqlSource,
): { readonly text: string; readonly isForeign: boolean } {
  let text = "";
  let isForeign = false;
  let end = words[0]?.start ?? 0;
  for (let i = 0; i < words.length; i += 1) {
    const word = words[i]!;
    if (word.start > end) text += " ";
    end = word.end;
    if (isName(word) && words[i + 1]?.text === "." && words[i - 1]?.text !== ".") {
      if (source.owners.has(nameIn(word).toLowerCase())) {
        i += 1;
        end = words[i]?.end ?? end;
        continue;
      }
      isForeign = true;
    }
    text += word.text;
  }
  return { text, isForeign };
}

function readConcat(words: readonly SqlWord[], source: SqlSource): readonly CanalArgument[] | null {
  if (!isKeyword(words[0], "concat") || words[1]?.text !== "(" || words.at(-1)?.text !== ")")
    return null;
  return splitAtCommas(words.slice(2, -1)).map((argument) => {
    const [only] = argument;
    if (
      argument.length === 1 &&
      only?.kind === "string" &&
      !/[\\]|''|""/.test(only.text.slice(1, -1))
    )
      return { text: only.text.slice(1, -1) };
    const column = columnIn(argument, source);
    return column === null || column.isForeign ? null : { column: column.name };
  });
}

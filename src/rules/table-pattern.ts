import { TailraceError } from "../core/errors.ts";

/** What matches one character, or a run of them when `many` (a run may be empty). */
interface Token {
  readonly accepts: "any" | "digit" | { readonly character: string };
  readonly many: boolean;
}

/** Which tables a rule takes: one table, or those that a pattern covers. */
export interface TablePattern {
  /** The pattern in one canonical spelling: back-ticks only where they are needed. */
  readonly text: string;
  /** True when it names one table and has no wildcard. */
  readonly exact: boolean;
  readonly database: readonly Token[];
  readonly table: readonly Token[];
}

const ANY_RUN: Token = { accepts: "any", many: true };
const DIGIT: Token = { accepts: "digit", many: false };
const DIGIT_RUN: Token = { accepts: "digit", many: true };

/** What gh-ost (`_x_gho`, `_x_ghc`, `_x_del`) and pt-online-schema-change (`_x_new`, `_x_old`) work with. */
const WORK_TABLE = /^_.+_(?:gho|ghc|del|new|old)$/i;

const SYSTEM_DATABASE = /^(?:mysql|sys|information_schema|performance_schema)$/i;

/** What may stand without back-ticks: MySQL's own set (https://dev.mysql.com/doc/refman/9.7/en/identifiers.html) and the hyphen. */
const PLAIN_CHARACTER = /[0-9A-Za-z$_\u0080-\u{10ffff}-]/u;

/**
 * Reads `database.table`: `*` stands for any characters, `#` for a number (one or more digits), and inside back-ticks every character
 * stands for itself (two back-ticks for one). Throws CONFIG_INVALID.
 */
export function parseTablePattern(text: string): TablePattern {
  const parts: Token[][] = [[]];
  let inQuotes = false;
  const characters = [...text];
  for (let i = 0; i < characters.length; i += 1) {
    const character = characters[i] ?? "";
    const part = parts.at(-1) ?? [];
    if (character === "`" && inQuotes && characters[i + 1] === "`") {
      part.push(literal("`"));
      i += 1;
    } else if (character === "`") inQuotes = !inQuotes;
    else if (inQuotes) part.push(literal(character));
    else if (character === ".") parts.push([]);
    else if (character === "*") part.push(ANY_RUN);
    else if (character === "#") part.push(DIGIT, DIGIT_RUN);
    else if (PLAIN_CHARACTER.test(character)) part.push(literal(character));
    else throw invalid(text, `put names with "${character}" in back-ticks`);
  }
  if (inQuotes) throw invalid(text, "a back-tick is not closed");
  const [database, table] = parts;
  if (parts.length !== 2 || !database?.length || !table?.length) {
    throw invalid(text, "write database.table, names with dots in back-ticks");
  }
  return {
    text: `${spell(database)}.${spell(table)}`,
    exact: [...database, ...table].every((token) => typeof token.accepts === "object"),
    database,
    table,
  };
}

/** Whether some table could match both patterns; the tables that patterns leave out are not considered. */
export function patternsOverlap(a: TablePattern, b: TablePattern): boolean {
  return tokensOverlap(a.database, b.database) && tokensOverlap(a.table, b.table);
}

/** Finds the rule of a table, or null when it has none. */
export type TableMatcher<Rule> = (database: string, table: string) => Rule | null;

/**
 * Compiles the rules' tables into one function. An exact name matches itself and wins over a pattern; among patterns the first in the
 * list wins. A pattern never matches a system database nor a work table of gh-ost or pt-online-schema-change. `caseSensitive` is false
 * when the server's `lower_case_table_names` is 1 or 2. Throws CONFIG_INVALID.
 */
export function createTableMatcher<Rule extends { readonly table: string }>(
  rules: readonly Rule[],
  options: { readonly caseSensitive?: boolean } = {},
): TableMatcher<Rule> {
  const fold = (options.caseSensitive ?? true) ? same : lowerCase;
  const exact = new Map<string, Rule>();
  const patterns: { readonly rule: Rule; readonly database: RegExp; readonly table: RegExp }[] = [];
  for (const rule of rules) {
    const pattern = parseTablePattern(rule.table);
    if (pattern.exact) {
      const key = exactKey(fold(literalText(pattern.database)), fold(literalText(pattern.table)));
      if (!exact.has(key)) exact.set(key, rule);
    } else {
      const [database, table] = [toRegExp(pattern.database, fold), toRegExp(pattern.table, fold)];
      patterns.push({ rule, database, table });
    }
  }
  return (database, table) => {
    const [foldedDatabase, foldedTable] = [fold(database), fold(table)];
    const rule = exact.get(exactKey(foldedDatabase, foldedTable));
    if (rule !== undefined) return rule;
    if (SYSTEM_DATABASE.test(database) || WORK_TABLE.test(table)) return null;
    for (const pattern of patterns) {
      if (pattern.database.test(foldedDatabase) && pattern.table.test(foldedTable)) {
        return pattern.rule;
      }
    }
    return null;
  };
}

function literal(character: string): Token {
  return { accepts: { character }, many: false };
}

function invalid(text: string, reason: string): TailraceError {
  return new TailraceError("CONFIG_INVALID", `"${text}" names no table: ${reason}`);
}

function same(name: string): string {
  return name;
}

function lowerCase(name: string): string {
  return name.toLowerCase();
}

function exactKey(database: string, table: string): string {
  return JSON.stringify([database, table]);
}

function literalText(tokens: readonly Token[]): string {
  return tokens
    .map((token) => (typeof token.accepts === "object" ? token.accepts.character : ""))
    .join("");
}

function toRegExp(tokens: readonly Token[], fold: (name: string) => string): RegExp {
  const source = tokens.map((token) => {
    if (typeof token.accepts === "object") return RegExp.escape(fold(token.accepts.character));
    return (token.accepts === "digit" ? "[0-9]" : "[^]") + (token.many ? "*" : "");
  });
  return new RegExp(`^${source.join("")}$`, "u");
}

/** The tokens as a pattern again, with back-ticks around the runs of characters that need them. */
function spell(tokens: readonly Token[]): string {
  let text = "";
  let run = "";
  const endRun = (): void => {
    const isPlain = [...run].every((character) => PLAIN_CHARACTER.test(character));
    text += isPlain ? run : `\`${run.replaceAll("`", "``")}\``;
    run = "";
  };
  for (const { accepts, many } of tokens) {
    if (typeof accepts === "object") run += accepts.character;
    else {
      endRun();
      if (accepts === "any") text += "*";
      else if (many) text += "#";
    }
  }
  endRun();
  return text;
}

/** Walks both token lists at once, as automata: is there a name that leads both to their end? */
function tokensOverlap(a: readonly Token[], b: readonly Token[]): boolean {
  const seen = new Set<number>();
  const open: [number, number][] = [[0, 0]];
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    const [i, j] = state;
    const key = i * (b.length + 1) + j;
    if (seen.has(key)) continue;
    seen.add(key);
    if (i === a.length && j === b.length) return true;
    const [left, right] = [a[i], b[j]];
    if (left?.many) open.push([i + 1, j]);
    if (right?.many) open.push([i, j + 1]);
    if (left && right && haveCommonCharacter(left, right)) {
      open.push([left.many ? i : i + 1, right.many ? j : j + 1]);
    }
  }
  return false;
}

function haveCommonCharacter(a: Token, b: Token): boolean {
  if (a.accepts === "any" || b.accepts === "any") return true;
  if (a.accepts === "digit" && b.accepts === "digit") return true;
  if (a.accepts === "digit") return haveCommonCharacter(b, a);
  if (b.accepts === "digit")
    return typeof a.accepts === "object" && /[0-9]/.test(a.accepts.character);
  return typeof a.accepts === "object" && a.accepts.character === b.accepts.character;
}

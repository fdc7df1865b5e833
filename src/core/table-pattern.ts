import { TailraceError } from "./errors.ts";

/** What matches one character, or a run of them when `many` (a run may be empty). */
export interface NameToken {
  readonly accepts: "any" | "digit" | { readonly character: string };
  readonly many: boolean;
}

/** Which tables a rule takes: one table, or those that a pattern covers. */
export interface TablePattern {
  /** The pattern in one canonical spelling: back-ticks only where they are needed. */
  readonly text: string;
  /** True when it names one table and has no wildcard. */
  readonly exact: boolean;
  readonly database: readonly NameToken[];
  readonly table: readonly NameToken[];
}

const ANY_RUN: NameToken = { accepts: "any", many: true };
const DIGIT: NameToken = { accepts: "digit", many: false };
const DIGIT_RUN: NameToken = { accepts: "digit", many: true };

/** What may stand without back-ticks: MySQL's own set (https://dev.mysql.com/doc/refman/9.7/en/identifiers.html) and the hyphen. */
const PLAIN_CHARACTER = /[0-9A-Za-z$_\u0080-\u{10ffff}-]/u;

/**
 * Reads `database.table`: `*` stands for any characters, `#` for a number (one or more digits), and inside back-ticks every character
 * stands for itself (two back-ticks for one). Throws CONFIG_INVALID.
 */
export function parseTablePattern(text: string): TablePattern {
  const parts: NameToken[][] = [[]];
  let inQuotes = false;
  const characters = Array.from(text);
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

function literal(character: string): NameToken {
  return { accepts: { character }, many: false };
}

function invalid(text: string, reason: string): TailraceError {
  return new TailraceError("CONFIG_INVALID", `"${text}" names no table: ${reason}`);
}

/** The tokens as a pattern again, with back-ticks around the runs of characters that need them. */
function spell(tokens: readonly NameToken[]): string {
  let text = "";
  let run = "";
  const endRun = (): void => {
    const isPlain = Array.from(run).every((character) => PLAIN_CHARACTER.test(character));
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
function tokensOverlap(a: readonly NameToken[], b: readonly NameToken[]): boolean {
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

function haveCommonCharacter(a: NameToken, b: NameToken): boolean {
  if (a.accepts === "any" || b.accepts === "any") return true;
  if (a.accepts === "digit" && b.accepts === "digit") return true;
  if (a.accepts === "digit") return haveCommonCharacter(b, a);
  if (b.accepts === "digit")
    return typeof a.accepts === "object" && /[0-9]/.test(a.accepts.character);
  return typeof a.accepts === "object" && a.accepts.character === b.accepts.character;
}

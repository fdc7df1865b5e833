import { quoteName } from "./imported.ts";

/** A table of go-mysql-elasticsearch as a pattern of ours. */
export type RiverTable =
  | {
      /** `database.table` as a rule takes it. */
      readonly pattern: string;
      /** A regular expression or `*`, not a name. */
      readonly isWildcard: boolean;
      /** The pattern takes names that the regular expression does not. */
      readonly isWider: boolean;
    }
  | { readonly problem: string };

/** What may stand in a regular expression that a pattern can say; then how often. */
const PIECE =
  /(?<digit>\[0-9\]|\\d|\[\[:digit:\]\])|(?<any>\.)|\\(?<escaped>\W)|(?<literal>[\w$-])/y;
const COUNT = /\*|\+|\?|\{(?<least>\d+)(?:,(?<most>\d*))?\}/y;
/** More digits than that are not counted one by one. */
const MAX_DIGITS = 16;

/**
 * A table as `source.tables` and `rule.table` name it: a name, `*`, or a regular expression, which go-mysql-elasticsearch looks for anywhere in the name
 * (river.go: `table_name RLIKE`). `#` stands for one digit or more, so `[0-9]{4}` is `####`.
 */
export function readRiverTable(schema: string, table: string): RiverTable {
  const database = quoteName(schema);
  if (table === "*") return { pattern: `${database}.*`, isWildcard: true, isWider: false };
  if (!isRiverWildcard(table))
    return { pattern: `${database}.${quoteName(table)}`, isWildcard: false, isWider: false };
  const text = table.replace(/^\^/, "").replace(/\$$/, "");
  let pattern = "";
  let isWider = table.endsWith("$");
  // behind digits that are counted: `#` takes more of them, which only at the end is what looking anywhere in the name does, too
  let isCounted = false;
  for (let at = 0; at < text.length;) {
    PIECE.lastIndex = at;
    const piece = PIECE.exec(text);
    if (piece === null) return { problem: `"${text.slice(at)}" in it has no pattern` };
    COUNT.lastIndex = PIECE.lastIndex;
    const count = COUNT.exec(text);
    at = count === null ? PIECE.lastIndex : COUNT.lastIndex;
    const { digit, any, escaped, literal = escaped ?? "" } = piece.groups ?? {};
    isWider ||= isCounted && digit === undefined;
    isCounted = digit !== undefined && !/\+|,\}/.test(count?.[0] ?? "");
    if (digit !== undefined) {
      const least = leastOf(count);
      if (least === 0 || least > MAX_DIGITS)
        return { problem: `"${piece[0]}${count?.[0]}" has no pattern` };
      pattern += "#".repeat(least);
    } else if (any !== undefined) {
      pattern += "*";
      isWider ||= count?.[0] !== "*";
    } else if (count === null) pattern += quoteName(literal);
    else return { problem: `"${literal}${count[0]}" has no pattern` };
  }
  return { pattern: `${database}.${pattern}`, isWildcard: true, isWider };
}

/** Whether go-mysql-elasticsearch takes the name for a regular expression: whether Go's `regexp.QuoteMeta` changes it. */
export function isRiverWildcard(table: string): boolean {
  return /[\\.+*?()|[\]{}^$]/.test(table);
}

/** Whether a wildcard of `source.tables` takes the table, as RLIKE would say. */
export function takesTable(wildcard: string, table: string): boolean {
  try {
    return wildcard === "*" || new RegExp(wildcard, "i").test(table);
  } catch {
    return false;
  }
}

function leastOf(count: RegExpExecArray | null): number {
  if (count === null || count[0] === "+") return 1;
  return Number(count.groups?.["least"] ?? 0);
}

import { parseTablePattern, type NameToken } from "../core/table-pattern.ts";

/** What gh-ost (`_x_gho`, `_x_ghc`, `_x_del`) and pt-online-schema-change (`_x_new`, `_x_old`) work with. */
const WORK_TABLE = /^_.+_(?:gho|ghc|del|new|old)$/i;

const SYSTEM_DATABASE = /^(?:mysql|sys|information_schema|performance_schema)$/i;

/** Finds the rule of a table, or null when it has none. */
export type TableMatcher<Rule> = (database: string, table: string) => Rule | null;

/** Finds the rules of a table, in their order. */
export type RulesMatcher<Rule> = (database: string, table: string) => readonly Rule[];

/**
 * Compiles the rules' tables into one function that finds all of them: several rules may make documents of one table. A pattern never matches a system database nor a work
 * table of gh-ost or pt-online-schema-change. `caseSensitive` is as in {@link createTableMatcher}. Throws CONFIG_INVALID.
 */
export function createRulesMatcher<Rule extends { readonly table: string }>(
  rules: readonly Rule[],
  options: { readonly caseSensitive?: boolean } = {},
): RulesMatcher<Rule> {
  const matchers = rules.map((rule) => createTableMatcher([rule], options));
  return (database, table) => matchers.flatMap((match) => match(database, table) ?? []);
}

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

/**
 * The tables of a database that rules take whether they were seen or not: those that are named exactly, and one with an empty name when a pattern
 * covers the database.
 */
export function expectedTables(
  rules: readonly { readonly table: string }[],
  database: string,
  options: { readonly caseSensitive?: boolean } = {},
): { readonly database: string; readonly table: string }[] {
  const fold = (options.caseSensitive ?? true) ? same : lowerCase;
  const tables = new Set<string>();
  for (const rule of rules) {
    const pattern = parseTablePattern(rule.table);
    if (!toRegExp(pattern.database, fold).test(fold(database))) continue;
    if (!pattern.exact && SYSTEM_DATABASE.test(database)) continue;
    tables.add(pattern.exact ? literalText(pattern.table) : "");
  }
  return Array.from(tables, (table) => ({ database, table }));
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

function literalText(tokens: readonly NameToken[]): string {
  return tokens
    .map((token) => (typeof token.accepts === "object" ? token.accepts.character : ""))
    .join("");
}

function toRegExp(tokens: readonly NameToken[], fold: (name: string) => string): RegExp {
  const source = tokens.map((token) => {
    if (typeof token.accepts === "object") return RegExp.escape(fold(token.accepts.character));
    return (token.accepts === "digit" ? "[0-9]" : "[^]") + (token.many ? "*" : "");
  });
  return new RegExp(`^${source.join("")}$`, "u");
}

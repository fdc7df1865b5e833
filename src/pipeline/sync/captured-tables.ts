import type { RuleConfig } from "../../config/config.ts";
import { createTableMatcher, expectedTables } from "../../rules/table-pattern.ts";
import { createStatementGaps, type StatementGap } from "./statement-gaps.ts";

/** What the rules make of the tables that records name. */
export interface CapturedTables {
  readonly ruleOf: (database: string, table: string) => RuleConfig | null;
  readonly isCaptured: (database: string, table: string) => boolean;
  /** What a statement of the source's log means for captured tables, as it does where the log itself is read. */
  readonly gapsOf: (statement: string, database: string) => readonly StatementGap[];
}

/** Matches tables with the rules, and remembers those that records have named. */
export function createCapturedTables(
  rules: readonly RuleConfig[],
  options: { readonly caseSensitive: boolean },
): CapturedTables {
  const ruleOf = createTableMatcher(rules, options);
  /** By database and table: records of some formats ask for each of their rows. */
  const seen = new Map<string, Map<string, boolean>>();
  return {
    ruleOf,
    isCaptured: (database, table) => {
      const tables = seen.get(database) ?? new Map<string, boolean>();
      seen.set(database, tables);
      const known = tables.get(table);
      if (known !== undefined) return known;
      const isCaptured = ruleOf(database, table) !== null;
      tables.set(table, isCaptured);
      return isCaptured;
    },
    gapsOf: createStatementGaps({
      isCaptured: (database, table) => ruleOf(database, table) !== null,
      seenTables: () =>
        [...seen].flatMap(([database, tables]) =>
          [...tables].flatMap(([table, isCaptured]) => (isCaptured ? [{ database, table }] : [])),
        ),
      shareRule: (a, b) =>
        ruleOf(a.database, a.table)?.index === ruleOf(b.database, b.table)?.index,
      expectedTables: (database) => expectedTables(rules, database, options),
    }),
  };
}

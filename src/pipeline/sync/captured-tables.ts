import type { CapturedNames } from "../open-capture.ts";
import { createStatementGaps, type StatementGap } from "./statement-gaps.ts";

/** What the rules make of the tables that records name. */
export interface CapturedTables {
  readonly isCaptured: (database: string, table: string) => boolean;
  /** What a statement of the source's log means for captured tables, as it does where the log itself is read. */
  readonly gapsOf: (statement: string, database: string) => readonly StatementGap[];
  /** Other tables are captured from now on. */
  forget(): void;
}

/** Matches tables with the rules, and remembers those that records have named. */
export function createCapturedTables(names: CapturedNames): CapturedTables {
  /** By database and table: records of some formats ask for each of their rows. */
  const seen = new Map<string, Map<string, boolean>>();
  return {
    forget: () => seen.clear(),
    isCaptured: (database, table) => {
      const tables = seen.get(database) ?? new Map<string, boolean>();
      seen.set(database, tables);
      const known = tables.get(table);
      if (known !== undefined) return known;
      const isCaptured = names.isCaptured(database, table);
      tables.set(table, isCaptured);
      return isCaptured;
    },
    gapsOf: createStatementGaps({
      isCaptured: (database, table) => names.isCaptured(database, table),
      seenTables: () =>
        [...seen].flatMap(([database, tables]) =>
          [...tables].flatMap(([table, isCaptured]) => (isCaptured ? [{ database, table }] : [])),
        ),
      shareRule: (a, b) => names.shareRules(a, b),
      expectedTables: (database) => names.expectedTables(database),
    }),
  };
}

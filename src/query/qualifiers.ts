import { parseTablePattern, type NameToken } from "../core/table-pattern.ts";
import type { Cursor } from "./cursor.ts";

/** What columns may be qualified with. */
export interface TableName {
  /** Canonical spelling of `parseTablePattern`. */
  readonly table: string;
  readonly alias: string | null;
}

/** Checks that columns are qualified with the table's alias or else its name. Throws RULE_QUERY_INVALID. */
export function checkQualifiers(p: Cursor, { table, alias }: TableName): void {
  if (p.qualifiers.length === 0) return;
  const pattern = parseTablePattern(table);
  const names = alias === null ? [literalName(pattern.database), literalName(pattern.table)] : [];
  for (const { parts, at } of p.qualifiers) {
    const [own = "", database] = parts.toReversed();
    if (alias !== null) {
      if (database === undefined && sameName(own, alias)) continue;
      p.fail(at, `${parts.join(".")} is no table of this rule: its alias is ${alias}`);
    }
    const [databaseName = null, tableName = null] = names;
    if (tableName === null || (database !== undefined && databaseName === null)) {
      p.fail(at, `${table} is a pattern: give it an alias to qualify columns with`);
    }
    const isDatabase = database === undefined || sameName(database, databaseName ?? "");
    if (!isDatabase || !sameName(own, tableName)) {
      p.fail(at, `${parts.join(".")} is no table of this rule: it reads ${table}`);
    }
  }
}

function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** The name that the tokens stand for, or null when they are a pattern. */
function literalName(tokens: readonly NameToken[]): string | null {
  let name = "";
  for (const { accepts } of tokens) {
    if (typeof accepts === "string") return null;
    name += accepts.character;
  }
  return name;
}

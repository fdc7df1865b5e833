import type { Connection } from "../mysql/connection.ts";
import { describeTable, listTables, type TableDescription } from "../mysql/table-lookup.ts";
import { createTableMatcher } from "../rules/table-pattern.ts";

/** The tables that the rules take, as the server defines them now. Throws SOURCE_*. */
export async function readTables(
  connection: Connection,
  rules: readonly { readonly table: string }[],
  options: { readonly caseSensitive: boolean },
): Promise<readonly TableDescription[]> {
  const ruleOf = createTableMatcher(rules, options);
  const names = await listTables(connection, (database, table) => ruleOf(database, table) !== null);
  const tables: TableDescription[] = [];
  for (const { database, table } of names) {
    const description = await describeTable(connection, database, table);
    if (description !== null) tables.push(description);
  }
  return tables;
}

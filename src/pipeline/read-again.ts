import { TailraceError } from "../core/errors.ts";
import type { TableVersion } from "../core/row-layout.ts";
import { type TableSchema, tableName } from "../core/schema.ts";
import { readRowsByKey } from "../mysql/read-rows.ts";
import { describeTable } from "../mysql/table-lookup.ts";
import type { FreshRow, ReadRows } from "./router.ts";
import type { SourceQueries } from "./source.ts";

/**
 * Reads rows again by primary key, with the columns that the table has now: a row that is gone gives null, its delete follows in the log. The
 * definition is asked for once a table version, and once more when a query no longer fits it.
 */
export function createReadRows(queries: SourceQueries): ReadRows {
  const known = new WeakMap<TableVersion, TableSchema>();
  const describe = async (table: TableVersion): Promise<TableSchema | null> => {
    const { database, table: name } = table.schema;
    const described = await queries.run((connection) => describeTable(connection, database, name));
    if (described === null) return null;
    known.set(table, described.schema);
    return described.schema;
  };
  return async (table, rows) => {
    for (let attempt = 0; ; attempt += 1) {
      const schema = known.get(table) ?? (await describe(table));
      if (schema === null) return rows.map(() => null);
      const keyColumns = keyOf(table, schema);
      const keys = rows.map((row) =>
        table.schema.primaryKey.map((column) => row[column] ?? "null"),
      );
      try {
        const found = await queries.run((connection) =>
          readRowsByKey(connection, { schema, keyColumns, keys }),
        );
        return found.map((row): FreshRow | null => (row === null ? null : { schema, row }));
      } catch (error) {
        known.delete(table);
        if (
          attempt > 0 ||
          !(error instanceof TailraceError) ||
          error.code !== "SOURCE_QUERY_FAILED"
        )
          throw error;
      }
    }
  };
}

/** The columns, as the table is now, that were its primary key in the log. */
function keyOf({ schema }: TableVersion, present: TableSchema): number[] {
  const names = schema.primaryKey.map((column) => schema.columns[column]!.name);
  const columns = names.map((name) => present.columns.findIndex((column) => column.name === name));
  if (columns.length > 0 && !columns.includes(-1)) return columns;
  throw new TailraceError(
    "RULE_NO_KEY",
    `${tableName(schema)}: its rows were logged incomplete (binlog_row_image, PARTIAL_JSON) and cannot be read again without the primary key that it had (${names.join(", ")})`,
  );
}

import type { TableName } from "./table-lookup.ts";
import type { Connection } from "./connection.ts";
import { quoteTable } from "./quote.ts";
import type { ServerDescription } from "./server.ts";
import { serverErrorNumber } from "./translate-error.ts";

/** What a foreign key does to the rows that refer to a row that goes, or changes its key. */
export type ReferentialAction = "cascade" | "set null" | "refuse";

/** A foreign key as the table that has it, the child, defines it. */
export interface ForeignKey {
  readonly name: string;
  readonly child: TableName;
  readonly columns: readonly string[];
  readonly parent: TableName;
  readonly parentColumns: readonly string[];
  readonly onDelete: ReferentialAction;
  readonly onUpdate: ReferentialAction;
}

const NAME = "`(?:[^`]|``)+`";
const NAMES = `\\((${NAME}(?:, ${NAME})*)\\)`;
const FOREIGN_KEY = new RegExp(
  `CONSTRAINT (${NAME}) FOREIGN KEY ${NAMES} REFERENCES (?:(${NAME})\\.)?(${NAME}) ${NAMES}([^,\\n]*)`,
  "g",
);

/** The foreign keys in what SHOW CREATE TABLE says of a table. Pure. */
export function parseForeignKeys(child: TableName, definition: string): readonly ForeignKey[] {
  return [...definition.matchAll(FOREIGN_KEY)].map(
    ([, name = "", columns = "", database, table = "", parentColumns = "", actions = ""]) => ({
      name: unquote(name),
      child,
      columns: unquoteAll(columns),
      parent: {
        database: database === undefined ? child.database : unquote(database),
        table: unquote(table),
      },
      parentColumns: unquoteAll(parentColumns),
      onDelete: actionOf(actions, "DELETE"),
      onUpdate: actionOf(actions, "UPDATE"),
    }),
  );
}

/** Does it change rows of the child by itself? */
export function changesRows({ onDelete, onUpdate }: ForeignKey): boolean {
  return onDelete !== "refuse" || onUpdate !== "refuse";
}

/** What a foreign key does to rows, in SQL: `ON DELETE CASCADE ON UPDATE SET NULL`. */
export function describeActions({ onDelete, onUpdate }: ForeignKey): string {
  const part = (on: string, action: ReferentialAction): string[] =>
    action === "refuse" ? [] : [`ON ${on} ${action.toUpperCase()}`];
  return [...part("DELETE", onDelete), ...part("UPDATE", onUpdate)].join(" ");
}

/**
 * Does the server log what foreign keys do to rows? MySQL does since 9.6, unless `innodb_native_foreign_keys` leaves it to InnoDB; before, and in MariaDB, InnoDB changes them by
 * itself.
 */
export function logsCascades(
  { flavor, versionNumber }: Pick<ServerDescription, "flavor" | "versionNumber">,
  hasNativeForeignKeys: boolean,
): boolean {
  return flavor === "mysql" && versionNumber >= 90_600 && !hasNativeForeignKeys;
}

/** Asks the server; see {@link logsCascades}. Throws SOURCE_*. */
export async function readLogsCascades(
  connection: Connection,
  server: ServerDescription,
): Promise<boolean> {
  if (!logsCascades(server, false)) return false;
  const [row] = await connection.query(
    "SHOW GLOBAL VARIABLES WHERE Variable_name = 'innodb_native_foreign_keys'",
  );
  return row?.["Value"] !== "ON";
}

/**
 * The foreign keys that change rows by themselves and may end in one of the tables: those of the tables, those of their parents, and so on. A foreign key comes before those of
 * its parent. Needs SELECT on the tables; one that may not be seen counts as having none. Throws SOURCE_*.
 */
export async function readForeignKeys(
  connection: Connection,
  isMeant: (database: string, table: string) => boolean,
): Promise<readonly ForeignKey[]> {
  const rows = await connection.query(
    "SELECT DISTINCT TABLE_SCHEMA db, TABLE_NAME name FROM information_schema.KEY_COLUMN_USAGE " +
      "WHERE REFERENCED_TABLE_NAME IS NOT NULL ORDER BY 1, 2",
  );
  const children = rows.map((row) => ({ database: row["db"] ?? "", table: row["name"] ?? "" }));
  const open = children.filter(({ database, table }) => isMeant(database, table));
  const seen = new Set(open.map(quoteTable));
  const keys: ForeignKey[] = [];
  for (let child = open.shift(); child !== undefined; child = open.shift()) {
    for (const key of parseForeignKeys(child, await definitionOf(connection, child))) {
      if (!changesRows(key)) continue;
      keys.push(key);
      const name = quoteTable(key.parent);
      if (seen.has(name) || !children.some((table) => quoteTable(table) === name)) continue;
      seen.add(name);
      open.push(key.parent);
    }
  }
  return keys;
}

/** Empty when the table may not be seen, or is gone. */
async function definitionOf(connection: Connection, table: TableName): Promise<string> {
  try {
    const [created] = await connection.query(`SHOW CREATE TABLE ${quoteTable(table)}`);
    return created?.["Create Table"] ?? "";
  } catch (error) {
    if (serverErrorNumber(error) === undefined) throw error;
    return "";
  }
}

function actionOf(actions: string, on: "DELETE" | "UPDATE"): ReferentialAction {
  const action = new RegExp(`ON ${on} (CASCADE|SET NULL)`).exec(actions)?.[1];
  if (action === undefined) return "refuse";
  return action === "CASCADE" ? "cascade" : "set null";
}

function unquoteAll(names: string): readonly string[] {
  return [...names.matchAll(new RegExp(NAME, "g"))].map(([name]) => unquote(name));
}

function unquote(name: string): string {
  return name.slice(1, -1).replaceAll("``", "`");
}

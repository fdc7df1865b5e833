import type { Finding } from "../core/finding.ts";
import { tableName } from "../core/schema.ts";
import { changesRows, describeActions, logsCascades, parseForeignKeys } from "./foreign-keys.ts";
import { quoteName, quoteTable } from "./quote.ts";
import type { ServerDescription } from "./server.ts";
import type { TableDescription } from "./table-lookup.ts";

/** What is known of the captured tables. */
export interface CheckedTables {
  readonly server: ServerDescription;
  readonly tables: readonly CheckedTable[];
  /** The databases that alone are logged (`binlog_do_db`); empty = all. */
  readonly loggedDatabases: readonly string[];
  /** The databases that are not logged (`binlog_ignore_db`). */
  readonly ignoredDatabases: readonly string[];
  /** `innodb_native_foreign_keys`, where the server has it. */
  readonly hasNativeForeignKeys: boolean;
  /** See `SourceCheck`. */
  readonly followsForeignKeys?: ((database: string, table: string) => boolean) | undefined;
  /** Our account, quoted for GRANT. */
  readonly account: string;
}

/** One captured table. */
export interface CheckedTable {
  readonly description: TableDescription;
  /** What SHOW CREATE TABLE says; empty when we may not see it. */
  readonly definition: string;
  /** The server's words when the rows may not be read as a re-read does it. */
  readonly readError: string | undefined;
}

/** Engines whose changes are transactional and always logged as rows. */
const SOUND_ENGINES: ReadonlySet<string> = new Set(["innodb", "rocksdb", "ndbcluster", "tokudb"]);

/** What the tables mean for a run; one `ok` when nothing was found. Pure. */
export function evaluateTables(checked: CheckedTables): readonly Finding[] {
  const findings = checked.tables.flatMap((table) => [
    ...readability(table, checked),
    ...logging(table, checked),
    ...columns(table),
    ...engine(table),
    ...history(table),
    ...foreignKeys(table, checked),
  ]);
  if (findings.length > 0 || checked.tables.length === 0) return findings;
  const count = checked.tables.length === 1 ? "1 table" : `${checked.tables.length} tables`;
  return [{ severity: "ok", check: "tables", message: `${count}: readable, fully logged` }];
}

function readability(table: CheckedTable, { account }: CheckedTables): readonly Finding[] {
  if (table.readError === undefined) return [];
  const { schema } = table.description;
  return [
    {
      severity: "error",
      check: check(table),
      message: `cannot be read: ${table.readError}`,
      remedy: `GRANT SELECT ON ${quoteTable(schema)} TO ${account};`,
    },
  ];
}

function logging(table: CheckedTable, checked: CheckedTables): readonly Finding[] {
  const { database } = table.description.schema;
  const { loggedDatabases, ignoredDatabases } = checked;
  const isLogged =
    (loggedDatabases.length === 0 || loggedDatabases.includes(database)) &&
    !ignoredDatabases.includes(database);
  if (isLogged) return [];
  return [
    {
      severity: "error",
      check: check(table),
      message: "binlog_do_db or binlog_ignore_db keeps its database out of the log",
      remedy: "Remove the option from the server's configuration and restart it.",
    },
  ];
}

function columns(table: CheckedTable): readonly Finding[] {
  const { schema, unreadable } = table.description;
  return unreadable.map(({ column, type }) => ({
    severity: "error",
    check: check(table),
    message: `the values of column ${quoteName(column)} (${type}) in the log cannot be read`,
    remedy: type.includes("mariadb-5.3")
      ? `ALTER TABLE ${quoteTable(schema)} FORCE; (with mysql56_temporal_format=ON, the default)`
      : "Leave the table out of the rules.",
  }));
}

function engine(table: CheckedTable): readonly Finding[] {
  const { schema, engine: name } = table.description;
  if (SOUND_ENGINES.has(name.toLowerCase())) return [];
  return [
    {
      severity: "warning",
      check: check(table),
      message: `is kept by ${name}, which has no transactions: a statement that fails half-way or a restart leaves changes that the log lacks`,
      remedy: `ALTER TABLE ${quoteTable(schema)} ENGINE = InnoDB;`,
    },
  ];
}

/** MariaDB logs changes of a table that is versioned by transaction ids as statements, whatever binlog_format says. */
function history(table: CheckedTable): readonly Finding[] {
  if (!/ bigint\S* unsigned GENERATED ALWAYS AS ROW END/.test(table.definition)) return [];
  return [
    {
      severity: "error",
      check: check(table),
      message: "is versioned by transaction ids: its changes are logged as statements",
      remedy: "Version it by TIMESTAMP(6) columns, or leave the table out of the rules.",
    },
  ];
}

/** Up to MySQL 9.5 and in MariaDB InnoDB changes child rows by itself, and no log has them. */
function foreignKeys(table: CheckedTable, checked: CheckedTables): readonly Finding[] {
  const { server, hasNativeForeignKeys } = checked;
  if (logsCascades(server, hasNativeForeignKeys)) return [];
  const { schema } = table.description;
  const { followsForeignKeys: follows } = checked;
  if (follows?.(schema.database, schema.table) === true) return [];
  const setting = follows === undefined ? "" : 'cascade = "synthesize" on its rule; or ';
  return parseForeignKeys(schema, table.definition)
    .filter(changesRows)
    .map((key) => ({
      severity: "warning",
      check: check(table),
      message: `foreign key ${quoteName(key.name)} has ${describeActions(key)}: rows that it changes in ${tableName(schema)} are not in the log`,
      remedy:
        `${setting}ALTER TABLE ${quoteTable(schema)} DROP FOREIGN KEY ${quoteName(key.name)}; ` +
        `ALTER TABLE ${quoteTable(schema)} ADD CONSTRAINT ${quoteName(key.name)} FOREIGN KEY (${names(key.columns)}) REFERENCES ${quoteTable(key.parent)} (${names(key.parentColumns)}); ` +
        "and let the application change the child rows.",
    }));
}

function names(list: readonly string[]): string {
  return list.map(quoteName).join(", ");
}

function check({ description }: CheckedTable): string {
  return `table ${tableName(description.schema)}`;
}

import type { Finding } from "../core/finding.ts";
import { TailraceError } from "../core/errors.ts";
import type { Connection, TextRow } from "./connection.ts";
import { evaluateGrants, quoteAccount } from "./preflight-grants.ts";
import { evaluateSettings } from "./preflight-settings.ts";
import { evaluateTables, type CheckedTable } from "./preflight-tables.ts";
import { quoteTable } from "./quote.ts";
import { selectExpression } from "./select-values.ts";
import { describeServer, type ServerDescription } from "./server.ts";
import { listReplicas } from "./server-id-claim.ts";
import type { TableDescription } from "./table-lookup.ts";
import { serverErrorNumber } from "./translate-error.ts";

/** What a run would use of the source. */
export interface SourceCheck {
  /** The captured tables. */
  readonly tables: readonly TableDescription[];
  /** Our id as a replica. */
  readonly serverId: number;
  /** Are the foreign keys of the table followed, so that the log need not tell what they do? Undefined where a pipeline cannot follow any. */
  readonly followsForeignKeys?: ((database: string, table: string) => boolean) | undefined;
}

const VARIABLES = [
  "binlog_expire_logs_auto_purge",
  "binlog_expire_logs_seconds",
  "binlog_format",
  "binlog_row_image",
  "binlog_row_metadata",
  "binlog_row_value_options",
  "binlog_transaction_compression",
  "expire_logs_days",
  "gtid_mode",
  "gtid_slave_pos",
  "gtid_strict_mode",
  "innodb_native_foreign_keys",
  "log_bin",
  "log_replica_updates",
  "log_slave_updates",
  "max_allowed_packet",
] as const;

/**
 * Looks at everything on the source that would stop a run or hurt it one day: settings, privileges, other replicas, the captured tables.
 * Changes nothing. A failed query is a finding; throws SOURCE_UNREACHABLE or SOURCE_STALLED when the connection breaks.
 */
export async function checkSource(
  connection: Connection,
  check: SourceCheck,
): Promise<readonly Finding[]> {
  const server = await describeServer(connection);
  const variables = await readVariables(connection);
  const [account] = await connection.query("SELECT CURRENT_USER() account");
  const grants = await connection.query("SHOW GRANTS");
  const quotedAccount = quoteAccount(account?.["account"] ?? "");
  const status = await tryQuery(connection, logStatusStatement(server));
  const tables: CheckedTable[] = [];
  for (const table of check.tables) tables.push(await checkTable(connection, table));
  return [
    ...evaluateSettings({
      server,
      variables,
      replicas: await listReplicas(connection),
      serverId: check.serverId,
      isReplica: await isReplica(connection, server, variables),
    }),
    ...evaluateGrants(grants.map(firstValue), quotedAccount),
    ...evaluateTables({
      server,
      tables,
      account: quotedAccount,
      followsForeignKeys: check.followsForeignKeys,
      hasNativeForeignKeys: variables.get("innodb_native_foreign_keys") === "ON",
      loggedDatabases: names(status[0]?.["Binlog_Do_DB"]),
      ignoredDatabases: names(status[0]?.["Binlog_Ignore_DB"]),
    }),
  ];
}

async function readVariables(connection: Connection): Promise<ReadonlyMap<string, string>> {
  const list = VARIABLES.map((name) => `'${name}'`).join(", ");
  const rows = await connection.query(`SHOW GLOBAL VARIABLES WHERE Variable_name IN (${list})`);
  return new Map(rows.map((row) => [row["Variable_name"] ?? "", row["Value"] ?? ""]));
}

/** Reads no row, but needs every privilege and column that reading a row again by key would. */
async function checkTable(
  connection: Connection,
  description: TableDescription,
): Promise<CheckedTable> {
  const { schema } = description;
  const expressions = schema.columns.map(selectExpression).join(", ");
  const table = quoteTable(schema);
  let readError: string | undefined;
  try {
    await connection.query(`SELECT ${expressions} FROM ${table} LIMIT 0 LOCK IN SHARE MODE`);
  } catch (error) {
    readError = serverMessage(error);
  }
  const [created] = await tryQuery(connection, `SHOW CREATE TABLE ${table}`);
  return { description, definition: created?.["Create Table"] ?? "", readError };
}

/** MariaDB shows a replica's status to few; a position that was replicated tells as much. */
async function isReplica(
  connection: Connection,
  server: ServerDescription,
  variables: ReadonlyMap<string, string>,
): Promise<boolean> {
  if ((variables.get("gtid_slave_pos") ?? "") !== "") return true;
  const isNew = server.flavor === "mysql" && server.versionNumber >= 80_022;
  const statement = isNew ? "SHOW REPLICA STATUS" : "SHOW SLAVE STATUS";
  return (await tryQuery(connection, statement)).length > 0;
}

function logStatusStatement(server: ServerDescription): string {
  const isNew = server.flavor === "mysql" && server.versionNumber >= 80_200;
  return isNew ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS";
}

/** No rows when the server refuses the query: what is missing then shows in the privileges. */
async function tryQuery(connection: Connection, sql: string): Promise<readonly TextRow[]> {
  try {
    return await connection.query(sql);
  } catch (error) {
    serverMessage(error);
    return [];
  }
}

/** The server's own words; throws the error when it is not the server that spoke. */
function serverMessage(error: unknown): string {
  if (serverErrorNumber(error) === undefined) throw error;
  const cause = error instanceof TailraceError ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}

function firstValue(row: TextRow): string {
  return Object.values(row)[0] ?? "";
}

function names(list: string | null | undefined): readonly string[] {
  return (list ?? "").split(",").filter((name) => name !== "");
}

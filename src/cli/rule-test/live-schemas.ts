import type { MysqlConnectionConfig, PipelineConfig } from "../../config/config.ts";
import { TailraceError } from "../../core/errors.ts";
import type { TableSchema } from "../../core/schema.ts";
import { type Connection, openConnection } from "../../mysql/connection.ts";
import { describeServer } from "../../mysql/server.ts";
import { connectionOptions } from "../../pipeline/source.ts";
import { readTables } from "../../pipeline/read-tables.ts";

/** The MySQL server that the pipelines read, directly or through records. Throws CONFIG_INVALID where it names none. */
export function mysqlOf(configs: readonly PipelineConfig[]): MysqlConnectionConfig {
  for (const { source } of configs) {
    if (source.type === "mysql") return source;
    if (source.mysql !== undefined) return source.mysql;
  }
  throw new TailraceError(
    "CONFIG_INVALID",
    "the configuration names no MySQL server that could tell of tables and rows: set source.mysql",
  );
}

/** The tables that the rules take, as the server defines them now. Throws SOURCE_*. */
export async function readRuleTables(
  connection: Connection,
  rules: readonly { readonly table: string }[],
): Promise<readonly TableSchema[]> {
  const { lowerCaseTableNames } = await describeServer(connection);
  const caseSensitive = lowerCaseTableNames === 0;
  const tables = await readTables(connection, rules, { caseSensitive });
  return tables.map(({ schema }) => schema);
}

/** The tables of all rules of the pipelines. Throws CONFIG_INVALID and SOURCE_*. */
export async function readLiveSchemas(
  configs: readonly PipelineConfig[],
): Promise<readonly TableSchema[]> {
  await using connection = await openConnection(connectionOptions(mysqlOf(configs)));
  return await readRuleTables(connection, configs[0]?.rules ?? []);
}

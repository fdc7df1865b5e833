import type { CaptureConfig, DirectConfig } from "../config/config.ts";
import type { Finding } from "../core/finding.ts";
import type { TableSchema } from "../core/schema.ts";
import { openConnection } from "../mysql/connection.ts";
import { checkSource } from "../mysql/preflight.ts";
import { describeServer } from "../mysql/server.ts";
import { connectionOptions } from "../pipeline/source.ts";
import { checkStart } from "./check-start.ts";
import { findingOf } from "./findings.ts";
import { createRulesMatcher } from "../rules/table-pattern.ts";
import { readTables } from "../pipeline/read-tables.ts";
import { checkCascades } from "./check-cascades.ts";

/** A MySQL source as it was found. */
export interface CheckedSource {
  readonly findings: readonly Finding[];
  /** The tables that the rules take; null when the server could not be asked. */
  readonly tables: readonly TableSchema[] | null;
  /** Does the server tell `Orders` from `orders`? */
  readonly caseSensitive: boolean;
}

/** Looks at the server that is read: settings, privileges, tables and where a run would begin. A server that cannot be asked is a finding. */
export async function checkMysqlSource(
  config: DirectConfig | CaptureConfig,
): Promise<CheckedSource> {
  const findings: Finding[] = [];
  try {
    await using connection = await openConnection(connectionOptions(config.source));
    const server = await describeServer(connection);
    const caseSensitive = server.lowerCaseTableNames === 0;
    const tables = await readTables(connection, config.rules, { caseSensitive });
    const { serverId } = config.source;
    const rulesOf = createRulesMatcher(config.rules, { caseSensitive });
    const followsForeignKeys =
      config.topology === "direct"
        ? (database: string, table: string): boolean =>
            rulesOf(database, table).every(({ cascade }) => cascade === "synthesize")
        : undefined;
    findings.push(...(await checkSource(connection, { tables, serverId, followsForeignKeys })));
    if (config.topology === "direct")
      findings.push(...(await checkCascades(connection, config, { server, caseSensitive })));
    // What keeps the log from being read at all would only be told a second time.
    const isReadable = findings.every((finding) => finding.severity !== "error");
    if (isReadable) findings.push(...(await checkStart(connection, config)));
    return { findings, tables: tables.map((table) => table.schema), caseSensitive };
  } catch (error) {
    return {
      findings: [...findings, findingOf("source", error)],
      tables: null,
      caseSensitive: true,
    };
  }
}

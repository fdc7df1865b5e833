import { Command } from "commander";
import type { DirectConfig } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import { ofTopology } from "../config/topology.ts";
import type { Finding } from "../core/finding.ts";
import type { TargetSpec } from "../core/sink.ts";
import { openConnection } from "../mysql/connection.ts";
import { checkSource } from "../mysql/preflight.ts";
import { describeServer } from "../mysql/server.ts";
import { connectionOptions } from "../pipeline/source.ts";
import { checkTarget } from "../sink/preflight.ts";
import { checkRulesOnTables } from "./check-rules.ts";
import { checkStart } from "./check-start.ts";
import { checkStoreFolders, storeSpecs } from "./check-stores.ts";
import { readTables } from "./tables.ts";
import { describeFindings, findingOf } from "./findings.ts";
import { EXIT_CONFIG, EXIT_OK, type CliContext } from "./context.ts";

/** `tailrace check CONFIG`: whether a run would work, and what will hurt it one day. */
export function checkCommand(context: CliContext, setExitCode: (code: number) => void): Command {
  return new Command("check")
    .description("Test a configuration against the servers: settings, privileges, tables, indices.")
    .argument("<config>", "configuration file (.toml or .json)")
    .option("--json", "print the findings as a JSON array")
    .addHelpText(
      "after",
      `
Each finding says what was looked at and, unless it is fine, the statement or setting that mends it. Nothing is changed.
Exit code 2 when a finding would stop a run.

Example:
  $ tailrace check tailrace.toml`,
    )
    .action(async (path: string, flags: { readonly json?: true }) => {
      const config = ofTopology(await loadConfig(path, { env: context.env }), "direct");
      const findings = await check(config);
      context.print(flags.json ? `${JSON.stringify(findings)}\n` : describeFindings(findings));
      const hasError = findings.some((finding) => finding.severity === "error");
      setExitCode(hasError ? EXIT_CONFIG : EXIT_OK);
    });
}

/** All findings. A server that cannot be asked is one itself, and the other is checked all the same. */
async function check(config: DirectConfig): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  let specs: readonly TargetSpec[] = [];
  try {
    await using connection = await openConnection(connectionOptions(config.source));
    const server = await describeServer(connection);
    const options = { caseSensitive: server.lowerCaseTableNames === 0 };
    const tables = await readTables(connection, config.rules, options);
    const { serverId } = config.source;
    findings.push(...(await checkSource(connection, { tables, serverId })));
    // What keeps the log from being read at all would only be told a second time.
    const isReadable = findings.every((finding) => finding.severity !== "error");
    if (isReadable) findings.push(...(await checkStart(connection, config)));
    const schemas = tables.map((table) => table.schema);
    const checked = checkRulesOnTables(config.rules, schemas, options);
    findings.push(...checked.findings);
    specs = checked.specs;
  } catch (error) {
    findings.push(findingOf("source", error));
  }
  try {
    findings.push(...(await checkTarget(config.sink, [...specs, ...storeSpecs(config)])));
  } catch (error) {
    findings.push(findingOf("sink", error));
  }
  findings.push(...(await checkStoreFolders(config)));
  return findings;
}

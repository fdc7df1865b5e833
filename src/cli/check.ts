import { Command } from "commander";
import type { PipelineConfig } from "../config/config.ts";
import type { PipelinePart } from "../config/load.ts";
import type { Finding } from "../core/finding.ts";
import { describeFindings } from "./findings.ts";
import { EXIT_CONFIG, EXIT_OK, type CliContext } from "./context.ts";
import { CONFIG_ARGUMENT, loadLocation } from "./load-location.ts";
import { partOption } from "./part-option.ts";

/** The options of `check` as commander gives them. */
interface CheckFlags {
  readonly part?: PipelinePart;
  readonly json?: true;
}

/** `tailrace check CONFIG`: whether a run would work, and what will hurt it one day. */
export function checkCommand(context: CliContext, setExitCode: (code: number) => void): Command {
  return new Command("check")
    .description(
      "Test a configuration against the servers: settings, privileges, tables, topics, indices.",
    )
    .argument("<config>", CONFIG_ARGUMENT)
    .addOption(partOption("with [kafka]: test this half only"))
    .option("--json", "print the findings as a JSON array")
    .addHelpText(
      "after",
      `
Each finding says what was looked at and, unless it is fine, the statement or setting that mends it. Nothing is changed.
Exit code 2 when a finding would stop a run.

Example:
  $ tailrace check tailrace.toml`,
    )
    .action(async (location: string, flags: CheckFlags) => {
      const configs = await loadLocation(location, context, flags.part);
      const [first = [], second = []] = await Promise.all(configs.map(check));
      const findings = joinFindings(first, second);
      context.print(flags.json ? `${JSON.stringify(findings)}\n` : describeFindings(findings));
      const hasError = findings.some((finding) => finding.severity === "error");
      setExitCode(hasError ? EXIT_CONFIG : EXIT_OK);
    });
}

/**
 * The findings about a capture and about its sync, as of one pipeline: what both say is said once, topics that the sync misses and the capture will create are no
 * trouble, and where both have looked at something of the same name the sync's is marked as such.
 */
export function joinFindings(
  capture: readonly Finding[],
  sync: readonly Finding[],
): readonly Finding[] {
  const known = new Map(capture.map((finding) => [finding.check, finding]));
  const others = sync.flatMap((finding): readonly Finding[] => {
    const { check: name, severity, message } = finding;
    // the sync knows the server under another key
    const same = known.get(name === "source.mysql" ? "source" : name);
    if (same === undefined) return [finding];
    const isSaid =
      same.severity === severity && (same.message === message || name.startsWith("brokers "));
    const isCreated = name.startsWith("topic ") && same.severity === "ok";
    if (isSaid || (isCreated && severity !== "error")) return [];
    return name === same.check ? [{ ...finding, check: `sync: ${name}` }] : [finding];
  });
  return [...capture, ...others];
}

/** The checks of a topology are loaded only now: the other commands start faster without them. */
async function check(config: PipelineConfig): Promise<readonly Finding[]> {
  switch (config.topology) {
    case "direct":
      return (await import("./check-direct.ts")).checkDirect(config);
    case "capture":
      return (await import("./check-capture.ts")).checkCapture(config);
    case "sync":
      return (await import("./check-sync.ts")).checkSync(config);
  }
}

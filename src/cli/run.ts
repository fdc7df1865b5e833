import { Command } from "commander";
import { loadPipelines, selectPart, type PipelinePart } from "../config/load.ts";
import type { CliContext } from "./context.ts";
import { partOption } from "./part-option.ts";
import { runPipelines, type RunFlags } from "./run-pipelines.ts";
import { parseStartPoint } from "./start-point.ts";

/** `tailrace run CONFIG`: keeps the indices in step until it is stopped. */
export function runCommand(context: CliContext, setExitCode: (code: number) => void): Command {
  return new Command("run")
    .description("Read the binary log and keep the indices in step, until stopped.")
    .argument("<config>", "configuration file (.toml or .json)")
    .addOption(partOption("with [kafka]: run this half only; any number of syncs may run"))
    .option(
      "--from <start>",
      "begin here instead of at the checkpoint: earliest, latest, FILE:POSITION or gtid:SET; of a sync earliest, latest or a time, set for its group first",
      parseStartPoint,
    )
    .option("--accept-changes", "go on from the checkpoint although the rules have changed")
    .option("--json", "print a status as one JSON object a line on standard output, every second")
    .addHelpText(
      "after",
      `
Reading goes on at the checkpoint; without one, where source.start says. The log goes to standard error.
With Kafka between (a [kafka] section) both halves run in this process, unless --part chooses one; a second capture of the same name
waits as a standby. A sync goes on at its group's offsets; \`tailrace seek\` moves them.
SIGTERM or Ctrl-C: finish what is in flight, save the checkpoint, end with 0. A second one: end at once with 130.

Examples:
  $ tailrace run tailrace.toml
  $ tailrace run tailrace.toml --from binlog.000042:157
  $ tailrace run tailrace.toml --part sync
  $ tailrace run tailrace.toml --json | jq .rows_per_s`,
    )
    .action(async (path: string, flags: RunFlags & { readonly part?: PipelinePart }) => {
      const all = await loadPipelines(path, { env: context.env });
      const configs = selectPart(all, flags.part, path);
      const sync = all.find((config) => config.topology === "sync");
      setExitCode(await runPipelines(configs, { ...flags, sync }, context));
    });
}

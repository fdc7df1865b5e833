import { Command } from "commander";
import type { CliContext } from "./context.ts";
import { CONFIG_ARGUMENT, openConfig, type OpenConfigFlags } from "./load-location.ts";
import { partOption } from "./part-option.ts";
import { runPipelines, type RunFlags } from "./run-pipelines.ts";
import { parseFromTime, parseMargin, parseStartPoint } from "./start-point.ts";

/** `tailrace run CONFIG`: keeps the indices in step until it is stopped. */
export function runCommand(context: CliContext, setExitCode: (code: number) => void): Command {
  return new Command("run")
    .description("Read the binary log and keep the indices in step, until stopped.")
    .argument("<config>", CONFIG_ARGUMENT)
    .addOption(partOption("with [kafka]: run this half only; any number of syncs may run"))
    .option(
      "--from <start>",
      "begin here instead of at the checkpoint: earliest, latest, a time, FILE:POSITION or gtid:SET; of a sync earliest, latest or a time, set for its group first",
      parseStartPoint,
    )
    .option(
      "--from-time <time>",
      "begin with what was committed at this time (2026-11-23T10:00:00Z, or -15m), less a margin: in the log; with [kafka] the sync, in every partition",
      parseFromTime,
    )
    .option(
      "--margin <duration>",
      "with --from-time: so much earlier; 60s when absent",
      parseMargin,
    )
    .option("--accept-changes", "go on from the checkpoint although the rules have changed")
    .option("--no-watch", "do not take changes of the configuration over as they are made")
    .option(
      "--config-copy <path>",
      "keep a copy there of the configuration that a config centre gives",
    )
    .option("--allow-copy", "begin with that copy when the config centre is away")
    .option("--json", "print a status as one JSON object a line on standard output, every second")
    .addHelpText(
      "after",
      `
Reading goes on at the checkpoint; without one, where source.start says. The log goes to standard error.
With Kafka between (a [kafka] section) both halves run in this process, unless --part chooses one; a second capture of the same name
waits as a standby. A sync goes on at its group's offsets; \`tailrace seek\` moves them.
A changed configuration is checked and taken over while it runs; SIGHUP asks for it where nothing tells of changes (--no-watch). One that is refused changes nothing.
SIGTERM or Ctrl-C: finish what is in flight, save the checkpoint, end with 0. A second one: end at once with 130.

Examples:
  $ tailrace run tailrace.toml
  $ tailrace run tailrace.toml --from binlog.000042:157
  $ tailrace run tailrace.toml --from-time -15m
  $ tailrace run tailrace.toml --part sync
  $ tailrace run consul://127.0.0.1:8500/tailrace/shop --config-copy /var/lib/tailrace/shop.json --allow-copy
  $ tailrace run tailrace.toml --json | jq .rows_per_s`,
    )
    .action(async (location: string, flags: RunFlags & OpenConfigFlags) => {
      await using open = await openConfig(location, flags, context);
      setExitCode(await runPipelines(open, flags, context));
    });
}

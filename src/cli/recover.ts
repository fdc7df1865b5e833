import { Command, Option } from "commander";
import type { CliContext } from "./context.ts";
import { CONFIG_ARGUMENT, openConfig } from "./load-location.ts";
import type { RecoverFlags } from "./recover-pipeline.ts";

/** `tailrace recover CONFIG`: mends what was lost of the log. */
export function recoverCommand(context: CliContext, setExitCode: (code: number) => void): Command {
  return new Command("recover")
    .description(
      "Say what the stream has lost, and bring documents into agreement with rows again.",
    )
    .argument("<config>", CONFIG_ARGUMENT)
    .option("--yes", "do it; without it only what is missing is told, and asked for on a terminal")
    .addOption(new Option("--then <what>", "go on as `tailrace run` afterwards").choices(["run"]))
    .option("--json", "print what was found, or the result, as JSON")
    .addHelpText(
      "after",
      `
After SOURCE_POSITION_LOST, SOURCE_IDENTITY_CHANGED or BINLOG_INCIDENT it begins at the end of the server's log, with the next epoch of versions, loads all
tables beside the stream, compares documents with rows, writes what differs and deletes documents whose rows have gone. After gaps (rows that the stream
could not deliver) only the tables with gaps are loaded, and the stream goes on where it was. The pipeline itself must be stopped; a sync's instances may run.
Interrupted, the same command goes on where it was.

Exit codes: 0 nothing is missing, or everything agrees again; 1 something is missing and was left so, or documents still differ.

Examples:
  $ tailrace recover tailrace.toml
  $ tailrace recover tailrace.toml --yes --then run`,
    )
    .action(async (location: string, flags: RecoverFlags) => {
      await using open = await openConfig(location, {}, context);
      // loaded only now: the other commands start faster without it
      const { recoverPipeline } = await import("./recover-pipeline.ts");
      setExitCode(await recoverPipeline(open, flags, context));
    });
}

import { Command } from "commander";
import type { SyncConfig } from "../config/config.ts";
import { TailraceError } from "../core/errors.ts";
import type { SeekStep } from "../pipeline/sync/seek.ts";
import type { CliContext } from "./context.ts";
import { CONFIG_ARGUMENT, loadLocation } from "./load-location.ts";
import { readSeekTarget } from "./seek-target.ts";

interface SeekFlags {
  readonly to: string;
  readonly dryRun?: true;
  readonly json?: true;
}

/** `tailrace seek CONFIG --to …`: sets where a sync's consumer group goes on. */
export function seekCommand(context: CliContext): Command {
  return new Command("seek")
    .description("Set the offsets at which a sync goes on, for all partitions of its topics.")
    .argument("<config>", CONFIG_ARGUMENT)
    .requiredOption(
      "--to <place>",
      "earliest, latest, a time (2026-11-23T10:00:00Z), or a JSON file of offsets by topic and partition",
    )
    .option("--dry-run", "only show what would change")
    .option("--json", "print the partitions as a JSON array")
    .addHelpText(
      "after",
      `
A time means the first record of each partition at or after it; a partition without one goes on at its end. Every instance of the sync must be
stopped: the offsets of an active group are not touched.

Examples:
  $ tailrace seek tailrace.toml --to 2026-11-23T10:00:00Z --dry-run
  $ tailrace seek tailrace.toml --to earliest
  $ tailrace seek tailrace.toml --to offsets.json --json`,
    )
    .action(async (location: string, flags: SeekFlags) => {
      const to = await readSeekTarget(flags.to);
      const config = onlySync(await loadLocation(location, context));
      // loaded only now: the other commands start faster without it
      const { seekTopics } = await import("../pipeline/sync/seek-topics.ts");
      const steps = await seekTopics(config, { to, isDryRun: flags.dryRun });
      if (flags.json) {
        context.print(`${JSON.stringify(steps)}\n`);
        return;
      }
      const done = flags.dryRun ? "nothing was changed" : "committed";
      context.print(`${describeSteps(steps)}\ngroup ${config.source.group}: ${done}\n`);
    });
}

function onlySync(configs: readonly { readonly topology: string }[]): SyncConfig {
  const sync = configs.find((config) => config.topology === "sync");
  if (sync !== undefined) return sync as SyncConfig;
  throw new TailraceError(
    "CONFIG_INVALID",
    "the configuration describes no pipeline that reads Kafka",
  );
}

/** The partitions as a table for people. */
export function describeSteps(steps: readonly SeekStep[]): string {
  const rows = steps.map(({ topic, partition, before, after }) => [
    topic,
    String(partition),
    before === null ? "none" : String(before),
    String(after),
    before === null || before === after ? "" : `${after > before ? "+" : ""}${after - before}`,
  ]);
  const table = [["topic", "partition", "before", "after", "change"], ...rows];
  const widths = table[0]!.map((_, i) => Math.max(...table.map((row) => row[i]!.length)));
  return table
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

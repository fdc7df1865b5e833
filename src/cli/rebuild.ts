import { Command } from "commander";
import type { PipelineConfig } from "../config/config.ts";
import { systemClock } from "../core/clock.ts";
import type { RebuildOutcome } from "../pipeline/rebuild/rebuild.ts";
import { EXIT_FATAL, EXIT_OK, type CliContext } from "./context.ts";
import { type DocumentPipeline, documentPipeline } from "./document-pipeline.ts";
import { CONFIG_ARGUMENT, loadLocation } from "./load-location.ts";
import { openProgress } from "./load/open-progress.ts";
import { describeRebuild, RebuildReport } from "./rebuild-report.ts";

interface RebuildFlags {
  readonly rule: string;
  readonly keepOld?: true;
  readonly rollback?: true;
  readonly status?: true;
  readonly acceptDifferences?: true;
  readonly json?: true;
}

/** `tailrace rebuild CONFIG --rule NAME`: a new index is built beside the served one and swapped in. */
export function rebuildCommand(context: CliContext, setExitCode: (code: number) => void): Command {
  return new Command("rebuild")
    .description("Build the index of a rule anew while the old one is served, then swap them.")
    .argument("<config>", CONFIG_ARGUMENT)
    .requiredOption("--rule <name>", "the rule; every rule that writes the same index is taken")
    .option("--keep-old", "keep the old index, so that --rollback can go back to it")
    .option(
      "--rollback",
      "undo the rebuild: at once before the swap, back to the kept index behind it",
    )
    .option("--status", "only show how far it is")
    .option("--accept-differences", "swap although documents differ from their rows")
    .option("--json", "print the result, or the status, as JSON")
    .addHelpText(
      "after",
      `
The new index has the mapping that the rules imply now and the settings of the old one. It is loaded and kept in step by a second pipeline in this
process, while the running one, if there is one, goes on with the old index. When they agree, documents are compared with rows, and the alias is
swapped in one step; a name that is an index becomes an alias then.
Interrupted, by Ctrl-C or otherwise, the same command goes on where it was, and --rollback undoes it.

Exit codes: 0 swapped, or rolled back; 1 not yet: interrupted, or what the error says.

Examples:
  $ tailrace rebuild tailrace.toml --rule orders
  $ tailrace rebuild tailrace.toml --rule orders --keep-old
  $ tailrace rebuild tailrace.toml --rule orders --rollback`,
    )
    .action(async (location: string, flags: RebuildFlags) => {
      const configs = await loadLocation(location, context);
      setExitCode(await rebuild(configs, flags, context));
    });
}

async function rebuild(
  configs: readonly PipelineConfig[],
  flags: RebuildFlags,
  context: CliContext,
): Promise<number> {
  const pipeline = documentPipeline(configs, {
    otherwise: "the configuration describes a capture: it writes no index",
  });
  // loaded only now: the other commands start faster without it
  const { readRebuild } = await import("../pipeline/rebuild/rebuild.ts");
  if (flags.status) {
    const found = await readRebuild(pipeline.config, flags.rule);
    context.print(
      flags.json ? `${JSON.stringify(found)}\n` : describeRebuild(found, systemClock.now()),
    );
    return EXIT_OK;
  }
  const outcome = await act(pipeline, flags, context);
  context.print(flags.json ? `${JSON.stringify(outcome)}\n` : `${describeOutcome(outcome)}\n`);
  return outcome.kind === "stopped" ? EXIT_FATAL : EXIT_OK;
}

async function act(
  { config, capture }: DocumentPipeline,
  flags: RebuildFlags,
  context: CliContext,
): Promise<RebuildOutcome> {
  const { rebuildIndex, rollBack } = await import("../pipeline/rebuild/rebuild.ts");
  await using progress = openProgress(config, { context });
  const report = new RebuildReport((text) => progress.print(text));
  progress.show(report);
  const step = flags.rollback ? rollBack : rebuildIndex;
  return await step(config, flags.rule, {
    signal: context.stopSignal(),
    logger: progress.logger,
    clock: systemClock,
    keepOld: flags.keepOld === true,
    acceptDifferences: flags.acceptDifferences,
    capture,
    onProgress: (found) => report.show(found),
  });
}

function describeOutcome(outcome: RebuildOutcome): string {
  switch (outcome.kind) {
    case "swapped": {
      const { newIndex, oldIndex, isKept } = outcome;
      return `${newIndex} is served; ${oldIndex} is ${isKept ? "kept: --rollback goes back to it" : "deleted"}`;
    }
    case "rolled back":
      return `${outcome.index} is served`;
    case "stopped":
      return `interrupted (${outcome.phase}): the same command goes on, --rollback undoes it`;
  }
}

import { Command } from "commander";
import type { CaptureConfig, PipelineConfig } from "../config/config.ts";
import { systemClock } from "../core/clock.ts";
import { TailraceError } from "../core/errors.ts";
import { createLogger } from "../observe/logger.ts";
import type { DocumentConfig } from "../pipeline/rebuild/derive-config.ts";
import type { RebuildOutcome } from "../pipeline/rebuild/rebuild.ts";
import { EXIT_FATAL, EXIT_OK, type CliContext } from "./context.ts";
import { CONFIG_ARGUMENT, loadLocation } from "./load-location.ts";
import { ProgressDisplay } from "./load/show-progress.ts";
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
  const config = documentsOf(configs);
  const capture = configs.find((each) => each.topology === "capture");
  // loaded only now: the other commands start faster without it
  const { readRebuild } = await import("../pipeline/rebuild/rebuild.ts");
  if (flags.status) {
    const found = await readRebuild(config, flags.rule);
    context.print(
      flags.json ? `${JSON.stringify(found)}\n` : describeRebuild(found, systemClock.now()),
    );
    return EXIT_OK;
  }
  const outcome = await act(config, { flags, context, capture });
  context.print(flags.json ? `${JSON.stringify(outcome)}\n` : `${describeOutcome(outcome)}\n`);
  return outcome.kind === "stopped" ? EXIT_FATAL : EXIT_OK;
}

async function act(
  config: DocumentConfig,
  {
    flags,
    context,
    capture,
  }: {
    readonly flags: RebuildFlags;
    readonly context: CliContext;
    readonly capture: CaptureConfig | undefined;
  },
): Promise<RebuildOutcome> {
  const { rebuildIndex, rollBack } = await import("../pipeline/rebuild/rebuild.ts");
  const ended = new AbortController();
  const clock = systemClock;
  const display = new ProgressDisplay({ context, json: false, clock, signal: ended.signal });
  const logger = createLogger({
    ...config.log,
    fields: { pipeline: config.name },
    ...(context.terminal !== undefined && { write: (line: string) => display.print(line) }),
  });
  const report = new RebuildReport((text) => display.print(text));
  const showing = display.run(report);
  try {
    const step = flags.rollback ? rollBack : rebuildIndex;
    return await step(config, flags.rule, {
      signal: context.stopSignal(),
      logger,
      clock,
      keepOld: flags.keepOld === true,
      acceptDifferences: flags.acceptDifferences,
      capture,
      onProgress: (progress) => report.show(progress),
    });
  } finally {
    ended.abort();
    await showing;
  }
}

/** The pipeline that writes documents. Throws CONFIG_INVALID. */
function documentsOf(configs: readonly PipelineConfig[]): DocumentConfig {
  for (const config of configs) if (config.topology !== "capture") return config;
  throw new TailraceError(
    "CONFIG_INVALID",
    "the configuration describes a capture: it writes no index",
  );
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

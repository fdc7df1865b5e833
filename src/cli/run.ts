import { Command } from "commander";
import { loadConfig } from "../config/load.ts";
import type { DirectConfig, StartPoint } from "../config/config.ts";
import { asTailraceError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { createLogger } from "../observe/logger.ts";
import { logStatus, streamStatus, type ReportedStatus } from "../observe/status.ts";
import { EXIT_OK, type CliContext } from "./context.ts";
import { exitCodeOf, printError } from "./print-error.ts";
import { parseStartPoint } from "./start-point.ts";

/** The options of `run` as commander gives them. */
interface RunFlags {
  readonly from?: StartPoint;
  readonly acceptChanges?: true;
  readonly json?: true;
}

/** `tailrace run CONFIG`: keeps the indices in step until it is stopped. */
export function runCommand(context: CliContext, setExitCode: (code: number) => void): Command {
  return new Command("run")
    .description("Read the binary log and keep the indices in step, until stopped.")
    .argument("<config>", "configuration file (.toml or .json)")
    .option(
      "--from <start>",
      "begin here instead of at the checkpoint: earliest, latest, FILE:POSITION or gtid:SET",
      parseStartPoint,
    )
    .option("--accept-changes", "go on from the checkpoint although the rules have changed")
    .option("--json", "print a status as one JSON object a line on standard output, every second")
    .addHelpText(
      "after",
      `
Reading goes on at the checkpoint; without one, where source.start says. The log goes to standard error.
SIGTERM or Ctrl-C: finish what is in flight, save the checkpoint, end with 0. A second one: end at once with 130.

Examples:
  $ tailrace run tailrace.toml
  $ tailrace run tailrace.toml --from binlog.000042:157
  $ tailrace run tailrace.toml --json | jq .rows_per_s`,
    )
    .action(async (path: string, flags: RunFlags) => {
      const config = await loadConfig(path, { env: context.env });
      setExitCode(await run(config, flags, context));
    });
}

async function run(config: DirectConfig, flags: RunFlags, context: CliContext): Promise<number> {
  const logger = createLogger({ ...config.log, fields: { pipeline: config.name } });
  const signal = context.stopSignal();
  signal.addEventListener("abort", () => {
    logger.info(
      { drainTimeoutMs: config.drainTimeoutMs },
      "stopping; a second signal ends at once",
    );
  });
  const ended = new AbortController();
  let reports: Promise<unknown> | undefined;
  let read: (() => ReportedStatus) | undefined;
  try {
    // Loaded only now: the other commands start faster without it.
    const { runPipeline } = await import("../pipeline/run-pipeline.ts");
    await runPipeline(config, {
      signal,
      logger,
      from: flags.from,
      acceptChanges: flags.acceptChanges,
      onReady: (view) => {
        // The pipeline is opened again after a failure that passed: the reports go on with the new one.
        read = view.status;
        reports ??= report(() => (read ?? view.status)(), { ended, logger, flags, context }).catch(
          (error: unknown) => {
            logger.warn({ error }, "no more status reports");
          },
        );
      },
    });
    return EXIT_OK;
  } catch (error) {
    const known = asTailraceError(error);
    logger.error({ error: known }, "stopped");
    return flags.json ? printError(known, context, true) : exitCodeOf(known);
  } finally {
    ended.abort();
    await reports;
  }
}

interface ReportOptions {
  readonly ended: AbortController;
  readonly logger: Logger;
  readonly flags: RunFlags;
  readonly context: CliContext;
}

/** Reports until the run has ended. */
async function report(
  read: () => ReportedStatus,
  { ended, logger, flags, context }: ReportOptions,
): Promise<void> {
  const options = { read, signal: ended.signal };
  const reports = [logStatus(options, logger)];
  if (flags.json) {
    reports.push(
      streamStatus(options, (line) => {
        context.print(`${JSON.stringify(line)}\n`);
      }),
    );
  }
  await Promise.all(reports);
}

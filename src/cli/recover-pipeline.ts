import { createInterface } from "node:readline/promises";
import type { CaptureConfig, PipelineConfig } from "../config/config.ts";
import { systemClock } from "../core/clock.ts";
import type { TableGap } from "../core/checkpoint.ts";
import type { Logger } from "../core/logger.ts";
import type { Diagnosis } from "../pipeline/recover/diagnose.ts";
import { recoverSync } from "../pipeline/recover/recover-sync.ts";
import { recover, type RecoverOutcome } from "../pipeline/recover/recover.ts";
import type { DocumentConfig } from "../pipeline/rebuild/derive-config.ts";
import type { LoadProgress } from "../snapshot/load-progress.ts";
import { EXIT_FATAL, EXIT_OK, type CliContext } from "./context.ts";
import { documentPipeline } from "./document-pipeline.ts";
import type { OpenConfig } from "./load-location.ts";
import { openProgress } from "./load/open-progress.ts";
import { describeGaps, describeLosses, describeRecovery } from "./recover-report.ts";
import { runPipelines } from "./run-pipelines.ts";

/** The flags of `tailrace recover`. */
export interface RecoverFlags {
  readonly yes?: true;
  readonly then?: "run";
  readonly json?: true;
}

/** Says what is missing, mends it when that is wanted, and with `--then run` goes on streaming; returns the exit code. Throws CONFIG_INVALID for a capture alone, and what recovering throws. */
export async function recoverPipeline(
  open: OpenConfig,
  flags: RecoverFlags,
  context: CliContext,
): Promise<number> {
  const all = open.load(open.snapshot);
  const signal = context.stopSignal();
  const outcome = await act(all, { flags, context, signal });
  context.print(flags.json ? `${JSON.stringify(outcome)}\n` : `${describeRecovery(outcome)}\n`);
  if (outcome.kind !== "whole" && outcome.kind !== "recovered") return EXIT_FATAL;
  if (flags.then !== "run" || signal.aborted) return EXIT_OK;
  const stopping: CliContext = { ...context, stopSignal: () => signal };
  return runPipelines(open, { json: flags.json }, stopping);
}

interface Action {
  readonly flags: RecoverFlags;
  readonly context: CliContext;
  readonly signal: AbortSignal;
}

async function act(
  all: readonly PipelineConfig[],
  { flags, context, signal }: Action,
): Promise<RecoverOutcome> {
  const { config, capture } = documentPipeline(all, {
    otherwise:
      "the configuration describes a capture: what its log has lost is mended where documents are written",
  });
  await using progress = openProgress(config, { context });
  const { logger } = progress;
  const clock = systemClock;
  let loads: readonly LoadProgress[] = [];
  const onProgress = (now: readonly LoadProgress[]): void => {
    loads = now;
  };
  const ask = (text: string): Promise<boolean> => confirm(text, flags, context);
  progress.show({ loads: () => loads });
  return await start(config, { signal, logger, clock, capture, onProgress, ask });
}

interface StartOptions {
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly clock: typeof systemClock;
  readonly capture: CaptureConfig | undefined;
  readonly onProgress: (loads: readonly LoadProgress[]) => void;
  readonly ask: (text: string) => Promise<boolean>;
}

function start(config: DocumentConfig, { ask, ...options }: StartOptions): Promise<RecoverOutcome> {
  return config.topology === "direct"
    ? recover(config, {
        ...options,
        confirm: (found: Diagnosis) => ask(describeLosses(found)),
      })
    : recoverSync(config, {
        ...options,
        confirm: (gaps: readonly TableGap[]) => ask(describeGaps(gaps)),
      });
}

/** Tells what is missing; true when it is to be mended. */
async function confirm(text: string, flags: RecoverFlags, context: CliContext): Promise<boolean> {
  context.warn(text);
  if (flags.yes) return true;
  if (context.terminal === undefined || !process.stdin.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(?:es)?$/i.test(
      (await terminal.question("Load and compare them now? [y/N] ")).trim(),
    );
  } finally {
    terminal.close();
  }
}

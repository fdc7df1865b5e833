import type { CaptureConfig, LoadConfig } from "../../config/config.ts";
import { systemClock } from "../../core/clock.ts";
import { TailraceError } from "../../core/errors.ts";
import type { LoadOutcome, LoadView } from "../../pipeline/load/run-load.ts";
import { EXIT_FATAL, EXIT_OK, type CliContext } from "../context.ts";
import { type DocumentPipeline, documentPipeline } from "../document-pipeline.ts";
import type { OpenConfig } from "../load-location.ts";
import { runPipelines } from "../run-pipelines.ts";
import { describeOutcome, outcomeLine } from "./describe-load.ts";
import { openProgress } from "./open-progress.ts";
import { parseKeys, readKeys } from "./read-keys.ts";

/** What `tailrace load` is told. */
export interface LoadFlags {
  readonly table?: string;
  readonly rule?: string;
  readonly where?: string;
  readonly keys?: string;
  readonly keysFrom?: string;
  readonly then?: "run";
  readonly restart?: true;
  readonly connections?: number;
  readonly maxRowsPerSecond?: number;
  readonly json?: true;
}

/** Loads what the flags ask for, and with `--then run` goes on streaming; returns the exit code. Throws what is wrong with the flags or the configuration, and SNAPSHOT_*, SOURCE_*, STATE_*, BULK_*. */
export async function loadTables(
  open: OpenConfig,
  flags: LoadFlags,
  context: CliContext,
): Promise<number> {
  const { config: pipeline, capture } = documentPipeline(open.load(open.snapshot), {
    otherwise:
      "the configuration describes a pipeline that writes records, and rows are loaded into documents",
  });
  const { table, rule, where } = flags;
  if (flags.then === "run" && pipeline.topology === "direct") {
    // the run itself loads, and needs no versions for it
    return runPipelines(
      withLoad(open, flags),
      { loads: [{ table, rule, where }], json: flags.json },
      context,
    );
  }
  const signal = context.stopSignal();
  const config = { ...pipeline, load: overridden(pipeline.load, flags) };
  const outcome = await load({ config, capture, signal }, flags, context);
  context.print(
    flags.json ? `${JSON.stringify(outcomeLine(outcome))}\n` : describeOutcome(outcome),
  );
  if (!outcome.isFinished) return signal.aborted ? EXIT_OK : EXIT_FATAL;
  if (flags.then !== "run" || signal.aborted) return EXIT_OK;
  const stopping: CliContext = { ...context, stopSignal: () => signal };
  return runPipelines(open, { fromTime: outcome.begunMs, json: flags.json }, stopping);
}

async function load(
  { config, capture, signal }: DocumentPipeline & { readonly signal: AbortSignal },
  flags: LoadFlags,
  context: CliContext,
): Promise<LoadOutcome> {
  const { table, rule, where, json } = flags;
  await using progress = openProgress(config, { context, json });
  const { logger } = progress;
  const keys = await keysOf(flags);
  const onBegun = (view: LoadView): void => {
    if (view.isResumed)
      logger.info({}, "an earlier load goes on where it was; --restart begins anew");
    progress.show(view);
  };
  const { runLoad } = await import("../../pipeline/load/run-load.ts");
  if (flags.then === "run") await requireCapture(capture);
  const request = { table, rule, where, keys };
  const isAnew = flags.restart === true;
  const clock = systemClock;
  return await runLoad(config, request, { capture, isAnew, onBegun, clock, logger, signal });
}

/** What changes between the load and the stream's begin must be in the topics: somebody must publish it by then. */
async function requireCapture(capture: CaptureConfig | undefined): Promise<void> {
  if (capture === undefined) return;
  const { hasCaptureBegun } = await import("../../pipeline/load/capture-begun.ts");
  if (await hasCaptureBegun(capture)) return;
  throw new TailraceError(
    "CONFIG_INVALID",
    `nothing publishes the changes of ${capture.name} yet: start the capture first (tailrace run --part capture), or let the run itself load (load.mode = "initial")`,
  );
}

async function keysOf({ keys, keysFrom }: LoadFlags) {
  if (keys === undefined && keysFrom === undefined) return undefined;
  const read = keysFrom === undefined ? parseKeys(keys!) : await readKeys(keysFrom);
  if (read.length > 0) return read;
  throw new TailraceError("CONFIG_INVALID", "there are no keys");
}

function overridden(config: LoadConfig, { connections, maxRowsPerSecond }: LoadFlags): LoadConfig {
  return {
    ...config,
    connections: connections ?? config.connections,
    ...(maxRowsPerSecond !== undefined && { maxRowsPerSecond }),
  };
}

/** The configuration with what the flags say of loading. */
function withLoad(open: OpenConfig, flags: LoadFlags): OpenConfig {
  return {
    ...open,
    load: (snapshot) =>
      open
        .load(snapshot)
        .map((config) =>
          config.topology === "capture"
            ? config
            : { ...config, load: overridden(config.load, flags) },
        ),
    [Symbol.asyncDispose]: () => open[Symbol.asyncDispose](),
  };
}

import type { PipelineConfig } from "../../config/config.ts";
import { systemClock } from "../../core/clock.ts";
import { TailraceError } from "../../core/errors.ts";
import { openVerification } from "../../pipeline/verify/open-verification.ts";
import { isInAgreement, type VerifyResult } from "../../pipeline/verify/verify-result.ts";
import { EXIT_OK, type CliContext, EXIT_FATAL } from "../context.ts";
import { type DocumentPipeline, documentPipeline } from "../document-pipeline.ts";
import { openProgress } from "../load/open-progress.ts";
import { printError } from "../print-error.ts";
import { describeResult, resultJson, type VerifyRun } from "./describe-result.ts";

/** What `tailrace verify` is told. */
export interface VerifyFlags {
  readonly table?: string;
  readonly rule?: string;
  readonly sample?: number;
  readonly repair?: true;
  /** False: nothing streams. */
  readonly settle: boolean;
  readonly maxDifferences: number;
  readonly showValues?: true;
  readonly connections?: number;
  readonly maxRowsPerSecond?: number;
  readonly json?: true;
}

/** Compares documents with rows as the flags say, prints what was found and returns the exit code. Throws CONFIG_INVALID for a capture alone, and what comparing throws. */
export async function verifyDocuments(
  configs: readonly PipelineConfig[],
  flags: VerifyFlags,
  context: CliContext,
): Promise<number> {
  const pipeline = documentPipeline(configs, {
    otherwise:
      "the configuration describes a pipeline that writes records: documents are compared with the one that writes them",
  });
  const signal = context.stopSignal();
  const startedMs = systemClock.now();
  const result = await compare({ ...pipeline, signal }, flags, context);
  const run: VerifyRun = {
    result,
    isStopped: signal.aborted,
    seconds: (systemClock.now() - startedMs) / 1_000,
    showValues: flags.showValues === true,
  };
  context.print(flags.json ? `${resultJson(run)}\n` : describeResult(run));
  if (isInAgreement(result)) return EXIT_OK;
  if (flags.json) return EXIT_FATAL;
  return printError(new TailraceError("VERIFY_DIFFERENT", summary(result)), context, false);
}

async function compare(
  { config, capture, signal }: DocumentPipeline & { readonly signal: AbortSignal },
  flags: VerifyFlags,
  context: CliContext,
): Promise<VerifyResult> {
  const { settle } = flags;
  await using progress = openProgress(config, { context });
  const { logger } = progress;
  await using open = await openVerification(config, {
    ...flags,
    noSettle: !settle,
    capture,
    clock: systemClock,
    logger,
    signal,
  });
  if (!open.isSettling && settle)
    logger.warn(
      {},
      "nothing tells how far the stream is (the records are not those of a capture in this configuration): changes under way count as differences",
    );
  progress.show({ loads: () => open.verification.progress() });
  return await open.verification.run();
}

function summary({ counts, repaired, failures, unsettled, stuckAt }: VerifyResult): string {
  const { missing, stale, different, extra } = counts;
  const parts = [`${missing} missing, ${stale} stale, ${different} different, ${extra} extra`];
  if (repaired > 0) parts.push(`${repaired} of them repaired`);
  if (failures.length > 0) parts.push(`${failures.length} tables not compared`);
  if (stuckAt !== null)
    parts.push(
      `${unsettled} not settled, for the pipeline stands at ${stuckAt.file}:${stuckAt.position}`,
    );
  return parts.join("; ");
}

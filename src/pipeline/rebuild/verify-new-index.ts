import { TailraceError } from "../../core/errors.ts";
import type { RebuildState } from "../../core/rebuild.ts";
import type { DrivenPipeline } from "../driven-pipeline.ts";
import { DIFFERENCE_KINDS } from "../verify/difference.ts";
import { openVerification } from "../verify/open-verification.ts";
import { isInAgreement, type VerifyResult } from "../verify/verify-result.ts";
import { secondConfig } from "./build.ts";
import type { RebuildContext } from "./context.ts";

/** Documents that are named in the log, at most. */
const MAX_TOLD = 20;

/**
 * Compares the new index with the rows while the second pipeline keeps it in step. Differences are logged; throws VERIFY_DIFFERENT when there are any, unless they are accepted; and what comparing
 * throws.
 */
export async function verifyNewIndex(
  state: RebuildState,
  second: DrivenPipeline,
  context: RebuildContext,
): Promise<void> {
  const { clock, logger, signal, capture, acceptDifferences, onProgress } = context;
  const { newIndex } = state;
  onProgress?.({ phase: "verifying", newIndex, loads: [], lagSeconds: null });
  const config = secondConfig(state, context);
  await using open = await openVerification(config, {
    ...(config.topology === "direct" && { applied: second }),
    capture,
    maxDifferences: MAX_TOLD,
    clock,
    logger,
    signal,
  });
  const result = await open.verification.run();
  if (signal.aborted || isInAgreement(result)) return;
  for (const { index, id, kind, fields } of result.differences)
    logger.warn(
      { index, id, kind, fields: fields.map(({ field }) => field) },
      "a document of the new index does not agree with its row",
    );
  if (!open.isSettling)
    logger.warn(
      { index: newIndex },
      "differences may be changes under way: nothing tells how far the stream is (the records are not those of a capture in this configuration)",
    );
  else if (acceptDifferences !== true)
    throw new TailraceError(
      "VERIFY_DIFFERENT",
      `${describeResult(result)} in the new index ${newIndex}, which is not served yet: mend the rule and begin anew (--rollback first), or --accept-differences`,
    );
}

/** `3 missing, 1 different`, and what could not be compared. */
export function describeResult({ counts, failures, unsettled }: VerifyResult): string {
  const parts = DIFFERENCE_KINDS.filter((kind) => counts[kind] > 0).map(
    (kind) => `${counts[kind]} ${kind}`,
  );
  if (unsettled > 0) parts.push(`${unsettled} that could not be made sure of`);
  for (const { table, error } of failures) parts.push(`${table} not compared (${error})`);
  return parts.join(", ");
}

import type { CaptureConfig, DirectConfig, RuleConfig, SyncConfig } from "../../config/config.ts";
import type { Clock } from "../../core/clock.ts";
import type { AppliedPlace } from "../../core/load.ts";
import type { Logger } from "../../core/logger.ts";
import { parseRule } from "../../query/rule.ts";
import { indexPattern, matchesIndex } from "../../rules/place.ts";
import type { LoadProgress } from "../../snapshot/load-progress.ts";
import { openVerification } from "../verify/open-verification.ts";
import { isInAgreement, type VerifyResult } from "../verify/verify-result.ts";

/** What comparing tables that were loaded again takes. */
export interface VerifyRecoveredOptions {
  /** Names of the rules that take them. */
  readonly rules: readonly string[];
  /** How far the stream is; absent = as `openVerification`. */
  readonly applied?: AppliedPlace | undefined;
  readonly capture?: CaptureConfig | undefined;
  readonly onProgress?: ((loads: readonly LoadProgress[]) => void) | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Documents that are named in the log, at most. */
const MAX_TOLD = 20;

/**
 * Compares the documents of rules with their rows, writes what differs and deletes documents whose rows have gone: true when all agree then. Throws what comparing throws. Documents without rows are only told
 * where all rows that could have them are walked, so the rules that share an index are taken with it.
 */
export async function verifyRecovered(
  config: DirectConfig | SyncConfig,
  { rules, onProgress, ...options }: VerifyRecoveredOptions,
): Promise<boolean> {
  const { logger, clock, signal } = options;
  let areEqual = true;
  for (const rule of partsOf(config.rules, rules)) {
    if (signal.aborted) return false;
    await using open = await openVerification(config, {
      ...options,
      rule,
      repair: true,
      maxDifferences: MAX_TOLD,
    });
    const ended = new AbortController();
    const telling = tell(() => onProgress?.(open.verification.progress()), clock, ended.signal);
    let result: VerifyResult;
    try {
      result = await open.verification.run();
    } finally {
      ended.abort();
      await telling;
    }
    logResult(result, rule, logger);
    areEqual &&= isInAgreement(result);
  }
  return areEqual && !signal.aborted;
}

/** The comparisons that cover the rules: each alone where nobody else writes its index; else all at once, which undefined stands for. */
function partsOf(
  all: readonly RuleConfig[],
  names: readonly string[],
): readonly (string | undefined)[] {
  const patternOf = (rule: RuleConfig): string => indexPattern(parseRule(rule).index);
  const shares = (a: RuleConfig, b: RuleConfig): boolean =>
    a !== b &&
    (matchesIndex(patternOf(a), patternOf(b)) || matchesIndex(patternOf(b), patternOf(a)));
  const wanted = all.filter((rule) => names.includes(rule.name));
  if (wanted.length === all.length) return [undefined];
  if (wanted.some((rule) => all.some((other) => shares(rule, other)))) return [undefined];
  return wanted.map((rule) => rule.name);
}

async function tell(show: () => void, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    show();
    await clock.sleep(200, signal);
  }
}

function logResult(
  { counts, repaired, differences, indices }: VerifyResult,
  rule: string | undefined,
  logger: Logger,
): void {
  logger.info({ ...counts, repaired }, "documents were compared with their rows");
  for (const { index, id, kind, repair } of differences)
    if (repair === undefined || repair === "left")
      logger.error({ index, id, kind }, "a document does not agree with its row, and was left");
  for (const { index, documents, reason, rules } of indices)
    if (documents === null && (rule === undefined || rules.includes(rule)))
      logger.warn({ index, reason }, "documents without a row were not looked for");
}

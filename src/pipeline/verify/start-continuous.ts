import type { CaptureConfig, DirectConfig, RuleConfig, SyncConfig } from "../../config/config.ts";
import type { Clock } from "../../core/clock.ts";
import { type AppliedPlace, hasEnded } from "../../core/load.ts";
import type { Logger } from "../../core/logger.ts";
import type { LoadProgress } from "../../snapshot/load-progress.ts";
import { ContinuousVerify } from "./continuous.ts";

/** What comparing beside a pipeline's stream takes. */
export interface StartContinuousOptions {
  /** The rules in force. */
  readonly rules: {
    readonly version: number;
    readonly rules: readonly { readonly config: RuleConfig }[];
  };
  /** The loads of this process: nothing is compared while one is under way. */
  readonly loads: () => readonly Pick<LoadProgress, "state">[];
  /** Another instance compares. Default: never. */
  readonly isElsewhere?: (() => boolean) | undefined;
  /** See `openVerification`. */
  readonly applied?: AppliedPlace | undefined;
  readonly capture?: CaptureConfig | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Differences of a pass that are named in the log. */
const NAMED = 10;

/** Begins to compare without end where the configuration asks for it; null where it does not. */
export function startContinuousVerify(
  config: DirectConfig | SyncConfig,
  options: StartContinuousOptions,
): ContinuousVerify | null {
  const { continuousRowsPerSecond: rate } = config.verify;
  if (rate === undefined) return null;
  const { rules, loads, isElsewhere, applied, capture, clock, logger } = options;
  if (config.topology === "sync" && capture === undefined) {
    logger.warn(
      {},
      "documents are not compared with their rows: only with records of a capture in this configuration ([kafka]) it is known which changes they hold",
    );
    return null;
  }
  return new ContinuousVerify({
    open: async (signal) => {
      // loaded only where it is wanted
      const { openVerification } = await import("./open-verification.ts");
      const present = { ...config, rules: rules.rules.map((each) => each.config) };
      const request = { connections: 1, maxRowsPerSecond: rate, maxDifferences: NAMED };
      return openVerification(present, { ...request, applied, capture, clock, logger, signal });
    },
    mayBegin: () => isElsewhere?.() !== true && loads().every(hasEnded),
    ruleVersion: () => rules.version,
    clock,
    logger,
  });
}

import { systemClock } from "../../src/core/clock.ts";
import {
  openVerification,
  type VerifyRequest,
} from "../../src/pipeline/verify/open-verification.ts";
import type { CaptureConfig, DirectConfig, SyncConfig } from "../../src/config/config.ts";
import type { LogPlace } from "../../src/core/checkpoint.ts";
import type { AppliedPlace } from "../../src/core/load.ts";
import type { Difference } from "../../src/pipeline/verify/difference.ts";
import type { VerifyResult } from "../../src/pipeline/verify/verify-result.ts";

/** How far a run in this process is, without waiting for its checkpoint. */
export function appliedBy(run: { status(): LogPlace }): AppliedPlace {
  return {
    read: () => {
      const { file, position } = run.status();
      return Promise.resolve({ file, position });
    },
  };
}

/** Compares a pipeline's documents with their rows, as `tailrace verify` does. Warnings fail. */
export async function runVerify(
  config: DirectConfig | SyncConfig,
  request: Partial<VerifyRequest> & {
    readonly capture?: CaptureConfig;
    readonly applied?: AppliedPlace;
  } = {},
): Promise<VerifyResult> {
  const warnings: string[] = [];
  const warn = ({ err }: { err?: Error }, message: string): void => {
    warnings.push(`${message} ${err?.message ?? ""}`);
  };
  await using open = await openVerification(config, {
    maxDifferences: 1_000,
    ...request,
    clock: systemClock,
    logger: { debug: () => {}, info: () => {}, warn, error: warn },
    signal: new AbortController().signal,
  });
  const result = await open.verification.run();
  if (warnings.length > 0) throw new Error(warnings.join("\n"));
  return result;
}

/** `kind id` of each difference, in order. */
export function briefly(differences: readonly Difference[]): readonly string[] {
  return differences.map(({ kind, id }) => `${kind} ${id}`).toSorted();
}

import type { LogPlace } from "../../core/checkpoint.ts";
import { type Difference, DIFFERENCE_KINDS, type DifferenceKind } from "./difference.ts";
import type { TableCounts } from "./verified-table.ts";

/** What was found in an index beyond the documents of rows. */
export interface IndexCounts {
  readonly index: string;
  readonly rules: readonly string[];
  /** Null: extra documents were not looked for. */
  readonly documents: number | null;
  readonly extra: number;
  /** Documents without a row that was seen, of which it could not be made sure. */
  readonly unsettled: number;
  /** Why they were not looked for. */
  readonly reason?: string | undefined;
}

/** What a comparison has found. */
export interface VerifyResult {
  readonly tables: readonly TableCounts[];
  readonly indices: readonly IndexCounts[];
  /** The first of them. */
  readonly differences: readonly Difference[];
  /** By kind. */
  readonly counts: Readonly<Record<DifferenceKind, number>>;
  readonly unsettled: number;
  /** Of the differences. */
  readonly repaired: number;
  /** Tables that could not be walked, and why. */
  readonly failures: readonly { readonly table: string; readonly error: string }[];
  /** Where the stream stood when it was waited for in vain; null = it keeps up. */
  readonly stuckAt: LogPlace | null;
}

/** Do all documents agree with their rows, as far as they were compared, or do by now? */
export function isInAgreement(result: VerifyResult): boolean {
  const { counts, repaired, failures, unsettled, stuckAt } = result;
  const found = DIFFERENCE_KINDS.reduce((sum, kind) => sum + counts[kind], 0);
  return found === repaired && failures.length === 0 && (unsettled === 0 || stuckAt === null);
}

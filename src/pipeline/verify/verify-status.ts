import type { DifferenceKind } from "./difference.ts";

/** How comparing without end stands. */
export interface VerifyStatus {
  /** Passes over all rows that were begun. */
  readonly pass: number;
  /** Rows compared since the start. */
  readonly rows: number;
  /** When the pass began, ISO 8601; null = none is under way. */
  readonly startedAt: string | null;
  /** What the last whole pass found; null before its end. */
  readonly lastPass: PassResult | null;
}

/** What a pass over all rows has found. */
export interface PassResult extends Readonly<Record<DifferenceKind, number>> {
  /** ISO 8601. */
  readonly finishedAt: string;
  readonly rows: number;
  readonly unsettled: number;
  /** Documents that differ, by rule and kind; every rule with every kind. */
  readonly byRule: readonly Drift[];
}

/** How many documents of a rule differ in one way. */
export interface Drift {
  readonly rule: string;
  readonly kind: DifferenceKind;
  readonly documents: number;
}

import type { ChunkTable, TableLoad } from "../../core/load.ts";
import type { LoadedRule } from "../rule-set.ts";

/** A table whose rows are compared, and the rules that make documents of them. */
export interface VerifiedTable {
  readonly table: ChunkTable;
  readonly rules: readonly LoadedRule[];
  /** The walk over its rows, as work for a runner of loads. */
  readonly load: TableLoad;
}

/** What was found of a rule's documents of one table. */
export interface TableCounts {
  readonly rule: string;
  /** `database.table`. */
  readonly table: string;
  /** Rows read. */
  rows: number;
  /** Documents that they should have. */
  documents: number;
  missing: number;
  stale: number;
  different: number;
  /** Could not be judged: the stream was not far enough, or the document was written at every look. */
  unsettled: number;
  /** Rows of which the rule makes no document although it should: they are dead letters of the stream. */
  failed: number;
}

/** The counts of a rule's documents of a table, all zero. */
export function createCounts(rule: string, table: string): TableCounts {
  const zero = { rows: 0, documents: 0, missing: 0, stale: 0, different: 0, unsettled: 0 };
  return { rule, table, ...zero, failed: 0 };
}

/** Documents that are as they should be. */
export function equalCount(counts: TableCounts): number {
  const { documents, missing, stale, different, unsettled } = counts;
  return documents - missing - stale - different - unsettled;
}

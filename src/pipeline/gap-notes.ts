import type { TableGap } from "../core/checkpoint.ts";

/** Where it is noted that tables' documents may not agree with their rows: a checkpoint, or what the instances of a sync have in common. */
export interface GapNotes {
  /** Was this gap of the table noted before? */
  hasGap(gap: Pick<TableGap, "database" | "table" | "code">): boolean;
  addGap(gap: TableGap): void;
  /** Its documents agree with its rows again: forgets the table's gaps that were noted until now. Returns them. */
  clearGaps(table: Pick<TableGap, "database" | "table">): readonly TableGap[];
}

/** Is it the same trouble of the same table, wherever it was met? */
export function sameGap(
  a: Pick<TableGap, "database" | "table" | "code">,
  b: Pick<TableGap, "database" | "table" | "code">,
): boolean {
  return a.database === b.database && a.table === b.table && a.code === b.code;
}

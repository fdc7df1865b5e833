import type { RowLayout } from "../core/row-layout.ts";

/** Source that passes over updates in which no column changed that the rule uses. */
export interface UnchangedSource {
  /** The function that tells; nothing where none is asked. */
  readonly declaration: string;
  /** Statements in a loop over pairs of images, `after` known: when nothing changed it counts, does `next` and continues. */
  readonly test: (row: string, next: string) => string;
}

/** Nothing is compared where the rule uses every column (then something did change) or where the layout cannot tell. */
export function unchangedSource(used: readonly number[], layout: RowLayout): UnchangedSource {
  const body = used.length === layout.columns.length ? null : layout.sameColumns(used);
  if (body === null) return { declaration: "", test: () => "" };
  return {
    declaration: `function isUnchanged(b, p, q, end) { ${body} }`,
    test: (row, next) =>
      `if (isUnchanged(b, ${row}, after, end)) { counts.unchanged++; ${next} continue; }`,
  };
}

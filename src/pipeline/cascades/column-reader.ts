import { TailraceError } from "../../core/errors.ts";
import type { TableVersion } from "../../core/row-layout.ts";
import { walkSource } from "../../core/row-source.ts";

/** The JSON texts of some columns of a row, in the order asked for; null = SQL NULL. */
export type ColumnTexts = readonly (string | null)[];

/** Reads columns of the rows of one table version. */
export interface ColumnReader {
  /** Fills `into` with the columns of the row at `start` and returns the place behind the row. */
  read(bytes: unknown, start: number, end: number, into: (string | null)[]): number;
}

type ReadRow = (b: unknown, p: number, end: number, into: (string | null)[], out: Buffer) => number;

/** Foreign keys are indexed: InnoDB's longest key is 3,072 bytes, which JSON may escape six-fold. */
const SCRATCH = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * Compiles a reader of these columns (names) for a table version; null when the table has not all of them. They must be such as keys are made of.
 */
export function compileColumnReader(
  { schema, layout }: TableVersion,
  names: readonly string[],
): ColumnReader | null {
  const columns = names.map((name) => schema.columns.findIndex((column) => column.name === name));
  if (columns.includes(-1)) return null;
  const walk = walkSource(layout, layout.columns.length, (index) => {
    const slots = columns.flatMap((column, slot) => (column === index ? [slot] : []));
    if (slots.length === 0) return null;
    const store = (value: string): string =>
      slots.map((slot) => `into[${slot}] = ${value};`).join(" ");
    return {
      before: "",
      value: `o = 0; ${layout.writeJson(index, { decimalAsString: false })} ${store('out.toString("utf8", 0, o)')}`,
      none: store("null"),
    };
  });
  const helpers = { ...layout.helpers, overrun };
  // our own source: names of columns are not in it
  // oxlint-disable-next-line typescript/no-implied-eval
  const factory = new Function(
    ...Object.keys(helpers),
    `"use strict"; return (b, p, end, into, out) => { let o = 0; ${walk} if (p > end) overrun(); return p; };`,
  ) as (...values: unknown[]) => ReadRow;
  const readRow = factory(...Object.values(helpers));
  return { read: (bytes, start, end, into) => readRow(bytes, start, end, into, SCRATCH) };
}

function overrun(): never {
  throw new TailraceError("BINLOG_CORRUPT", "A row is longer than its row event.");
}

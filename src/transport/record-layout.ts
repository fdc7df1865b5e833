import { TailraceError } from "../core/errors.ts";
import type { Column } from "../core/schema.ts";
import type { RowLayout } from "../core/row-layout.ts";

/** Writes the value whose JSON text is in `b[p, end)`, which is not null, as the JSON that a document has, at `out[o…]`; returns the new `o`. */
export type ReadValue = (b: Buffer, p: number, end: number, out: Buffer, o: number) => number;

/** How the values of a column are read. */
export interface ColumnReader {
  readonly read: ReadValue;
  /** `read` never writes more bytes than this plus six times those of the value. */
  readonly bound: number;
}

/**
 * A row of a record: where its columns' values lie in the record's bytes. The encoder takes it for rows in `[0, end)`: the first image at 0, the second, if
 * there is one, at `split` = 1, so that each has at least as many bytes as its values.
 */
export interface RecordRow {
  bytes: Buffer;
  /** Pairs of start and end; a negative start is NULL. */
  spans: Int32Array;
  /** Index into `spans` of the row image at 0. */
  first: number;
  /** Of the other one. */
  second: number;
  /** The place behind the image at 0. */
  split: number;
}

/** The layout of a {@link RecordRow}: each column has a reader. */
export function createRecordLayout(
  columns: readonly Column[],
  readers: readonly ColumnReader[],
): RowLayout {
  const functions = readers.map(({ read }, index): [string, ReadValue] => [`read${index}`, read]);
  return {
    columns,
    helpers: { ...Object.fromEntries(functions), quoteNumber },
    begin: () =>
      "const r_b = b.bytes, r_v = b.spans; let r_s = b.second; if (p === 0) { r_s = b.first; p = b.split; } else { p = end; }",
    isNull: (index) => `r_v[r_s + ${2 * index}] < 0`,
    skip: () => "",
    writeJson: (index, form) => {
      if (form.dialect === "canal")
        throw new TailraceError("INVARIANT_BROKEN", "Records are read as documents' values only.");
      const read = `read${index}(r_b, r_v[r_s + ${2 * index}], r_v[r_s + ${2 * index + 1}], out, o)`;
      return form.decimalAsString && columns[index]?.type.kind === "decimal"
        ? `o = quoteNumber(out, o, ${read});`
        : `o = ${read};`;
    },
    jsonBound: (index) => readers[index]!.bound + 2,
  };
}

const QUOTE = 0x22;

/** Puts quotes around the number in `out[from, to)`, unless it is a string already; returns the new end. */
function quoteNumber(out: Buffer, from: number, to: number): number {
  if (out[from] === QUOTE) return to;
  out.copyWithin(from + 1, from, to);
  out[from] = QUOTE;
  out[to + 1] = QUOTE;
  return to + 2;
}

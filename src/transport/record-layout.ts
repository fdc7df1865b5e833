import { createValueParser, type ParseValue } from "../core/column-value.ts";
import { TailraceError } from "../core/errors.ts";
import type { ColumnValue } from "../core/sql-value.ts";
import type { Column } from "../core/schema.ts";
import type { RowLayout } from "../core/row-layout.ts";
import { contentText } from "./read-text.ts";
import { MISSING, NULL } from "./row-scanner.ts";

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
  const helpers: Record<string, unknown> = {
    ...Object.fromEntries(functions),
    quoteNumber,
    sameSpan,
  };
  return {
    columns,
    helpers,
    begin: () =>
      "const r_b = b.bytes, r_v = b.spans; let r_s = b.second; if (p === 0) { r_s = b.first; p = b.split; } else { p = end; }",
    isNull: (index) => `r_v[r_s + ${2 * index}] < 0`,
    isTold: (index) => `r_v[r_s + ${2 * index}] !== ${MISSING}`,
    hasBefore: () => "b.first !== b.second",
    skip: () => "",
    writeJson: (index, form) => {
      if (form.dialect === "canal")
        throw new TailraceError("INVARIANT_BROKEN", "Records are read as documents' values only.");
      const read = `read${index}(r_b, r_v[r_s + ${2 * index}], r_v[r_s + ${2 * index + 1}], out, o)`;
      return form.decimalAsString && columns[index]?.type.kind === "decimal"
        ? `o = quoteNumber(out, o, ${read});`
        : `o = ${read};`;
    },
    readValue: (index, into) => {
      helpers[`value${index}`] = createReader(columns[index]!, readers[index]!);
      return `${into} = value${index}(r_b, r_v[r_s + ${2 * index}], r_v[r_s + ${2 * index + 1}]);`;
    },
    sameColumns: (indices) =>
      `return ${["b.first !== b.second", ...indices.map((index) => `sameSpan(b, ${2 * index})`)].join(" && ")};`,
    jsonBound: (index) => readers[index]!.bound + 2,
  };
}

/** Texts of values are made here. */
let scratch = Buffer.allocUnsafeSlow(4096);
/** Beyond this a scratch buffer is not kept. */
const KEPT_BYTES = 1024 * 1024;

/** Reads a column's value: what a document would have, parsed; of dates that no calendar has, what the record has. */
function createReader(
  { type }: Column,
  { read, bound }: ColumnReader,
): (b: Buffer, p: number, end: number) => ColumnValue {
  const parse = createValueParser(type);
  const parseStored = type.kind === "date" || type.kind === "datetime" ? parse : null;
  return (b, p, end) => {
    const needed = bound + 6 * (end - p) + 8;
    const out = needed <= scratch.length ? scratch : Buffer.allocUnsafeSlow(2 * needed);
    if (out.length <= KEPT_BYTES) scratch = out;
    const text = out.toString("utf8", 0, read(b, p, end, out, 0));
    return text === "null" && parseStored !== null
      ? storedDate(b, p, end, parseStored)
      : parse(text);
  };
}

/** A date with parts that are zero, as MySQL prints it, or the zero date. */
function storedDate(b: Buffer, p: number, end: number, parse: ParseValue): ColumnValue {
  const text = contentText(b, p, end);
  return parse(/^\d{4}-\d\d-\d\d/.test(text) ? JSON.stringify(text) : "null");
}

/** Are the spans at `at` of both row images equal, byte for byte? What is not known is not. */
function sameSpan({ bytes, spans, first, second }: RecordRow, at: number): boolean {
  const p = spans[first + at]!;
  const q = spans[second + at]!;
  if (p < 0 || q < 0) return p === NULL && q === NULL;
  const end = spans[first + at + 1]!;
  const length = end - p;
  if (spans[second + at + 1]! - q !== length) return false;
  return p === q || bytes.compare(bytes, q, q + length, p, end) === 0;
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

import type { JsonRow } from "../core/json-row.ts";
import type { IncompleteRow, Operation } from "../core/change-event.ts";
import { TailraceError } from "../core/errors.ts";
import type { LayoutColumn, ValueCode } from "./column-layout.ts";
import { readLength } from "./row-layout.ts";
import { isPresent, type RowsBody, type RowsEventType } from "./rows-event.ts";
import { valueCode } from "./value-code.ts";

/** Decodes row images that do not have all columns. The slow way: an object a row. */
export interface PartialImageReader {
  /** All rows of the event, what they have of each column. */
  readRows(type: RowsEventType, body: RowsBody): IncompleteRow[];
}

/** Reads one image: fills `row` with what is present, returns the offset behind it. */
type ReadImage = (
  bytes: Buffer,
  offset: number,
  end: number,
  present: Buffer | null,
  image: ImageForm,
) => number;

interface ImageForm {
  readonly row: (string | null | undefined)[];
  readonly partialJson: boolean;
}

/** Compiles the reader for a table's columns. */
export function createPartialImageReader(columns: readonly LayoutColumn[]): PartialImageReader {
  const readImage = compileReadImage(columns);
  const read = (
    body: RowsBody,
    offset: number,
    present: Buffer | null,
    partialJson: boolean,
  ): { row: JsonRow; next: number } => {
    const row: (string | null | undefined)[] = Array.from<undefined>({ length: columns.length });
    return { next: readImage(body.bytes, offset, body.end, present, { row, partialJson }), row };
  };
  return {
    readRows: (type, body) => {
      const rows: IncompleteRow[] = [];
      let offset = body.start;
      while (offset < body.end) {
        const first = read(body, offset, body.present, false);
        offset = first.next;
        if (type.operation !== "update") {
          rows.push(single(type.operation, first.row));
          continue;
        }
        const after = read(body, offset, body.presentAfter, type.partialJson);
        offset = after.next;
        rows.push({ before: first.row, after: after.row });
      }
      if (offset !== body.end)
        throw new TailraceError("BINLOG_CORRUPT", "A row is longer than its row event.");
      return rows;
    },
  };
}

function single(operation: Operation, row: JsonRow): IncompleteRow {
  return operation === "insert" ? { before: null, after: row } : { before: row, after: null };
}

/**
 * An image with column bitmap: in a PARTIAL_UPDATE_ROWS after image first the value options (packed; bit 0: JSON diffs may follow) and, when set, a bit for
 * each JSON column of the table; then a null bit for each column *present*, then the values. A diff has four bytes of length before it; it and
 * the value of a COMPRESSED column are left undefined in the row.
 */
function compileReadImage(columns: readonly LayoutColumn[]): ReadImage {
  const helpers: Record<string, unknown> = { isPresent, scratch };
  const codes = columns.map((column, index) => valueCode(column, index, helpers));
  const jsonColumns = columns.filter((column) => isBinaryJson(column)).length;
  const source = `"use strict";
return function (b, p, end, present, image) {
  const row = image.row;
  let diffs = -1;
  if (image.partialJson) { if ((b[p++] & 1) !== 0) { diffs = p; p += ${(jsonColumns + 7) >> 3}; } }
  let n = 0;
  for (let i = 0; i < ${columns.length}; i++) if (isPresent(present, i)) n++;
  const nulls = p; p += (n + 7) >> 3; n = 0;
  let json = 0;
  let out, o;
  ${codes.map((code, index) => readColumn(code, index, isBinaryJson(columns[index]!))).join("\n  ")}
  return p;
};`;
  // our own source: it names no table and no column
  // oxlint-disable-next-line typescript/no-implied-eval
  return new Function(...Object.keys(helpers), source)(...Object.values(helpers)) as ReadImage;
}

function readColumn(code: ValueCode, index: number, json: boolean): string {
  const length = code.fixedBytes ?? readLength(code.prefixBytes!);
  const isDiff = json
    ? "const diff = diffs >= 0 && (b[diffs + (json >> 3)] & (1 << (json & 7))) !== 0; json++;"
    : "const diff = false;";
  const value =
    code.write === null
      ? ""
      : `if (!diff) { out = scratch(p, l, end, ${code.bound}); o = 0; o = ${code.write}; row[${index}] = out.toString("utf8", 0, o); }`;
  return `{ ${isDiff} if (isPresent(present, ${index})) {
    if ((b[nulls + (n >> 3)] & (1 << (n & 7))) !== 0) row[${index}] = null;
    else { const l = ${length}; p += ${code.prefixBytes ?? 0};
      ${value}
      p += l; }
    n++; } }`;
}

/** A buffer that one value's JSON fits in. */
function scratch(offset: number, length: number, end: number, bound: number): Buffer {
  if (offset + length > end)
    throw new TailraceError("BINLOG_CORRUPT", "A value is longer than its row event.");
  return Buffer.allocUnsafe(6 * length + bound);
}

function isBinaryJson({ column }: LayoutColumn): boolean {
  return column.type.kind === "json" && !column.type.text;
}

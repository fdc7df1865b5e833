import { TailraceError } from "../core/errors.ts";
import type { JsonRow } from "../core/json-row.ts";
import type { RowLayout } from "../core/row-layout.ts";
import { createScratch } from "./scratch.ts";

/** Reads the row at `p` as the JSON text of each column; the place behind it goes into `next.p`. Throws BINLOG_CORRUPT. */
export type ReadRowTexts = (bytes: unknown, p: number, end: number, next: { p: number }) => JsonRow;

/**
 * Compiles the reading of one layout's rows as texts: for formats that put values together anew, column by column. The scratch buffer is as large as the
 * largest row of an event may need.
 */
export function compileRowTexts(layout: RowLayout): ReadRowTexts {
  const bound = layout.columns.reduce(
    (sum, _column, index) => sum + Math.max(4, layout.jsonBound(index)),
    16,
  );
  const columns = layout.columns.map((_column, index) => {
    const write = layout.writeJson(index, { decimalAsString: false });
    return `if (${layout.isNull(index)}) { ${layout.skipNull?.() ?? ""} row[${index}] = null; }
    else { o = 0; ${write} row[${index}] = out.toString("utf8", 0, o); }`;
  });
  const source = `"use strict";
return function (b, p, end, next) {
  const out = scratch(${bound} + 6 * (end - p));
  let o = 0;
  const row = new Array(${layout.columns.length});
  ${layout.begin()}
  ${columns.join("\n  ")}
  if (p > end) overrun();
  next.p = p;
  return row;
};`;
  const helpers = { ...layout.helpers, scratch: createScratch(), overrun };
  // our own source: it names no table and no column
  // oxlint-disable-next-line typescript/no-implied-eval
  return new Function(...Object.keys(helpers), source)(...Object.values(helpers)) as ReadRowTexts;
}

function overrun(): never {
  throw new TailraceError("BINLOG_CORRUPT", "A row is longer than its row event.");
}

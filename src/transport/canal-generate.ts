import { TailraceError } from "../core/errors.ts";
import type { CanalForm, RowLayout } from "../core/row-layout.ts";
import { storeSource, walkSource } from "../core/row-source.ts";
import { exceeds, jdbcType, shownColumns, sqlTypesOf } from "./canal-types.ts";

/** The compiled parts of a Canal record for one layout. Row images lie in `bytes` before `end`; each writer returns the place behind what it wrote at `out[o]`. */
export interface CanalRows {
  /** The place behind the row image at `p`. Throws BINLOG_CORRUPT when it is longer than the event. */
  rowEnd(bytes: unknown, p: number, end: number): number;
  /** The row as an object of strings. */
  writeRow(bytes: unknown, p: number, end: number, out: Buffer, o: number): number;
  /** The same with the columns of the primary key only. */
  writeKeyRow(bytes: unknown, p: number, end: number, out: Buffer, o: number): number;
  /** The after image of the update at `p`, where its before image begins. */
  writeAfter(bytes: unknown, p: number, end: number, out: Buffer, o: number): number;
  /** Of the update last written, the columns of the before image that are others in the after image, as an object. */
  writeOld(bytes: unknown, end: number, out: Buffer, o: number): number;
  /** The JSON of `sqlType` where it is the same for all rows, else null. */
  readonly sqlTypes: string | null;
  /** `sqlType` as the row at `p` has it, in at most `bound` bytes. */
  writeSqlTypes(bytes: unknown, p: number, end: number, out: Buffer, o: number): number;
  /** Bytes that a written row needs beyond eight times those of its images. */
  readonly bound: number;
}

/** In tables wider than this, names are copied by a loop: V8 does not optimise functions of more than about 60 KB of bytecode. */
const MAX_UNROLLED_FIELDS = 120;

interface Generator {
  readonly layout: RowLayout;
  readonly form: CanalForm;
  readonly shown: readonly number[];
  readonly constants: Record<string, unknown>;
}

/** Compiles the writers of a layout. Names enter as bytes, never as source. */
export function compileCanalRows(
  layout: RowLayout,
  primaryKey: readonly number[],
  form: CanalForm,
): CanalRows {
  const { columns } = layout;
  const shown = shownColumns(columns);
  const g: Generator = { layout, form, shown, constants: { overrun, digitsExceed } };
  const source = `"use strict";
const at = new Int32Array(${columns.length}), changed = new Int32Array(${columns.length});
let count = 0;
function sameBytes(b, p, q, end) { for (; q < end; p++, q++) if (b[p] !== b[q]) return false; return true; }
function rowEnd(b, p, end) { ${walkSource(layout, columns.length, () => null)} if (p > end) overrun(); return p; }
function writeRow(b, p, end, out, o) { ${objectSource(g, shown)} return o; }
function writeKeyRow(b, p, end, out, o) { ${objectSource(g, primaryKey)} return o; }
function place(b, p, end) { ${placeSource(g)} return p; }
function writeAfter(b, p, end, out, o) { count = 0; p = place(b, p, end); ${objectSource(g, shown, true)} return o; }
function writeOld(b, end, out, o) {
  out[o++] = 123;
  for (let n = 0; n < count; n++) {
    if (n > 0) out[o++] = 44;
    o = writeColumn(b, changed[n], at[changed[n]], end, out, o);
  }
  out[o++] = 125;
  return o;
}
function writeColumn(b, column, p, end, out, o) { ${columnSource(g)} return o; }
function writeSqlTypes(b, p, end, out, o) { ${sqlTypesSource(g)} return o; }
return { rowEnd, writeRow, writeKeyRow, writeAfter, writeOld, writeSqlTypes };`;
  const helpers = { ...layout.helpers, ...g.constants };
  // our own source: names of tables and columns are in it as bytes only
  // oxlint-disable-next-line typescript/no-implied-eval
  const factory = new Function(...Object.keys(helpers), source) as (
    ...values: unknown[]
  ) => Omit<CanalRows, "bound" | "sqlTypes">;
  return {
    ...factory(...Object.values(helpers)),
    bound: rowBound(g),
    sqlTypes: constantSqlTypes(g),
  };
}

/** An object of these columns; `compares` with the places of the before image and notes what has changed. */
function objectSource(g: Generator, indices: readonly number[], compares = false): string {
  const { layout } = g;
  const taken = new Set(indices);
  const first = Math.min(...indices);
  const last = Math.max(-1, ...indices);
  const body = walkSource(layout, last + 1, (index) => {
    if (!taken.has(index)) return null;
    const value = layout.writeJson(index, g.form);
    const note = `changed[count++] = ${index};`;
    return {
      before: nameSource(g, index, index !== first),
      value: compares
        ? `{ const s = p; ${value} if (at[${index}] < 0 || !sameBytes(b, at[${index}], s, p)) ${note} }`
        : value,
      none: `${storeSource("null")} ${compares ? `if (at[${index}] >= 0) ${note}` : ""}`,
    };
  });
  return `out[o++] = 123;\n${body}\nout[o++] = 125;`;
}

/** Notes where each shown column's value lies, -1 for NULL. */
function placeSource({ layout, shown }: Generator): string {
  const taken = new Set(shown);
  return walkSource(layout, layout.columns.length, (index) =>
    taken.has(index)
      ? { before: `at[${index}] = p;`, value: layout.skip(index), none: `at[${index}] = -1;` }
      : null,
  );
}

/** A column's member from the value's place, -1 for NULL. */
function columnSource(g: Generator): string {
  const cases = g.shown.map(
    (index) => `case ${index}: {
  ${nameSource(g, index, false)}
  if (p < 0) { ${storeSource("null")} } else { ${g.layout.writeJson(index, g.form)} }
  break;
}`,
  );
  return `switch (column) { ${cases.join("\n")} }`;
}

function constantSqlTypes({ layout, shown }: Generator): string | null {
  const columns = shown.map((index) => layout.columns[index]!);
  const isConstant = columns.every((column) => {
    const { above, ofNull } = jdbcType(column);
    return above === undefined && (ofNull === undefined || !column.nullable);
  });
  return isConstant ? sqlTypesOf(columns, []) : null;
}

function sqlTypesSource(g: Generator): string {
  const first = g.shown[0];
  const body = walkSource(g.layout, g.layout.columns.length, (index) => {
    if (!g.shown.includes(index)) return null;
    const jdbc = jdbcType(g.layout.columns[index]!);
    const { above } = jdbc;
    const store = (type: number): string => storeSource(String(type));
    const value =
      above === undefined
        ? `${store(jdbc.type)} ${g.layout.skip(index)}`
        : `{ const from = o; ${g.layout.writeJson(index, g.form)}
if (digitsExceed(out, from, o, ${JSON.stringify(above.limit)})) { o = from; ${store(above.type)} } else { o = from; ${store(jdbc.type)} } }`;
    return {
      before: nameSource(g, index, index !== first),
      value,
      none: store(jdbc.ofNull ?? jdbc.type),
    };
  });
  return `out[o++] = 123;\n${body}\nout[o++] = 125;`;
}

/** Does the JSON string of digits in bytes[from, to) exceed the limit? */
function digitsExceed(bytes: Buffer, from: number, to: number, limit: string): boolean {
  return exceeds(bytes.toString("latin1", from + 1, to - 1), limit);
}

/** Statements that write `"name":`, with a comma before it where there is a member before. */
function nameSource(
  { layout, shown, constants }: Generator,
  index: number,
  comma: boolean,
): string {
  const text = `${JSON.stringify(layout.columns[index]!.name)}:`;
  const separator = comma ? "out[o++] = 44;" : "";
  if (shown.length <= MAX_UNROLLED_FIELDS) return `${separator} ${storeSource(text)}`;
  const name = `name${index}`;
  constants[name] = Buffer.from(text);
  return `${separator} for (let i = 0; i < ${name}.length; i++) out[o++] = ${name}[i];`;
}

function rowBound({ layout, form, shown }: Generator): number {
  return shown.reduce(
    (sum, index) =>
      sum +
      Buffer.byteLength(JSON.stringify(layout.columns[index]!.name)) +
      8 +
      layout.jsonBound(index, form),
    16,
  );
}

function overrun(): never {
  throw new TailraceError("BINLOG_CORRUPT", "A row is longer than its row event.");
}

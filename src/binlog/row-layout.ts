import { TailraceError } from "../core/errors.ts";
import type { DocumentForm, RowLayout } from "../core/row-layout.ts";
import { canalBound, canalCode } from "./canal-code.ts";
import type { LayoutColumn, ValueCode } from "./column-layout.ts";
import { readCode } from "./read-code.ts";
import { sameCode } from "./same-code.ts";
import { valueCode } from "./value-code.ts";
import { readShortDecimal, UTF8_CHARSETS } from "./values/read-scalar.ts";

/**
 * The layout of a full row image: a null bitmap with a bit a column, then the values that are not NULL
 * (https://dev.mysql.com/doc/dev/mysql-server/latest/classmysql_1_1binlog_1_1event_1_1Rows__event.html).
 */
export function createBinlogLayout(columns: readonly LayoutColumn[]): RowLayout {
  const helpers: Record<string, unknown> = { corrupt };
  const codes = columns.map((column, index) => valueCode(column, index, helpers));
  const nullBytes = (columns.length + 7) >> 3;
  const layout: RowLayout = {
    columns: columns.map((column) => column.column),
    helpers,
    begin: () => `const r_nulls = p; p += ${nullBytes};`,
    isNull: (index) => `(b[r_nulls + ${index >> 3}] & ${1 << (index & 7)}) !== 0`,
    skip: (index) => skip(codes[index]!),
    writeJson: (index, form) => {
      const code = codes[index]!;
      return form.dialect === "canal"
        ? place(code, canalCode(columns[index]!, index, { code, form, helpers }))
        : write(code, form);
    },
    readValue: (index, into) => {
      const code = codes[index]!;
      if (code.write === null) notExpanded();
      return place(code, `${into} = ${readCode(columns[index]!, index, helpers)};`);
    },
    readNumber: (index, into) => {
      const { type } = columns[index]!.column;
      if (type.kind !== "decimal") return layout.readValue(index, into);
      helpers["readShortDecimal"] = readShortDecimal;
      return place(
        codes[index]!,
        `${into} = readShortDecimal(b, p, ${type.precision - type.scale}, ${type.scale});`,
      );
    },
    noteText: (index, from, length) => noteText(columns[index]!, codes[index]!, { from, length }),
    sameColumns: (indices) => sameCode(layout, indices, helpers),
    jsonBound: (index, form) =>
      form?.dialect === "canal" ? canalBound(columns[index]!, codes[index]!) : codes[index]!.bound,
  };
  return layout;
}

function skip(code: ValueCode): string {
  if (code.fixedBytes !== undefined) return `p += ${code.fixedBytes};`;
  return `p += ${code.prefixBytes!} + ${readLength(code.prefixBytes!)};`;
}

function noteText(
  { column: { type } }: LayoutColumn,
  { prefixBytes, write: writer }: ValueCode,
  { from, length }: { readonly from: string; readonly length: string },
): string | null {
  if (type.kind !== "text" || !UTF8_CHARSETS.has(type.charset)) return null;
  if (prefixBytes === undefined || writer === null) return null;
  return `${length} = ${readLength(prefixBytes)}; ${from} = p + ${prefixBytes}; if (${from} + ${length} > end) corrupt();`;
}

function write(code: ValueCode, form: DocumentForm): string {
  if (code.write === null) notExpanded();
  const value = `o = ${code.write};`;
  const quoted =
    code.decimal === true && form.decimalAsString
      ? `out[o++] = 34; ${value} out[o++] = 34;`
      : value;
  return place(code, quoted);
}

/** The statements done with `p` on the value and its length in `l`, and move `p` past it. */
function place(code: ValueCode, statements: string): string {
  if (code.fixedBytes !== undefined) return `${statements} p += ${code.fixedBytes};`;
  return `{ const l = ${readLength(code.prefixBytes!)}; p += ${code.prefixBytes!}; if (p + l > end) corrupt(); ${statements} p += l; }`;
}

/** An expression for the little-endian length of `prefixBytes` bytes at `p`. */
export function readLength(prefixBytes: number): string {
  const bytes = ["b[p]", "(b[p + 1] << 8)", "(b[p + 2] << 16)", "(b[p + 3] << 24)"].slice(
    0,
    prefixBytes,
  );
  return prefixBytes === 4 ? `((${bytes.join(" | ")}) >>> 0)` : `(${bytes.join(" | ")})`;
}

function corrupt(): never {
  throw new TailraceError("BINLOG_CORRUPT", "A value is longer than its row event.");
}

function notExpanded(): never {
  throw new TailraceError("INVARIANT_BROKEN", "A compressed column was not expanded.");
}

import { ColumnTypeCode as T } from "./constants.ts";
import { TailraceError } from "../core/errors.ts";
import type { RowLayout, ValueForm } from "../core/row-layout.ts";
import type { Column } from "../core/schema.ts";
import type { MappedColumn } from "./table-map.ts";
import { valueCode } from "./value-code.ts";

/** A column and how it lies in a row image. */
export interface LayoutColumn {
  readonly column: Column;
  readonly mapped: Pick<MappedColumn, "type" | "metadata">;
}

/** What reading one column's value takes, as source (see {@link RowLayout} for the variables). */
export interface ValueCode {
  /** Bytes of the value in the image when that is fixed, else undefined: then `length` gives it. */
  readonly fixedBytes?: number;
  /** Bytes of the little-endian length prefix of a value of variable size. */
  readonly prefixBytes?: number;
  /**
   * An expression for the new `o` after writing the value at `p` (behind its prefix); `l` is its length in bytes. Null for a value that cannot be
   * written from where it lies (MariaDB's COMPRESSED columns: see `compressed-columns.ts`).
   */
  readonly write: string | null;
  /** The value may become a decimal's JSON string. */
  readonly decimal?: boolean;
  /** Most bytes of JSON beyond six times its bytes in the image. */
  readonly bound: number;
}

/**
 * The layout of a full row image: a null bitmap with a bit a column, then the values that are not NULL
 * (https://dev.mysql.com/doc/dev/mysql-server/latest/classmysql_1_1binlog_1_1event_1_1Rows__event.html).
 */
export function createBinlogLayout(columns: readonly LayoutColumn[]): RowLayout {
  const helpers: Record<string, unknown> = { corrupt };
  const codes = columns.map((column, index) => valueCode(column, index, helpers));
  const nullBytes = (columns.length + 7) >> 3;
  return {
    columns: columns.map((column) => column.column),
    helpers,
    begin: () => `const r_nulls = p; p += ${nullBytes};`,
    isNull: (index) => `(b[r_nulls + ${index >> 3}] & ${1 << (index & 7)}) !== 0`,
    skip: (index) => skip(codes[index]!),
    writeJson: (index, form) => write(codes[index]!, form),
    jsonBound: (index) => codes[index]!.bound,
  };
}

function skip(code: ValueCode): string {
  if (code.fixedBytes !== undefined) return `p += ${code.fixedBytes};`;
  return `p += ${code.prefixBytes!} + ${readLength(code.prefixBytes!)};`;
}

function write(code: ValueCode, form: ValueForm): string {
  if (code.write === null)
    throw new TailraceError("INVARIANT_BROKEN", "A compressed column was not expanded.");
  const value = `o = ${code.write};`;
  const quoted =
    code.decimal === true && form.decimalAsString
      ? `out[o++] = 34; ${value} out[o++] = 34;`
      : value;
  if (code.fixedBytes !== undefined) return `${quoted} p += ${code.fixedBytes};`;
  return `{ const l = ${readLength(code.prefixBytes!)}; p += ${code.prefixBytes!}; if (p + l > end) corrupt(); ${quoted} p += l; }`;
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

/** Type codes whose image is as long as the length before it says. */
export const BLOB_TYPES: ReadonlySet<number> = new Set([
  T.TINY_BLOB,
  T.MEDIUM_BLOB,
  T.LONG_BLOB,
  T.BLOB,
]);

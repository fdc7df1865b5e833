import type { Column } from "../core/schema.ts";
import type { MappedColumn } from "./table-map.ts";

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

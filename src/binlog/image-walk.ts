import { TailraceError } from "../core/errors.ts";
import type { LayoutColumn } from "./column-layout.ts";
import { valueCode } from "./value-code.ts";

/** How many bytes a column's values take in a row image: `fixedBytes`, or as many as a little-endian length of `prefixBytes` bytes before them says. */
export interface ValueSize {
  readonly fixedBytes: number;
  /** 0 for values of fixed size. */
  readonly prefixBytes: number;
}

/** The sizes of a table's values, by column. Throws BINLOG_UNSUPPORTED for a type without a row format known here. */
export function valueSizes(columns: readonly LayoutColumn[]): readonly ValueSize[] {
  return columns.map((column, index) => {
    const { fixedBytes = 0, prefixBytes = 0 } = valueCode(column, index, {});
    return { fixedBytes, prefixBytes };
  });
}

/**
 * Walks the full row image at `start` and calls `visit` with the place of each value that is not NULL; returns the image's end. For tables whose rows
 * need more than their compiled encoder gives: it is slower. Throws BINLOG_CORRUPT when the image goes beyond `end`.
 */
export function walkImage(
  bytes: Buffer,
  { start, end }: { readonly start: number; readonly end: number },
  sizes: readonly ValueSize[],
  visit: (column: number, valueStart: number, valueEnd: number) => void,
): number {
  let p = start + ((sizes.length + 7) >> 3);
  if (p > end) throw overrun();
  for (const [column, { fixedBytes, prefixBytes }] of sizes.entries()) {
    if ((bytes[start + (column >> 3)]! & (1 << (column & 7))) !== 0) continue;
    if (p + prefixBytes > end) throw overrun();
    const length = prefixBytes === 0 ? fixedBytes : bytes.readUIntLE(p, prefixBytes);
    const valueStart = p + prefixBytes;
    p = valueStart + length;
    if (p > end) throw overrun();
    visit(column, valueStart, p);
  }
  return p;
}

function overrun(): TailraceError {
  return new TailraceError("BINLOG_CORRUPT", "A row is longer than its row event.");
}

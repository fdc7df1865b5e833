import { valueSizes, walkImage } from "../binlog/image-walk.ts";
import type { LayoutColumn } from "../binlog/column-layout.ts";
import type { RowsBody } from "../binlog/rows-event.ts";
import type { IncompleteRow, Operation } from "../core/change-event.ts";
import { TailraceError } from "../core/errors.ts";

/** Row images with one operation, `bytes[start, end)`. */
export interface RowRange {
  readonly operation: Operation;
  readonly start: number;
  readonly end: number;
}

/** Tells the current rows of a system-versioned table from its history. */
export interface CurrentRows {
  /** What the rows of an event with full images did to current rows, in order. */
  split(operation: Operation, body: RowsBody): readonly RowRange[];
  /** The same for rows whose images lack columns. */
  filter(rows: readonly IncompleteRow[]): readonly IncompleteRow[];
}

/** Seconds (2^31-1, from MariaDB 11.5 on 2^32-1) and microseconds of TIMESTAMP(6)'s greatest value, big-endian: the row is current. */
const CURRENT_ENDS: readonly Buffer[] = [
  Buffer.from("7fffffff0f423f", "hex"),
  Buffer.from("ffffffff0f423f", "hex"),
];
const CURRENT_END_TEXTS: ReadonlySet<string | null | undefined> = new Set([
  '"2038-01-19T03:14:07.999999Z"',
  '"2106-02-07T06:28:15.999999Z"',
]);

/**
 * In a system-versioned table (https://mariadb.com/kb/en/system-versioned-tables/) an UPDATE is logged as an update of the row and an insert of the row as it
 * was, which has ended; a DELETE as an update that sets the row's end; and DELETE HISTORY as deletes of ended rows. The stream has current rows only: what
 * touches history alone is left out, an update that ends a row is its delete.
 */
export function createCurrentRows(columns: readonly LayoutColumn[], rowEnd: number): CurrentRows {
  const sizes = valueSizes(columns);
  if (sizes[rowEnd]?.fixedBytes !== CURRENT_ENDS[0]!.length) {
    throw new TailraceError(
      "BINLOG_UNSUPPORTED",
      "A row's end is of another type than TIMESTAMP(6).",
    );
  }
  return {
    split: (operation, { bytes, start: first, end }) => {
      const ranges: RowRange[] = [];
      const read = (start: number): { readonly isCurrent: boolean; readonly next: number } => {
        let isCurrent = false;
        const next = walkImage(bytes, { start, end }, sizes, (column, from, to) => {
          if (column === rowEnd)
            isCurrent = CURRENT_ENDS.some((value) => value.compare(bytes, from, to) === 0);
        });
        return { isCurrent, next };
      };
      let start = first;
      while (start < end) {
        const image = read(start);
        if (operation !== "update") {
          if (image.isCurrent) append(ranges, { operation, start, end: image.next });
          start = image.next;
          continue;
        }
        const after = read(image.next);
        if (image.isCurrent && after.isCurrent) {
          append(ranges, { operation, start, end: after.next });
        } else if (image.isCurrent) {
          append(ranges, { operation: "delete", start, end: image.next });
        } else if (after.isCurrent) {
          append(ranges, { operation: "insert", start: image.next, end: after.next });
        }
        start = after.next;
      }
      return ranges;
    },
    filter: (rows) =>
      rows.flatMap(({ before, after }) => {
        const wasCurrent = before !== null && CURRENT_END_TEXTS.has(before[rowEnd]);
        const end = after?.[rowEnd] === undefined ? before?.[rowEnd] : after[rowEnd];
        const isCurrent = after !== null && CURRENT_END_TEXTS.has(end);
        if (!wasCurrent && !isCurrent) return [];
        return [{ before: wasCurrent ? before : null, after: isCurrent ? after : null }];
      }),
  };
}

/** Adds a range; one that goes on where the last ended, with the same operation, makes that longer. */
function append(ranges: RowRange[], range: RowRange): void {
  const last = ranges.at(-1);
  if (last?.operation === range.operation && last.end === range.start)
    ranges[ranges.length - 1] = { ...last, end: range.end };
  else ranges.push(range);
}

import type { ChangeOrigin, Operation } from "../core/change-event.ts";
import type { JsonRow } from "../core/json-row.ts";

/** What a record says of one row. `before` and `after` hold the JSON text of each column; an insert has no `before`, a delete no `after`. */
export interface RowChange {
  readonly operation: Operation;
  readonly before: JsonRow | null;
  readonly after: JsonRow | null;
  readonly origin: ChangeOrigin;
  /** End of the event in the source's log, `epoch (8 bits) | file number (20) | position (35)`. */
  readonly versionHigh: number;
  readonly versionLow: number;
  /** Which row of its event it is, from 0. */
  readonly index: number;
}

/** A format of one record a row, put together from the texts of its columns, for one definition of a table. */
export interface RowFormat {
  /** The record's key; null where the table has none. */
  key(row: JsonRow): string | null;
  value(change: RowChange): string;
  /** A deletion is followed by a record with the same key and no value, which lets a compacted topic forget both. */
  readonly hasTombstones: boolean;
}

/** The member of a JSON object for each column whose value is known, without braces. */
export function membersOf(columns: readonly ColumnText[], row: JsonRow): string {
  const members: string[] = [];
  for (const { index, name, convert } of columns) {
    const text = row[index];
    if (text !== undefined) members.push(`${name}:${text === null ? "null" : convert(text)}`);
  }
  return members.join(",");
}

/** A column as a format writes it. */
export interface ColumnText {
  readonly index: number;
  /** As a JSON string. */
  readonly name: string;
  readonly convert: ConvertValue;
}

/** Turns the JSON text of a value in a document, not NULL, into that of the value in a record. */
export type ConvertValue = (text: string) => string;

/** Where the event of a change ends in the source's log: number of the file, and bytes from its start. */
export function logPlace(change: RowChange): {
  readonly fileNumber: number;
  readonly position: number;
} {
  const { versionHigh, versionLow } = change;
  return {
    fileNumber: (versionHigh >>> 3) & 0xfffff,
    position: (versionHigh & 7) * 2 ** 32 + (versionLow >>> 0),
  };
}

/** The name of a file of the source's log: `binlog.000004`. */
export function logFileName(baseName: string, fileNumber: number): string {
  return `${baseName}.${String(fileNumber).padStart(6, "0")}`;
}

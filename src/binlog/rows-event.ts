import { EventType } from "./constants.ts";
import { Cursor } from "./cursor.ts";
import { uncompressMariadb } from "./mariadb-compression.ts";
import type { Operation } from "../core/change-event.ts";

/** What a rows event's type says about its content. */
export interface RowsEventType {
  readonly operation: Operation;
  /** Version 2: extra data between flags and width. */
  readonly extraData: boolean;
  /** After images may hold JSON diffs instead of JSON values. */
  readonly partialJson: boolean;
  /** MariaDB's compressed rows. */
  readonly compressed: boolean;
}

/** The rows events by type code. */
export const ROWS_EVENT_TYPES: ReadonlyMap<number, RowsEventType> = new Map([
  [EventType.WRITE_ROWS, type("insert", true)],
  [EventType.UPDATE_ROWS, type("update", true)],
  [EventType.DELETE_ROWS, type("delete", true)],
  [EventType.PARTIAL_UPDATE_ROWS, type("update", true, { partialJson: true })],
  [EventType.WRITE_ROWS_V1, type("insert", false)],
  [EventType.UPDATE_ROWS_V1, type("update", false)],
  [EventType.DELETE_ROWS_V1, type("delete", false)],
  [EventType.MARIADB_WRITE_ROWS_COMPRESSED_V1, type("insert", false, { compressed: true })],
  [EventType.MARIADB_UPDATE_ROWS_COMPRESSED_V1, type("update", false, { compressed: true })],
  [EventType.MARIADB_DELETE_ROWS_COMPRESSED_V1, type("delete", false, { compressed: true })],
  [EventType.MARIADB_WRITE_ROWS_COMPRESSED, type("insert", true, { compressed: true })],
  [EventType.MARIADB_UPDATE_ROWS_COMPRESSED, type("update", true, { compressed: true })],
  [EventType.MARIADB_DELETE_ROWS_COMPRESSED, type("delete", true, { compressed: true })],
]);

function type(
  operation: Operation,
  extraData: boolean,
  more: { partialJson?: boolean; compressed?: boolean } = {},
): RowsEventType {
  return {
    operation,
    extraData,
    partialJson: more.partialJson ?? false,
    compressed: more.compressed ?? false,
  };
}

/** Where the parts of a rows event lie. The row images are `bytes[start, end)`; they lie in another buffer when they were compressed. */
export interface RowsBody {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  readonly columnCount: number;
  /** Which columns the (before) image has, a bit a column; null when it has all. */
  readonly present: Buffer | null;
  /** Which columns the after image of an update has; null when it has all. */
  readonly presentAfter: Buffer | null;
}

/**
 * Decodes the head of a rows event: table id 6, flags 2, version 2: length of extra data 2 (itself included) and data, width (packed), a bitmap of
 * columns present, for updates a second one; then the row images
 * (https://dev.mysql.com/doc/dev/mysql-server/latest/classmysql_1_1binlog_1_1event_1_1Rows__event.html).
 */
export function decodeRowsBody(
  rows: RowsEventType,
  bytes: Buffer,
  range: { readonly start: number; readonly end: number },
): RowsBody {
  const c = new Cursor(bytes, range.start, range.end);
  c.take(8);
  if (rows.extraData) c.take(Math.max(0, c.uint16() - 2));
  const columnCount = c.packed();
  const present = readBitmap(c, columnCount);
  const presentAfter = rows.operation === "update" ? readBitmap(c, columnCount) : null;
  if (!rows.compressed)
    return { bytes, start: c.offset, end: range.end, columnCount, present, presentAfter };
  const plain = uncompressMariadb(bytes.subarray(c.offset, range.end));
  return { bytes: plain, start: 0, end: plain.length, columnCount, present, presentAfter };
}

function readBitmap(c: Cursor, columnCount: number): Buffer | null {
  const bitmap = c.view((columnCount + 7) >> 3);
  const whole = columnCount >> 3;
  for (let i = 0; i < whole; i++) if (bitmap[i] !== 0xff) return bitmap;
  const rest = (1 << (columnCount & 7)) - 1;
  return rest === 0 || (bitmap[whole]! & rest) === rest ? null : bitmap;
}

/** Is column `index` in an image with this bitmap? */
export function isPresent(bitmap: Buffer | null, index: number): boolean {
  return bitmap === null || (bitmap[index >> 3]! & (1 << (index & 7))) !== 0;
}

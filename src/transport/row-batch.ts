import type {
  ChangeOrigin,
  IncompleteRow,
  IncompleteRowsEvent,
  Operation,
  RowsEvent,
} from "../core/change-event.ts";
import type { SourcePosition } from "../core/checkpoint.ts";
import type { RecordRow } from "./record-layout.ts";
import { faultOfId, jsonRowOf, type RecordTable } from "./record-table.ts";
import { MISSING } from "./row-scanner.ts";

/** What the rows of a record have in common. */
export interface RowsOrigin extends ChangeOrigin {
  readonly versionHigh: number;
  readonly versionLow: number;
  /** The topic and partition, and the offset. */
  readonly position: SourcePosition;
}

/** What is known of a row beside its columns; numbers per row in `#rows`. */
const BEFORE = 0;
const AFTER = 1;
const BYTES = 2;
const ROW_NUMBERS = 3;

/** Neither image. */
const NONE = -1;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * The rows of one record: where each column's value lies. Filled row by row, then taken as events, one a row. Nothing is allocated for a row but what a larger record
 * than any before needs.
 */
export class RowBatch {
  /** How many rows were added. */
  count = 0;
  /** The place behind what was told of the last row before its update. */
  behindBefore = -1;
  readonly #row: RecordRow = {
    bytes: Buffer.alloc(0),
    spans: new Int32Array(1024),
    first: 0,
    second: 0,
    split: 0,
  };
  #rows = new Int32Array(ROW_NUMBERS * 64);
  #used = 0;
  #operation: Operation = "insert";
  #table: RecordTable | null = null;
  /** Reused for every row; what changes is set. */
  #event: Mutable<RowsEvent> | null = null;

  /** Forgets the rows. */
  clear(): void {
    this.count = 0;
  }

  /** Begins a record's rows. */
  open(table: RecordTable, operation: Operation, bytes: Buffer): void {
    this.#table = table;
    this.#operation = operation;
    this.#row.bytes = bytes;
    this.count = 0;
    this.#used = 0;
  }

  /**
   * Scans the row's object at `p`, and what is told of the row before an update at `before` (-1 = nothing): columns that it lacks are as they are after.
   * Returns the place behind the row at `p`. Throws a RecordFault.
   */
  add(p: number, end: number, before: number, beforeEnd: number): number {
    const { bytes } = this.#row;
    const isDelete = this.#operation === "delete";
    const image = this.#room();
    const next = this.#scanner.scan(bytes, p, end, this.#row.spans, image);
    let old = NONE;
    if (this.#operation === "update") {
      old = this.#copyOf(image);
      if (before >= 0)
        this.behindBefore = this.#scanner.scan(bytes, before, beforeEnd, this.#row.spans, old);
    }
    this.#push(isDelete ? image : old, isDelete ? NONE : image, next - p);
    return next;
  }

  /** Row `index` as an event: the reused RowsEvent, an incomplete one, or why the row is none. */
  event(index: number, origin: RowsOrigin): RowsEvent | IncompleteRowsEvent | string {
    const table = this.#table!;
    const { bytes, spans } = this.#row;
    const at = index * ROW_NUMBERS;
    const before = this.#rows[at + BEFORE]!;
    const after = this.#rows[at + AFTER]!;
    const fault =
      (before === NONE ? null : faultOfId(table, bytes, spans, before)) ??
      (after === NONE ? null : faultOfId(table, bytes, spans, after));
    if (fault !== null) return fault;
    const isWhole =
      this.#operation === "delete"
        ? this.#hasIds(before)
        : !this.#lacksColumns(before) && !this.#lacksColumns(after);
    if (!isWhole) return this.#incomplete(before, after, origin);
    const isUpdate = this.#operation === "update";
    const size = this.#rows[at + BYTES]!;
    const row = this.#row;
    row.first = before === NONE ? after : before;
    row.second = after;
    row.split = isUpdate ? 1 : size;
    return this.#rowsEvent(isUpdate ? 1 + size : size, origin);
  }

  #rowsEvent(end: number, origin: RowsOrigin): RowsEvent {
    const operation = this.#operation;
    const table = this.#table!.version;
    const { versionHigh, versionLow, timestampMs, commitTimeUs, gtid } = origin;
    const event = this.#event;
    if (event === null) {
      const row = { kind: "rows", operation, table, bytes: this.#row, start: 0, end } as const;
      return (this.#event = { ...row, versionHigh, versionLow, timestampMs, commitTimeUs, gtid });
    }
    event.operation = operation;
    event.table = table;
    event.end = end;
    event.versionHigh = versionHigh;
    event.versionLow = versionLow;
    event.timestampMs = timestampMs;
    event.commitTimeUs = commitTimeUs;
    event.gtid = gtid;
    return event;
  }

  #incomplete(before: number, after: number, origin: RowsOrigin): IncompleteRowsEvent {
    const table = this.#table!;
    const { bytes, spans } = this.#row;
    const row: IncompleteRow = {
      before: before === NONE ? null : jsonRowOf(table, bytes, spans, before),
      after: after === NONE ? null : jsonRowOf(table, bytes, spans, after),
    };
    const { versionHigh, versionLow, timestampMs, commitTimeUs, gtid, position } = origin;
    const what = { kind: "incomplete", operation: this.#operation, table: table.version } as const;
    return {
      ...what,
      rows: [row],
      versionHigh,
      versionLow,
      timestampMs,
      commitTimeUs,
      gtid,
      position,
    };
  }

  get #scanner(): RecordTable["scanner"] {
    return this.#table!.scanner;
  }

  /** All that deleting needs. */
  #hasIds(image: number): boolean {
    const { idColumns } = this.#table!;
    return idColumns.every((index) => this.#row.spans[image + 2 * index] !== MISSING);
  }

  #lacksColumns(image: number): boolean {
    if (image === NONE) return false;
    const { spans } = this.#row;
    const end = image + 2 * this.#scanner.columns;
    for (let i = image; i < end; i += 2) if (spans[i] === MISSING) return true;
    return false;
  }

  /** Room for a row image, all columns missing. */
  #room(): number {
    const image = this.#used;
    const end = image + 2 * this.#scanner.columns;
    if (end > this.#row.spans.length) {
      const spans = new Int32Array(2 * end);
      spans.set(this.#row.spans);
      this.#row.spans = spans;
    }
    this.#row.spans.fill(MISSING, image, end);
    this.#used = end;
    return image;
  }

  #copyOf(image: number): number {
    const copy = this.#room();
    this.#row.spans.copyWithin(copy, image, copy);
    return copy;
  }

  #push(before: number, after: number, bytes: number): void {
    const at = ROW_NUMBERS * this.count++;
    if (at + ROW_NUMBERS > this.#rows.length) {
      const rows = new Int32Array(2 * this.#rows.length);
      rows.set(this.#rows);
      this.#rows = rows;
    }
    this.#rows[at + BEFORE] = before;
    this.#rows[at + AFTER] = after;
    this.#rows[at + BYTES] = bytes;
  }
}

import type {
  ChangeOrigin,
  IncompleteRow,
  IncompleteRowsEvent,
  Operation,
  RowsEvent,
} from "../core/change-event.ts";
import type { SourcePosition } from "../core/checkpoint.ts";
import type { TableSchema } from "../core/schema.ts";
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
const IMAGE = 0;
/** The image before an update, as far as it is another; -1 = it is not. */
const BEFORE = 1;
const BYTES = 2;
const ROW_NUMBERS = 3;

const NONE = -1;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * The rows of one record: where each column's value lies. Filled row by row, then taken as events, one a row. Nothing is allocated for a row but what a larger record
 * than any before needs.
 */
export class RowBatch {
  /** How many rows were added. */
  count = 0;
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

  /** Begins a record's rows; {@link finish} says what has happened to them. */
  open(table: RecordTable, bytes: Buffer): void {
    this.#table = table;
    this.#row.bytes = bytes;
    this.count = 0;
    this.#used = 0;
  }

  /** Scans the row's object at `p`; returns the place behind it. Throws a RecordFault. */
  add(p: number, end: number): number {
    const image = this.#room();
    const next = this.#scanner.scan(this.#row.bytes, p, end, this.#row.spans, image);
    const at = this.#push();
    this.#rows[at + IMAGE] = image;
    this.#rows[at + BEFORE] = NONE;
    this.#rows[at + BYTES] = next - p;
    return next;
  }

  /** Scans what is told of row `index` before its update, the object at `p`: columns that it lacks were as they are after. Returns the place behind it. */
  addBefore(index: number, p: number, end: number): number {
    const at = index * ROW_NUMBERS;
    const image = this.#rows[at + IMAGE]!;
    const copy = this.#room();
    const { spans, bytes } = this.#row;
    spans.copyWithin(copy, image, image + 2 * this.#scanner.columns);
    this.#rows[at + BEFORE] = copy;
    return this.#scanner.scan(bytes, p, end, spans, copy);
  }

  /** What has happened to the rows: of a deletion they are what was deleted. */
  finish(operation: Operation): void {
    this.#operation = operation;
  }

  /** Was the row of another document before its update? */
  hasMoved(index: number): boolean {
    const at = index * ROW_NUMBERS;
    const image = this.#rows[at + IMAGE]!;
    const before = this.#rows[at + BEFORE]!;
    if (before === NONE || this.#operation !== "update") return false;
    const { bytes, spans } = this.#row;
    return this.#table!.idColumns.some((column) => {
      const [a, b] = [image + 2 * column, before + 2 * column];
      if (spans[a] === spans[b] || spans[a] === MISSING || spans[b] === MISSING) return false;
      // NULL
      if (spans[a]! < 0 || spans[b]! < 0) return true;
      return bytes.compare(bytes, spans[a], spans[a + 1], spans[b], spans[b + 1]) !== 0;
    });
  }

  /** The table of the rows. */
  get schema(): TableSchema {
    return this.#table!.version.schema;
  }

  /** Row `index` as an event: the reused RowsEvent, an incomplete one, or why the row is none. */
  event(index: number, origin: RowsOrigin): RowsEvent | IncompleteRowsEvent | string {
    const table = this.#table!;
    const { bytes, spans } = this.#row;
    const at = index * ROW_NUMBERS;
    const image = this.#rows[at + IMAGE]!;
    const operation = this.#operation;
    const told = this.#rows[at + BEFORE]!;
    const before = operation === "insert" ? NONE : told === NONE ? image : told;
    const after = operation === "delete" ? NONE : image;
    const fault =
      faultOfId(table, bytes, spans, image) ??
      (told === NONE ? null : faultOfId(table, bytes, spans, told));
    if (fault !== null) return fault;
    const isWhole =
      operation === "delete"
        ? this.#hasIds(image)
        : !this.#lacksColumns(image) && (told === NONE || !this.#lacksColumns(told));
    if (!isWhole) return this.#incomplete(before, after, origin);
    const isUpdate = operation === "update";
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

  /** Where the numbers of one more row go. */
  #push(): number {
    const at = ROW_NUMBERS * this.count++;
    if (at + ROW_NUMBERS > this.#rows.length) {
      const rows = new Int32Array(2 * this.#rows.length);
      rows.set(this.#rows);
      this.#rows = rows;
    }
    return at;
  }
}

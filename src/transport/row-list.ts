import type { Operation, RowsEvent } from "../core/change-event.ts";
import type { TablePartitioner } from "./partitioner.ts";

/** Operations by their number in a {@link RowList}. */
export const OPERATIONS: readonly Operation[] = ["insert", "update", "delete"];

/**
 * The rows of one event by partition, without an object a row: a list for each partition, threaded through arrays, in the order in which rows were added.
 */
export class RowList {
  /** By row: where its images begin and end. */
  starts = new Int32Array(256);
  ends = new Int32Array(256);
  /** By row: index into {@link OPERATIONS}. */
  operations = new Uint8Array(256);
  /** Partitions that have rows, in the order of their first. */
  readonly partitions: number[] = [];
  /** An update has changed a primary key. */
  hasMoves = false;
  #next = new Int32Array(256);
  #first = new Int32Array(0);
  #last = new Int32Array(0);
  #count = 0;

  /** Empties the list for a topic of so many partitions. */
  reset(partitions: number): void {
    if (this.#first.length < partitions) {
      this.#first = new Int32Array(partitions);
      this.#last = new Int32Array(partitions);
      this.#first.fill(-1);
    } else for (const partition of this.partitions) this.#first[partition] = -1;
    this.partitions.length = 0;
    this.hasMoves = false;
    this.#count = 0;
  }

  /** Adds a row whose images lie in [start, end). */
  add(operation: number, start: number, end: number, partition: number): void {
    const row = this.#count++;
    if (row === this.starts.length) this.#grow();
    this.starts[row] = start;
    this.ends[row] = end;
    this.operations[row] = operation;
    this.#next[row] = -1;
    if (this.#first[partition]! < 0) {
      this.#first[partition] = row;
      this.partitions.push(partition);
    } else this.#next[this.#last[partition]!] = row;
    this.#last[partition] = row;
  }

  /** The partition's first row, -1 without one. */
  first(partition: number): number {
    return this.#first[partition]!;
  }

  /** The row behind `row` in its partition, -1 behind the last. */
  next(row: number): number {
    return this.#next[row]!;
  }

  #grow(): void {
    const larger = (array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
      const copy = new Int32Array(2 * array.length);
      copy.set(array);
      return copy;
    };
    this.starts = larger(this.starts);
    this.ends = larger(this.ends);
    this.#next = larger(this.#next);
    const operations = new Uint8Array(this.starts.length);
    operations.set(this.operations);
    this.operations = operations;
  }
}

/** What a scan needs. */
export interface ScanOptions {
  /** See `CanalRows.rowEnd`. */
  readonly rows: { rowEnd(bytes: unknown, p: number, end: number): number };
  readonly partitioner: TablePartitioner;
  readonly list: RowList;
  readonly partitions: number;
}

const [INSERT, UPDATE, DELETE] = [0, 1, 2] as const;

/**
 * Fills the list with an event's rows; an update that changes the primary key becomes a delete and an insert. Returns where the last row image begins, -1
 * without rows. Throws BINLOG_CORRUPT.
 */
export function scanRows(event: RowsEvent, options: ScanOptions): number {
  options.list.reset(options.partitions);
  return event.operation === "update" ? scanUpdates(event, options) : scanImages(event, options);
}

function scanImages({ bytes, start, end, operation }: RowsEvent, options: ScanOptions): number {
  const { rows, partitioner, list, partitions } = options;
  const kind = operation === "insert" ? INSERT : DELETE;
  let last = -1;
  for (let p = start; p < end;) {
    const next = rows.rowEnd(bytes, p, end);
    list.add(kind, p, next, partitions === 1 ? 0 : partitioner.ofImage(bytes, p, next, partitions));
    last = p;
    p = next;
  }
  return last;
}

function scanUpdates({ bytes, start, end }: RowsEvent, options: ScanOptions): number {
  const { rows, partitioner, list, partitions } = options;
  const partitionOf = (p: number, imageEnd: number): number =>
    partitions === 1 ? 0 : partitioner.ofImage(bytes, p, imageEnd, partitions);
  let last = -1;
  for (let p = start; p < end;) {
    const after = rows.rowEnd(bytes, p, end);
    const next = rows.rowEnd(bytes, after, end);
    if (partitioner.isSameKey(bytes, p, after, next)) {
      list.add(UPDATE, p, next, partitionOf(after, next));
    } else {
      list.hasMoves = true;
      list.add(DELETE, p, after, partitionOf(p, after));
      list.add(INSERT, after, next, partitionOf(after, next));
    }
    last = after;
    p = next;
  }
  return last;
}

/** Keys are compared by hashes: two with one hash only have a delete be as new as its event without need. */
const HASHES = 0x7fffffff;

/** Does an update of the event take a row away from a key that the event has written before? Of an event of updates that `scanRows` has found moves in. */
export function leavesWrittenKey(
  { bytes, start, end }: RowsEvent,
  { rows, partitioner }: Pick<ScanOptions, "rows" | "partitioner">,
): boolean {
  const written = new Set<number>();
  for (let p = start; p < end;) {
    const after = rows.rowEnd(bytes, p, end);
    const next = rows.rowEnd(bytes, after, end);
    if (
      written.size > 0 &&
      !partitioner.isSameKey(bytes, p, after, next) &&
      written.has(partitioner.ofImage(bytes, p, after, HASHES))
    )
      return true;
    if (next < end) written.add(partitioner.ofImage(bytes, after, next, HASHES));
    p = next;
  }
  return false;
}

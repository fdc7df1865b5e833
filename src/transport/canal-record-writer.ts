import type { Operation } from "../core/change-event.ts";
import type { RecordTopic, RecordWriter } from "../core/record.ts";
import { appendParts } from "./append-parts.ts";
import { type CanalEnvelope, RECORD_ENDS, RECORD_START } from "./canal-envelope.ts";
import type { CanalRows } from "./canal-generate.ts";
import { GrowingBuffer } from "./growing-buffer.ts";
import { OPERATIONS, type RowList } from "./row-list.ts";

/** What the records of one event have in common. */
export interface EventRecords {
  readonly rows: CanalRows;
  /** Is there a primary key? */
  readonly hasKey: boolean;
  /** The event's row images, before `end`. */
  readonly bytes: unknown;
  readonly end: number;
  readonly list: RowList;
  readonly envelope: CanalEnvelope;
  /** The headers of a record of this operation, whole or of a key only; valid until the next call. */
  readonly headers: (operation: Operation, keyOnly: boolean) => Uint8Array;
  /** Called for each row of which a record holds only the key. */
  readonly onKeyOnly: () => void;
  readonly nowMs: number;
  readonly topic: RecordTopic;
  readonly writer: RecordWriter;
}

const NULL = Buffer.from("null");
const COMMA = 0x2c;
const OPEN = 0x5b;
const CLOSE = 0x5d;

/** Puts records of Canal's flat JSON together from row images. */
export class CanalRecordWriter {
  readonly #value = new GrowingBuffer();
  /** The `old` of an update's record, until its rows are written. */
  readonly #old = new GrowingBuffer();
  /** The rows of one record, as numbers in the event's list. */
  #run = new Int32Array(256);

  /**
   * Appends the records of a partition's rows: one for each run of rows of one operation, in parts where that is too large for the topic. Returns how many rows
   * the topic does not take, not even their keys.
   */
  write(records: EventRecords, partition: number): number {
    const { list } = records;
    let refused = 0;
    let count = 0;
    for (let row = list.first(partition); row >= 0; row = list.next(row)) {
      if (count > 0 && list.operations[row] !== list.operations[this.#run[0]!]) {
        refused += this.#appendRun(records, partition, count);
        count = 0;
      }
      if (count === this.#run.length) this.#growRun();
      this.#run[count++] = row;
    }
    return refused + this.#appendRun(records, partition, count);
  }

  /** Gives back what large rows have taken. */
  shrink(): void {
    this.#value.shrink();
    this.#old.shrink();
  }

  #growRun(): void {
    const larger = new Int32Array(2 * this.#run.length);
    larger.set(this.#run);
    this.#run = larger;
  }

  #appendRun(records: EventRecords, partition: number, count: number): number {
    const { hasKey, headers, list, nowMs: timestampMs, topic, writer } = records;
    const operation = OPERATIONS[list.operations[this.#run[0]!]!]!;
    return appendParts(0, count, (from, to, keyOnly) => {
      if (keyOnly && !hasKey) return false;
      const length = keyOnly ? this.#encodeKey(records, from) : this.#encode(records, from, to);
      const value = this.#value.bytes.subarray(0, length);
      const isWritten = writer.append(topic, partition, {
        key: null,
        value,
        headers: headers(operation, keyOnly),
        timestampMs,
      });
      if (keyOnly && isWritten) records.onKeyOnly();
      return isWritten;
    });
  }

  /** Writes the record of rows of one operation and returns its length. */
  #encode(records: EventRecords, from: number, to: number): number {
    const { bytes, end, list, rows } = records;
    const operation = OPERATIONS[list.operations[this.#run[from]!]!]!;
    const isUpdate = operation === "update";
    let o = copyInto(this.#value.bytes, 0, RECORD_START);
    let oldLength = 0;
    for (let i = from; i < to; i++) {
      const row = this.#run[i]!;
      const start = list.starts[row]!;
      const room = rows.bound + 8 * (list.ends[row]! - start);
      const out = this.#value.reserve(o, room);
      if (i > from) out[o++] = COMMA;
      if (isUpdate) {
        o = rows.writeAfter(bytes, start, end, out, o);
        const old = this.#old.reserve(oldLength, room);
        old[oldLength++] = i > from ? COMMA : OPEN;
        oldLength = rows.writeOld(bytes, end, old, oldLength);
      } else o = rows.writeRow(bytes, start, end, out, o);
    }
    if (isUpdate) this.#old.bytes[oldLength++] = CLOSE;
    const old = isUpdate ? this.#old.bytes.subarray(0, oldLength) : NULL;
    return this.#close(records.envelope, o, old, RECORD_ENDS[operation]);
  }

  /** Writes the record of a row's key and returns its length. */
  #encodeKey({ bytes, end, envelope, list, rows }: EventRecords, at: number): number {
    const row = this.#run[at]!;
    const operation = OPERATIONS[list.operations[row]!]!;
    const before = list.starts[row]!;
    const start = operation === "update" ? rows.rowEnd(bytes, before, end) : before;
    const out = this.#value.reserve(0, rows.bound + 8 * (list.ends[row]! - start));
    const o = rows.writeKeyRow(bytes, start, end, out, copyInto(out, 0, RECORD_START));
    return this.#close(envelope, o, NULL, RECORD_ENDS[operation]);
  }

  /** Writes what follows the rows. */
  #close(envelope: CanalEnvelope, o: number, old: Buffer, last: Buffer): number {
    const { middle, end } = envelope;
    const out = this.#value.reserve(o, middle.length + old.length + end.length + last.length);
    return copyInto(out, copyInto(out, copyInto(out, copyInto(out, o, middle), old), end), last);
  }
}

function copyInto(out: Buffer, o: number, bytes: Buffer): number {
  out.set(bytes, o);
  return o + bytes.length;
}

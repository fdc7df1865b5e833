import type { ChangeOrigin, IncompleteRow, Operation, RowsEvent } from "../core/change-event.ts";
import type { JsonRow } from "../core/json-row.ts";
import type { RecordTopic, RecordWriter } from "../core/record.ts";
import type { TableVersion } from "../core/row-layout.ts";
import type { TableSchema } from "../core/schema.ts";
import { murmur2, murmur2Partition } from "./hashes.ts";
import { MoveVersions, type RecordVersion, WrittenKeys } from "./move-version.ts";
import type { JsonRowPartitioner, Partitioner } from "./partitioner.ts";
import type { JsonRowsEvent, OnKeyOnly, RecordEncoder, RecordGap } from "./record-encoder.ts";
import { HeaderBlock, schemaId } from "./record-headers.ts";
import type { RowChange, RowFormat } from "./row-format.ts";
import { compileRowTexts, type ReadRowTexts } from "./row-texts.ts";

/** How a {@link TextRecordEncoder} works. */
export interface TextRecordEncoderOptions {
  /** Compiles the format for one definition of a table. */
  readonly createFormat: (schema: TableSchema) => RowFormat;
  readonly partitioner: Partitioner;
  /**
   * ms since 1970, which records are stamped with. Not the change's own time: a topic's retention goes by the stamp, and what was read late would be deleted
   * before it is read.
   */
  readonly now: () => number;
  readonly onKeyOnly?: OnKeyOnly | undefined;
}

/**
 * Writes rows in a {@link RowFormat}, a record a row: for formats that are not worth code of their own for each table. Where the partitioner goes by the
 * primary key under murmur2, it is the record's key that is hashed, so that any Kafka client agrees.
 */
export class TextRecordEncoder implements RecordEncoder {
  readonly #options: TextRecordEncoderOptions;
  readonly #readers = new WeakMap<TableVersion, ReadRowTexts>();
  readonly #tables = new WeakMap<TableSchema, Table>();
  readonly #headers = new HeaderBlock();
  readonly #moves = new MoveVersions();

  constructor(options: TextRecordEncoderOptions) {
    this.#options = options;
  }

  take(event: RowsEvent, topic: RecordTopic, writer: RecordWriter): readonly RecordGap[] {
    const { operation, bytes, end, table } = event;
    const read = this.#readerOf(table);
    const out = this.#begin(event, table.schema, { topic, writer });
    const next = { p: event.start };
    while (next.p < end) {
      const first = read(bytes, next.p, end, next);
      if (operation === "update") out.row(first, read(bytes, next.p, end, next));
      else out.row(operation === "delete" ? first : null, operation === "insert" ? first : null);
    }
    return out.gaps;
  }

  takeJsonRows(
    event: JsonRowsEvent,
    topic: RecordTopic,
    writer: RecordWriter,
  ): readonly RecordGap[] {
    const out = this.#begin(event, event.schema, { topic, writer });
    for (const { before, after } of event.rows) out.row(before, after);
    return out.gaps;
  }

  /** The programs whose formats these are write changes of definitions to topics of their own, if at all. */
  takeSchemaChange(): void {
    return;
  }

  #begin(event: EventOrigin, schema: TableSchema, to: Destination): EventRecords {
    let table = this.#tables.get(schema);
    if (table === undefined) {
      const { createFormat, partitioner } = this.#options;
      table = {
        schema,
        id: schemaId(schema),
        format: createFormat(schema),
        partitioner: partitioner.ofJsonRows(schema),
        hashesKey: partitioner.goesByKey(schema),
      };
      this.#tables.set(schema, table);
    }
    return new EventRecords(event, table, {
      ...to,
      headers: this.#headers,
      nowMs: this.#options.now(),
      onKeyOnly: this.#options.onKeyOnly,
      moved: this.#moves.of(event),
    });
  }

  #readerOf(table: TableVersion): ReadRowTexts {
    let reader = this.#readers.get(table);
    if (reader === undefined) {
      reader = compileRowTexts(table.layout);
      this.#readers.set(table, reader);
    }
    return reader;
  }
}

interface Table {
  readonly schema: TableSchema;
  readonly id: Buffer;
  readonly format: RowFormat;
  readonly partitioner: JsonRowPartitioner;
  /** The partition is chosen by the bytes of the record's key. */
  readonly hashesKey: boolean;
}

interface Destination {
  readonly topic: RecordTopic;
  readonly writer: RecordWriter;
}

interface EventDestination extends Destination {
  readonly nowMs: number;
  readonly onKeyOnly: OnKeyOnly | undefined;
  readonly headers: HeaderBlock;
  /** Of deletes that stand for a row's old place. */
  readonly moved: RecordVersion;
}

/** A record but for its topic and partition. */
interface RecordContent {
  readonly key: Buffer | null;
  readonly value: string | null;
  readonly keyOnly: boolean;
}

interface EventOrigin extends ChangeOrigin {
  readonly operation: Operation;
  readonly versionHigh: number;
  readonly versionLow: number;
}

/** The records of one event. */
class EventRecords {
  readonly gaps: RecordGap[] = [];
  readonly #event: EventOrigin;
  readonly #table: Table;
  readonly #to: EventDestination;
  /** By updates. */
  readonly #written: WrittenKeys;
  #index = 0;
  /** The record at hand deletes what has moved to another key or partition. */
  #isMove = false;

  constructor(event: EventOrigin, table: Table, to: EventDestination) {
    this.#event = event;
    this.#table = table;
    this.#to = to;
    this.#written = new WrittenKeys(table.schema.primaryKey);
  }

  /** The records of the event's next row. */
  row(before: JsonRow | null, after: JsonRow | null): void {
    // Where a row was and is, what is not known of one image being as in the other.
    const from = before && complete(before, after);
    const to = after && complete(after, before);
    if (from !== null && to !== null && this.#hasMoved(from, to)) {
      this.#isMove = !this.#written.has(from);
      this.#change("delete", { before, after: null }, from);
      this.#isMove = false;
      this.#change("insert", { before: null, after }, to);
    } else {
      this.#change(this.#event.operation, { before, after }, (to ?? from)!);
    }
    if (from !== null && to !== null) this.#written.add(to);
    this.#index++;
  }

  #hasMoved(from: JsonRow, to: JsonRow): boolean {
    const { schema, partitioner } = this.#table;
    return (
      schema.primaryKey.some((column) => from[column] !== to[column]) ||
      partitioner.ofRow(from, this.#to.topic.partitions) !==
        partitioner.ofRow(to, this.#to.topic.partitions)
    );
  }

  #change(operation: Operation, images: IncompleteRow, place: JsonRow): void {
    const { format, schema } = this.#table;
    const text = format.key(place);
    const key = text === null ? null : Buffer.from(text);
    const partition = this.#partition(place, key);
    const append = (some: IncompleteRow, keyOnly = false): boolean => {
      const value = format.value(this.#rowChange(operation, some));
      return this.#append(partition, { key, value, keyOnly });
    };
    const { before, after } = images;
    const isWritten =
      append(images) ||
      // The row as it is now is worth more than what it was.
      (operation === "update" && append({ before: null, after })) ||
      (schema.primaryKey.length > 0 &&
        append({ before: before && this.#keyOf(place), after: after && this.#keyOf(place) }, true));
    if (!isWritten) this.#noteGap();
    else if (operation === "delete" && format.hasTombstones)
      this.#append(partition, { key, value: null, keyOnly: false });
  }

  #rowChange(operation: Operation, { before, after }: IncompleteRow): RowChange {
    const { versionHigh, versionLow } = this.#event;
    const origin = this.#event;
    return { operation, before, after, origin, versionHigh, versionLow, index: this.#index };
  }

  #append(partition: number, { key, value, keyOnly }: RecordContent): boolean {
    const { commitTimeUs } = this.#event;
    const { versionHigh, versionLow } = this.#isMove ? this.#to.moved : this.#event;
    const { topic, writer, headers, nowMs } = this.#to;
    const schema = this.#table.id;
    const isWritten = writer.append(topic, partition, {
      key,
      value: value === null ? null : Buffer.from(value),
      headers: headers.encode({ versionHigh, versionLow, commitTimeUs, schema, keyOnly }),
      timestampMs: nowMs,
    });
    if (keyOnly && isWritten) this.#to.onKeyOnly?.(this.#table.schema);
    return isWritten;
  }

  #partition(row: JsonRow, key: Buffer | null): number {
    const { partitioner, hashesKey } = this.#table;
    const { partitions } = this.#to.topic;
    return hashesKey && key !== null
      ? murmur2Partition(murmur2(key, key.length), partitions)
      : partitioner.ofRow(row, partitions);
  }

  /** The row without the columns that are not of its key. */
  #keyOf(row: JsonRow): JsonRow {
    const { primaryKey } = this.#table.schema;
    return row.map((text, column) => (primaryKey.includes(column) ? text : undefined));
  }

  #noteGap(): void {
    const { database, table } = this.#table.schema;
    const { versionHigh, versionLow } = this.#event;
    const { name, maxBatchBytes } = this.#to.topic;
    this.gaps.push({
      kind: "gap",
      code: "KAFKA_RECORD_TOO_LARGE",
      database,
      table,
      detail: `a row without a key is larger than topic ${name} accepts (max.message.bytes = ${maxBatchBytes})`,
      versionHigh,
      versionLow,
    });
  }
}

function complete(row: JsonRow, other: JsonRow | null): JsonRow {
  return other === null || !row.includes(undefined)
    ? row
    : row.map((text, column) => (text === undefined ? other[column] : text));
}

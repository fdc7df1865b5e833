import type { RowsEvent, SchemaChangeEvent } from "../core/change-event.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import type { RecordTopic, RecordWriter } from "../core/record.ts";
import type { CanalForm, TableVersion } from "../core/row-layout.ts";
import type { TableSchema } from "../core/schema.ts";
import { createEnvelopes } from "./canal-envelope.ts";
import { compileCanalRows, type CanalRows } from "./canal-generate.ts";
import { type CanalJsonRow, type CanalJsonTable, createCanalJsonTable } from "./canal-json-rows.ts";
import { CanalRecordWriter, type EventRecords } from "./canal-record-writer.ts";
import { schemaChangeRecord } from "./canal-schema-change.ts";
import { MoveVersions, WrittenKeys } from "./move-version.ts";
import type { JsonRowPartitioner, Partitioner, TablePartitioner } from "./partitioner.ts";
import type { JsonRowsEvent, OnKeyOnly, RecordEncoder, RecordGap } from "./record-encoder.ts";
import { HeaderBlock, type HeaderValues, schemaId } from "./record-headers.ts";
import { leavesWrittenKey, RowList, scanRows } from "./row-list.ts";
import { createScratch } from "./scratch.ts";

/** What Canal's records leave open. */
export interface CanalEncoderOptions {
  readonly partitioner: Partitioner;
  /** ENUM and SET as labels instead of ordinal and bit mask. */
  readonly enumLabels: boolean;
  readonly clock?: Clock;
  readonly onKeyOnly?: OnKeyOnly | undefined;
}

/** A table as it is written from row images. */
interface CompiledTable {
  readonly rows: CanalRows;
  readonly partitioner: TablePartitioner;
  readonly envelope: ReturnType<typeof createEnvelopes>;
  readonly schema: Buffer;
}

/** A table as it is written from JSON texts. */
interface JsonTable {
  readonly table: CanalJsonTable;
  readonly partitioner: JsonRowPartitioner;
  readonly schema: Buffer;
}

const NO_GAPS: readonly RecordGap[] = [];

/**
 * Writes Canal's flat JSON (`com.alibaba.otter.canal.protocol.FlatMessage`): an event's rows become one record for each partition and operation. Records
 * have no key, as Canal's.
 */
export class CanalEncoder implements RecordEncoder {
  readonly #partitioner: Partitioner;
  readonly #enumLabels: boolean;
  readonly #clock: Clock;
  readonly #onKeyOnly: OnKeyOnly;
  readonly #tables = new WeakMap<TableVersion, CompiledTable>();
  readonly #jsonTables = new WeakMap<TableSchema, JsonTable>();
  readonly #list = new RowList();
  readonly #records = new CanalRecordWriter();
  readonly #headers = new HeaderBlock();
  readonly #otherHeaders = new HeaderBlock();
  readonly #moves = new MoveVersions();
  readonly #scratch = createScratch();
  /** Canal's `id`: counts events. */
  #id = 0;

  constructor({
    partitioner,
    enumLabels,
    clock = systemClock,
    onKeyOnly = () => {},
  }: CanalEncoderOptions) {
    this.#partitioner = partitioner;
    this.#enumLabels = enumLabels;
    this.#clock = clock;
    this.#onKeyOnly = onKeyOnly;
  }

  take(event: RowsEvent, topic: RecordTopic, writer: RecordWriter): readonly RecordGap[] {
    const { rows, partitioner, envelope, schema } = this.#table(event.table);
    const list = this.#list;
    const last = scanRows(event, { rows, partitioner, list, partitions: topic.partitions });
    if (last < 0) return NO_GAPS;
    const nowMs = this.#clock.now();
    const older = this.#moves.of(event);
    const moved = list.hasMoves && leavesWrittenKey(event, { rows, partitioner }) ? event : older;
    const whole = this.#headers.encode({ ...marksOf(event), schema, keyOnly: false });
    const sqlTypes = this.#sqlTypes(rows, event, last);
    const records: EventRecords = {
      rows,
      hasKey: event.table.schema.primaryKey.length > 0,
      bytes: event.bytes,
      end: event.end,
      list,
      envelope: envelope({ origin: event, id: ++this.#id, nowMs, sqlTypes }),
      headers: (operation, keyOnly) => {
        const isMove = operation === "delete" && event.operation === "update";
        if (!keyOnly && !isMove) return whole;
        const marks = marksOf(isMove ? { ...moved, commitTimeUs: event.commitTimeUs } : event);
        return this.#otherHeaders.encode({ ...marks, schema, keyOnly });
      },
      onKeyOnly: () => this.#onKeyOnly(event.table.schema),
      nowMs,
      topic,
      writer,
    };
    let refused = 0;
    for (const partition of list.partitions) refused += this.#records.write(records, partition);
    this.#records.shrink();
    return refused === 0 ? NO_GAPS : [tooLarge(event.table.schema, event, refused)];
  }

  takeJsonRows(
    event: JsonRowsEvent,
    topic: RecordTopic,
    writer: RecordWriter,
  ): readonly RecordGap[] {
    const { table, partitioner, schema } = this.#jsonTable(event.schema);
    const nowMs = this.#clock.now();
    const id = ++this.#id;
    const moved = this.#moves.of(event);
    const written = new WrittenKeys(event.schema.primaryKey);
    const append = (row: CanalJsonRow, keyOnly: boolean): boolean => {
      const marks = {
        ...marksOf(event),
        ...(row.isMove === true && !written.has(row.row) && moved),
      };
      const isWritten = writer.append(topic, partitioner.ofRow(row.row, topic.partitions), {
        key: null,
        value: table.encode(row, event, { keyOnly, id, nowMs }),
        headers: this.#headers.encode({ ...marks, schema, keyOnly }),
        timestampMs: nowMs,
      });
      if (keyOnly && isWritten) this.#onKeyOnly(event.schema);
      return isWritten;
    };
    let refused = 0;
    for (const incomplete of event.rows)
      for (const row of table.rowsOf(incomplete, (before, after) =>
        partitioner.isSameKey(before, after),
      )) {
        const isWritten =
          (table.isWhole(row) && append(row, false)) ||
          (table.hasKey(row.row) && append(row, true));
        if (!isWritten) refused += 1;
        if (row.operation !== "delete") written.add(row.row);
      }
    return refused === 0 ? NO_GAPS : [tooLarge(event.schema, event, refused)];
  }

  takeSchemaChange(event: SchemaChangeEvent, topic: RecordTopic, writer: RecordWriter): void {
    const nowMs = this.#clock.now();
    const id = ++this.#id;
    const headers = this.#headers.encode({ ...marksOf(event), schema: null, keyOnly: false });
    const append = (sql: string, partition: number): boolean => {
      const value = schemaChangeRecord(event, { sql, id, nowMs });
      return writer.append(topic, partition, { key: null, value, headers, timestampMs: nowMs });
    };
    for (let partition = 0; partition < topic.partitions; partition++)
      if (!append(event.statement, partition))
        append(event.statement.slice(0, SHORTENED_STATEMENT), partition);
  }

  /** `sqlType` as the event's last row image has it. */
  #sqlTypes(rows: CanalRows, { bytes, end }: RowsEvent, last: number): string {
    if (rows.sqlTypes !== null) return rows.sqlTypes;
    const out = this.#scratch(rows.bound);
    return out.toString("utf8", 0, rows.writeSqlTypes(bytes, last, end, out, 0));
  }

  #table(version: TableVersion): CompiledTable {
    const known = this.#tables.get(version);
    if (known !== undefined) return known;
    const { layout, schema } = version;
    const form: CanalForm = { dialect: "canal", enumLabels: this.#enumLabels };
    const table = {
      rows: compileCanalRows(layout, schema.primaryKey, form),
      partitioner: this.#partitioner.compile(version),
      envelope: createEnvelopes(schema),
      schema: schemaId(schema),
    };
    this.#tables.set(version, table);
    return table;
  }

  #jsonTable(schema: TableSchema): JsonTable {
    const known = this.#jsonTables.get(schema);
    if (known !== undefined) return known;
    const table = {
      table: createCanalJsonTable(schema, { enumLabels: this.#enumLabels }),
      partitioner: this.#partitioner.ofJsonRows(schema),
      schema: schemaId(schema),
    };
    this.#jsonTables.set(schema, table);
    return table;
  }
}

/** Of a statement too large for the topic this many characters are kept: it is a notice only. */
const SHORTENED_STATEMENT = 10_000;

type Marks = Pick<HeaderValues, "versionHigh" | "versionLow" | "commitTimeUs">;

function marksOf({ versionHigh, versionLow, commitTimeUs }: Marks): Marks {
  return { versionHigh, versionLow, commitTimeUs };
}

function tooLarge(schema: TableSchema, event: Marks, rows: number): RecordGap {
  return {
    kind: "gap",
    code: "KAFKA_RECORD_TOO_LARGE",
    database: schema.database,
    table: schema.table,
    detail: `${rows} ${rows === 1 ? "row is" : "rows are"} larger than the topic accepts, or incomplete, and without a key to read them again`,
    versionHigh: event.versionHigh,
    versionLow: event.versionLow,
  };
}

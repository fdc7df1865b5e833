import type {
  ChangeEvent,
  ChangeOrigin,
  GapEvent,
  RecordPlace,
  SchemaChangeType,
} from "../core/change-event.ts";
import type { SourcePosition } from "../core/checkpoint.ts";
import type { RecordView } from "../core/record.ts";
import type { RecordDecoderOptions } from "./record-decoder.ts";
import { createKnownHeaders, readHeaders } from "./header-reader.ts";
import { RowBatch } from "./row-batch.ts";

const TWO_TO_32 = 4_294_967_296;
/** The offset's share of a version made of generation and offset, in its high 32 bits. */
const OFFSET_HIGH_BITS = 23;

/** The record that is being decoded: where it lies, when and in which order its changes were made, and what was found in it. One object for all records. */
export class RecordIntake implements ChangeOrigin {
  readonly options: RecordDecoderOptions;
  readonly headers = createKnownHeaders();
  readonly batch = new RowBatch();
  /** Changes beside rows, in order; they come before the rows. */
  readonly events: ChangeEvent[] = [];
  timestampMs = 0;
  commitTimeUs = 0;
  gtid: string | undefined = undefined;
  versionHigh = 0;
  versionLow = 0;
  /** Is the topic's order that of its source: has it a single partition, or have its records versions of their own? */
  isOrdered = false;
  #record: RecordView | null = null;

  constructor(options: RecordDecoderOptions) {
    this.options = options;
  }

  /** Begins a record. Throws a RecordFault when its headers are broken. */
  begin(record: RecordView): void {
    this.#record = record;
    this.events.length = 0;
    this.batch.clear();
    this.timestampMs = 0;
    this.gtid = undefined;
    const { headers } = this;
    readHeaders(record, headers);
    this.commitTimeUs = headers.commitTimeUs;
    const { generation, partitions } = this.options.topicOf(record.topic);
    this.isOrdered = headers.isOurs || partitions === 1;
    const { offset } = record;
    this.versionHigh = headers.isOurs
      ? headers.versionHigh
      : generation * 2 ** OFFSET_HIGH_BITS + Math.floor(offset / TWO_TO_32);
    this.versionLow = headers.isOurs ? headers.versionLow : offset % TWO_TO_32;
  }

  /** The record that was begun last. */
  get record(): RecordView {
    return this.#record!;
  }

  /** Where it lies, to keep. */
  get place(): RecordPlace {
    const { topic, partition, offset } = this.record;
    return { topic, partition, offset };
  }

  /** The same where a place in a log is asked for. */
  get position(): SourcePosition {
    const { topic, partition, offset } = this.record;
    return { file: `${topic}-${partition}`, position: offset };
  }

  /** Notes when the source made the change, ms since 1970, unless a header tells it more exactly. */
  noteTime(timestampMs: number, commitTimeUs: number = timestampMs * 1000): void {
    this.timestampMs = timestampMs;
    if (this.headers.commitTimeUs === 0) this.commitTimeUs = commitTimeUs;
  }

  /** Adds a gap at this record. A table counts as emptied only where what was written before has been read before, too. */
  addGap(gap: Pick<GapEvent, "code" | "database" | "table" | "detail" | "isEmptied">): void {
    const { isEmptied, ...rest } = gap;
    this.events.push({
      kind: "gap",
      ...rest,
      ...(isEmptied === true && this.isOrdered && { isEmptied }),
      record: this.place,
      position: this.position,
      versionHigh: this.versionHigh,
      versionLow: this.versionLow,
    });
  }

  /** Adds what a statement did to captured tables, and the notice of a changed definition when its type is told. */
  addStatement(statement: string, change: StatementChange): void {
    const { database, table, type } = change;
    const { isCaptured, gapsOf } = this.options;
    if (type !== null && isCaptured(database, table)) {
      const { timestampMs, commitTimeUs, gtid, position, versionHigh, versionLow } = this;
      const event = { kind: "schema", type, database, table, statement, position } as const;
      this.events.push({ ...event, timestampMs, commitTimeUs, gtid, versionHigh, versionLow });
    }
    for (const gap of gapsOf(statement, database)) this.addGap(gap);
  }
}

/** What a record says of a statement beside its text. */
export interface StatementChange {
  readonly database: string;
  readonly table: string;
  /** Null = no definition was changed. */
  readonly type: SchemaChangeType | null;
}

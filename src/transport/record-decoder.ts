import { isUtf8 } from "node:buffer";
import type { ChangeEvent, GapEvent, PoisonEvent } from "../core/change-event.ts";
import type { RecordView } from "../core/record.ts";
import { asTailraceError } from "../core/errors.ts";
import type { TableSchema } from "../core/schema.ts";
import { CanalDecoder } from "./canal-decoder.ts";
import { DebeziumDecoder } from "./debezium-decoder.ts";
import type { FirstRead } from "./json-members.ts";
import { RecordFault, skipSpace } from "./json-scanner.ts";
import { MaxwellDecoder } from "./maxwell-decoder.ts";
import { RecordIntake } from "./record-intake.ts";
import { createRecordMembers, type RecordMember } from "./record-members.ts";
import { recogniseFormat } from "./record-format.ts";
import type { IdColumns } from "./record-table.ts";
import { type DescribeTable, TableDescriptions } from "./table-descriptions.ts";

/** What a record decoder works with. */
export interface RecordDecoderOptions {
  /** What records are taken for; `auto` recognises each. */
  readonly format: "auto" | "canal" | "debezium" | "maxwell";
  /** Are there documents of this table? Records of others give nothing. */
  readonly isCaptured: (database: string, table: string) => boolean;
  /**
   * What the table's document ids are made of. Records do not tell which columns may be NULL: a row with NULL in one of these is no row.
   */
  readonly idColumns: (database: string, table: string) => IdColumns;
  /** The table as MySQL has it now, null when it has none; null instead of a function = there is no server to ask. Throws SOURCE_*. */
  readonly describeTable: DescribeTable | null;
  /** Is what a record tells of these columns enough for the table's rules? Where it is not, MySQL is asked for the rest (collations). Absent = it is. */
  readonly isEnough?: (schema: TableSchema) => boolean;
  /**
   * The topic's generation, 0 to 255, which grows when its offsets begin anew, and its number of partitions: records that carry no version of their own get
   * `generation (8 bits) | offset (55)`.
   */
  readonly topicOf: (topic: string) => { readonly generation: number; readonly partitions: number };
  /** What a statement of the source's log means for captured tables: rows that were emptied, replaced, or changed without row events. */
  readonly gapsOf: (statement: string, database: string) => readonly StatementGap[];
}

/** A gap that a statement makes, without its place. */
export type StatementGap = Pick<GapEvent, "code" | "database" | "table" | "detail" | "isEmptied">;

/**
 * Makes changes of records, one record at a time. Per row nothing is allocated: the RowsEvent is reused and its bytes are those of the record. Whatever a record
 * holds, it gives changes or poison; only a definition that cannot be asked for is an error.
 */
export interface RecordDecoder {
  /**
   * Takes a record, which stays valid until the next call. A promise where the table's definition has to be asked for first; it rejects with KAFKA_SCHEMA_UNKNOWN
   * when there is no one to ask, or with the error of `describeTable`.
   */
  begin(record: RecordView): Promise<void> | undefined;
  /** The record's next change (rows, incomplete, gap, schema, poison), null behind the last. */
  next(): ChangeEvent | null;
  /** µs since 1970 at which the source committed what the record holds, as exactly as the format tells; 0 = unknown. */
  readonly commitTimeUs: number;
}

/** A decoder of the records of any number of topics and partitions. */
export function createRecordDecoder(options: RecordDecoderOptions): RecordDecoder {
  return new Decoder(options);
}

class Decoder implements RecordDecoder {
  readonly #intake: RecordIntake;
  readonly #members = createRecordMembers();
  readonly #canal: CanalDecoder;
  readonly #canalData: FirstRead<RecordMember>;
  readonly #maxwell: MaxwellDecoder;
  readonly #debezium: DebeziumDecoder;
  #nextEvent = 0;
  #nextRow = 0;
  /** The row of which was told that it has moved. */
  #toldRow = -1;

  constructor(options: RecordDecoderOptions) {
    this.#intake = new RecordIntake(options);
    const descriptions = new TableDescriptions(options.describeTable);
    this.#canal = new CanalDecoder(this.#intake, this.#members, descriptions);
    this.#canalData = { name: "data", read: this.#canal.readData };
    this.#maxwell = new MaxwellDecoder(this.#intake, this.#members, descriptions);
    this.#debezium = new DebeziumDecoder(this.#intake, descriptions);
  }

  get commitTimeUs(): number {
    return this.#intake.commitTimeUs;
  }

  begin(record: RecordView): Promise<void> | undefined {
    this.#nextEvent = 0;
    this.#nextRow = 0;
    this.#toldRow = -1;
    try {
      this.#intake.begin(record);
      return this.#read(record)?.catch((error: unknown) => this.#poisonOrThrow(error));
    } catch (error) {
      if (error instanceof RecordFault) this.#poison(error);
      else return Promise.reject(asTailraceError(error));
    }
    return undefined;
  }

  next(): ChangeEvent | null {
    const { events, batch } = this.#intake;
    if (this.#nextEvent < events.length) return events[this.#nextEvent++]!;
    if (this.#nextRow >= batch.count) return null;
    if (this.#tellsMove()) return events[this.#nextEvent++]!;
    const event = batch.event(this.#nextRow, this.#intake);
    this.#nextRow += 1;
    if (typeof event !== "string") return event;
    const which = batch.count > 1 ? `row ${this.#nextRow}: ` : "";
    return this.#poisonOf(which + event);
  }

  /**
   * Versions made of offsets compare within a partition. The document that a row leaves has its versions from another one, in general, so that nobody can tell whether
   * the delete that stands for it is newer.
   */
  #tellsMove(): boolean {
    const { batch, isOrdered } = this.#intake;
    if (isOrdered || this.#toldRow === this.#nextRow || !batch.hasMoved(this.#nextRow))
      return false;
    this.#toldRow = this.#nextRow;
    const { database, table } = batch.schema;
    const detail = "a row has another id than before";
    this.#intake.addGap({ code: "KAFKA_KEY_MOVED", database, table, detail });
    return true;
  }

  #read(record: RecordView): Promise<void> | undefined {
    const { bytes: b, valueStart, valueEnd } = record;
    const { format } = this.#intake.options;
    if (valueStart < 0) {
      const isMeant = format === "debezium" || (format === "auto" && record.keyStart >= 0);
      return isMeant ? this.#debezium.decodeTombstone() : undefined;
    }
    if (!isUtf8(b.subarray(valueStart, valueEnd))) throw new RecordFault("not UTF-8");
    const start = skipSpace(b, valueStart, valueEnd);
    this.#canal.begin();
    const first = format === "auto" || format === "canal" ? this.#canalData : undefined;
    const behind = skipSpace(b, this.#members.read(b, start, valueEnd, first), valueEnd);
    if (behind !== valueEnd) throw new RecordFault("something follows the JSON object", behind);
    switch (format === "auto" ? recogniseFormat(b, this.#members) : format) {
      case "canal":
        return this.#canal.decode();
      case "maxwell":
        this.#intake.batch.clear();
        return this.#maxwell.decode();
      case "debezium":
        this.#intake.batch.clear();
        return this.#debezium.decode(this.#members);
    }
  }

  #poisonOrThrow(error: unknown): void {
    if (!(error instanceof RecordFault)) throw asTailraceError(error);
    this.#poison(error);
  }

  /** The record gives nothing else. */
  #poison(fault: RecordFault): void {
    const { events, batch, record } = this.#intake;
    batch.clear();
    events.length = 0;
    events.push(this.#poisonOf(fault.describe(record.valueStart, record.valueEnd)));
  }

  #poisonOf(detail: string): PoisonEvent {
    const { record, place } = this.#intake;
    const { bytes, keyStart, keyEnd, valueStart, valueEnd } = record;
    return {
      kind: "poison",
      record: place,
      detail,
      key: keyStart < 0 ? null : textOf(bytes.subarray(keyStart, keyEnd)),
      value: valueStart < 0 ? null : textOf(bytes.subarray(valueStart, valueEnd)),
    };
  }
}

function textOf(bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString("utf8") : `base64:${bytes.toString("base64")}`;
}

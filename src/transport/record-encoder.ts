import type {
  ChangeOrigin,
  GapEvent,
  IncompleteRow,
  Operation,
  RowsEvent,
  SchemaChangeEvent,
} from "../core/change-event.ts";
import type { RecordTopic, RecordWriter } from "../core/record.ts";
import type { Clock } from "../core/clock.ts";
import type { TableSchema } from "../core/schema.ts";
import { CanalEncoder } from "./canal-encoder.ts";
import { createDebeziumEncoder } from "./debezium-encoder.ts";
import { createMaxwellEncoder } from "./maxwell-encoder.ts";
import { Partitioner, type PartitionerOptions } from "./partitioner.ts";

/**
 * Writes changes as records of one format. It compiles on first sight of a table version and makes no object per row; what it needs of an event it reads
 * during the call, and the writer has copied everything when the call returns. Rows keep the order that they have in the event within each partition; a
 * changed key is a delete on the old key's partition, then an insert on the new one's.
 */
export interface RecordEncoder {
  /** Appends the records of an event's rows. Returns the rows that no record can hold: mostly none. Throws BINLOG_CORRUPT. */
  take(event: RowsEvent, topic: RecordTopic, writer: RecordWriter): readonly RecordGap[];
  /** The same for rows read again, or known in part, as JSON texts. */
  takeJsonRows(
    event: JsonRowsEvent,
    topic: RecordTopic,
    writer: RecordWriter,
  ): readonly RecordGap[];
  /** Appends the notice of a changed definition to every partition of the topic, where the format has such a notice. */
  takeSchemaChange(event: SchemaChangeEvent, topic: RecordTopic, writer: RecordWriter): void;
}

/** Rows as JSON texts: an incomplete event with what its images lacked read again, as far as the rows still exist. */
export interface JsonRowsEvent extends ChangeOrigin {
  readonly operation: Operation;
  /** What the rows' columns are: the log's, or those that the table had when it was read again. */
  readonly schema: TableSchema;
  /** `before` is null for inserts, `after` for deletes; columns that are not known are left out of the record. */
  readonly rows: readonly IncompleteRow[];
  readonly versionHigh: number;
  readonly versionLow: number;
}

/** A gap of which the caller adds the place in the source's log. */
export type RecordGap = Omit<GapEvent, "position">;

/** What records are to look like, and where they go. */
export interface RecordEncoderOptions extends PartitionerOptions {
  readonly format: "canal" | "debezium" | "maxwell";
  /** Canal: ENUM and SET as labels instead of ordinal and bit mask. */
  readonly enumLabels: boolean;
  /** The pipeline's name: Debezium's `source.name`. */
  readonly name: string;
  /** Name of the server's log files without their number, which Debezium's and Maxwell's records tell. */
  readonly logBaseName: string;
  readonly clock: Clock;
  /** Called for each row of which a record holds only the key, the whole being too large for its topic. */
  readonly onKeyOnly?: OnKeyOnly | undefined;
}

/** Is told of a row's table. */
export type OnKeyOnly = (table: TableSchema) => void;

/** Makes the encoder of a format. Throws CONFIG_INVALID for a pattern of `partitionBy` that is none. */
export function createRecordEncoder(options: RecordEncoderOptions): RecordEncoder {
  const { format, enumLabels, name, logBaseName, clock, onKeyOnly } = options;
  const partitioner = new Partitioner(options);
  const now = (): number => clock.now();
  switch (format) {
    case "canal":
      return new CanalEncoder({ partitioner, enumLabels, clock, onKeyOnly });
    case "debezium":
      return createDebeziumEncoder(partitioner, { name, logBaseName, now, onKeyOnly });
    case "maxwell":
      return createMaxwellEncoder(partitioner, { logBaseName, now, onKeyOnly });
  }
}

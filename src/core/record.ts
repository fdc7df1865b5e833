import type { RecordPlace } from "./change-event.ts";

/** A topic that is written to, as it was when the run began. Compared by identity. */
export interface RecordTopic {
  readonly name: string;
  readonly partitions: number;
  /** `max.message.bytes`: no record batch may be larger. */
  readonly maxBatchBytes: number;
  /** The brokers compress its batches in a way of their own (`compression.type`): a record that is too large does not become smaller by ours. */
  readonly isRecompressed?: boolean;
}

/**
 * Takes encoded records, one call a record, copying what it is given. Implemented by the buffers of Kafka's producer, called by record encoders. A record
 * is never refused for want of room: the publisher looks at that between two events, which are bounded.
 */
export interface RecordWriter {
  /**
   * Appends a record to a partition; false when it is too large for the topic, whatever is done. `key` and `value` are views or null; `headers` is the block of a record's headers as it stands in a batch (varint
   * count, then for each varint length, name, varint length, value).
   */
  append(
    topic: RecordTopic,
    partition: number,
    record: {
      readonly key: Uint8Array | null;
      readonly value: Uint8Array | null;
      readonly headers: Uint8Array;
      readonly timestampMs: number;
    },
  ): boolean;
}

/**
 * A record as it was fetched, a view: valid until the next one is asked for, and the object itself is reused. Ranges lie in `bytes`; a start of -1 is
 * null. Control records and records of aborted transactions are never seen.
 */
export interface RecordView extends RecordPlace {
  readonly timestampMs: number;
  readonly bytes: Buffer;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly valueStart: number;
  readonly valueEnd: number;
  /** The block of headers, count included, as {@link RecordWriter.append} takes it. */
  readonly headersStart: number;
  readonly headersEnd: number;
}

/** Names of the headers in which our records carry what no other consumer need see. Values are ASCII text. */
export const RECORD_HEADERS = {
  /** The source-ordered document version, decimal. */
  version: "tailrace.version",
  /**
   * Names the table's definition: 16 hex digits, equal for equal database, table, columns, types and key. Where the key's columns are in another order than the
   * table's, a colon and their places among the table's follow, joined by commas: `0123456789abcdef:1,0`.
   */
  schema: "tailrace.schema",
  /** When the transaction was committed, µs since 1970, decimal. */
  commitTime: "tailrace.commit_us",
  /** Present where the record holds only the key of each row, because the whole was too large: read them again by key. */
  keyOnly: "tailrace.key_only",
} as const;

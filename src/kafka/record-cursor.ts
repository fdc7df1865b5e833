import { TailraceError } from "../core/errors.ts";
import type { RecordView } from "../core/record.ts";
import { AbortedTransactions } from "./aborted-transactions.ts";
import { ATTRIBUTES, BATCH, LENGTH_END, MAGIC } from "./batch-layout.ts";
import { checksumOf } from "./checksum.ts";
import { decompress } from "./compression.ts";
import type { AbortedTransaction } from "./fetch-call.ts";
import { VarintReader } from "./varint.ts";

const EMPTY = Buffer.alloc(0);
const ABORT_MARKER = 0;

/** What a cursor is to read. */
export interface FetchedRecords {
  /** The partition's record batches, the last one perhaps cut off. Must not change while they are read. */
  readonly records: Buffer;
  /** Of the first record wanted: batches come whole, with what lies before it. */
  readonly fetchOffset: number;
  readonly aborted: readonly AbortedTransaction[];
}

/**
 * Walks over the records that a fetch brought of one partition. The cursor itself is the view of the record it stands on. Control records and records of
 * aborted transactions are passed over, a batch that is cut off is as if it were not there.
 */
export class RecordCursor implements RecordView {
  readonly topic: string;
  readonly partition: number;
  offset = -1;
  timestampMs = 0;
  bytes: Buffer = EMPTY;
  keyStart = -1;
  keyEnd = -1;
  valueStart = -1;
  valueEnd = -1;
  headersStart = 0;
  headersEnd = 0;
  /** Where to fetch from when `next` has said false: behind everything that was read, also behind what was passed over. */
  nextOffset = 0;

  readonly #aborted = new AbortedTransactions();
  readonly #reader = new VarintReader(EMPTY, 0, 0);
  #fetched: Buffer = EMPTY;
  /** Where the next batch begins. */
  #at = 0;
  /** Records of the batch that are still to come. */
  #left = 0;
  #baseOffset = 0;
  #batchEndOffset = 0;
  #baseTimestamp = 0;
  #appendTime: number | undefined;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  /** Begins with what another fetch brought. */
  reset(fetched: FetchedRecords): void {
    this.#fetched = fetched.records;
    this.#at = 0;
    this.#left = 0;
    this.nextOffset = fetched.fetchOffset;
    this.#aborted.reset(fetched.aborted);
  }

  /**
   * Moves to the next record; false when there is none. Throws KAFKA_REQUEST_FAILED when the bytes are damaged, KAFKA_UNSUPPORTED for batches of an older
   * form.
   */
  next(): boolean {
    try {
      for (;;) {
        while (this.#left > 0) {
          this.#left -= 1;
          this.#readRecord();
          const isWanted = this.offset >= this.nextOffset;
          if (isWanted) this.nextOffset = this.offset + 1;
          if (this.#left === 0) this.#passBatch();
          if (isWanted) return true;
        }
        if (!this.#nextBatch()) return false;
      }
    } catch (error) {
      if (error instanceof TailraceError) throw error;
      throw this.#damaged(error instanceof Error ? error.message : String(error));
    }
  }

  /** Stands before the records of the next batch that has some for us; false at the end. */
  #nextBatch(): boolean {
    const bytes = this.#fetched;
    for (;;) {
      const start = this.#at;
      if (bytes.length - start < BATCH.records) return false;
      const end = start + LENGTH_END + bytes.readInt32BE(start + BATCH.length);
      if (end > bytes.length) return false;
      this.#baseOffset = readInt64(bytes, start + BATCH.baseOffset);
      if (end < start + BATCH.records) throw this.#damaged("a batch is shorter than its header");
      this.#at = end;
      if (bytes[start + BATCH.magic] !== MAGIC) throw this.#outdated(bytes[start + BATCH.magic]!);
      const batch = bytes.subarray(start, end);
      if (checksumOf(batch.subarray(BATCH.attributes)) !== batch.readUInt32BE(BATCH.crc)) {
        throw this.#damaged("the checksum of a batch is wrong");
      }
      this.#batchEndOffset = this.#baseOffset + batch.readInt32BE(BATCH.lastOffsetDelta) + 1;
      if (this.#isWanted(batch)) {
        this.#open(batch);
        if (this.#left > 0) return true;
      }
      this.#passBatch();
    }
  }

  /** Also keeps the account of aborted transactions, so it is asked of every batch in turn. */
  #isWanted(batch: Buffer): boolean {
    const attributes = batch.readInt16BE(BATCH.attributes);
    const isControl = (attributes & ATTRIBUTES.control) !== 0;
    if (!this.#aborted.isEmpty && (attributes & ATTRIBUTES.transactional) !== 0) {
      const producerId = batch.readBigInt64BE(BATCH.producerId);
      const lastOffset = this.#batchEndOffset - 1;
      if (!isControl) return !this.#aborted.isAborted(producerId, lastOffset);
      this.#open(batch);
      if (this.#left > 0 && this.#isAbortMarker()) this.#aborted.end(producerId, lastOffset);
      this.#left = 0;
    }
    return !isControl;
  }

  #open(batch: Buffer): void {
    const attributes = batch.readInt16BE(BATCH.attributes);
    const compression = attributes & ATTRIBUTES.compression;
    const packed = batch.subarray(BATCH.records);
    const records = compression === 0 ? packed : decompress(compression, packed);
    this.bytes = records;
    this.#reader.bytes = records;
    this.#reader.at = 0;
    this.#reader.end = records.length;
    this.#left = batch.readInt32BE(BATCH.recordCount);
    this.#baseTimestamp = readInt64(batch, BATCH.baseTimestamp);
    this.#appendTime =
      (attributes & ATTRIBUTES.logAppendTime) === 0
        ? undefined
        : readInt64(batch, BATCH.maxTimestamp);
  }

  /** The key of a control record is its version and type, both int16. */
  #isAbortMarker(): boolean {
    this.#readRecord();
    if (this.keyEnd - this.keyStart < 4) throw new RangeError("a control record has no type");
    return this.bytes.readInt16BE(this.keyStart + 2) === ABORT_MARKER;
  }

  #readRecord(): void {
    const reader = this.#reader;
    const length = reader.next();
    const end = reader.at + length;
    if (length < 1 || end > reader.end) throw new RangeError("a record ends behind its batch");
    reader.at += 1; // attributes: none are defined
    this.timestampMs = this.#appendTime ?? this.#baseTimestamp + reader.next();
    if (this.#appendTime !== undefined) reader.next();
    this.offset = this.#baseOffset + reader.next();
    this.keyStart = this.#skipBytes(end);
    this.keyEnd = this.keyStart < 0 ? -1 : reader.at;
    this.valueStart = this.#skipBytes(end);
    this.valueEnd = this.valueStart < 0 ? -1 : reader.at;
    if (reader.at >= end) throw new RangeError("a record ends within a value");
    this.headersStart = reader.at;
    this.headersEnd = end;
    reader.at = end;
  }

  /** Passes a length and its bytes; where they begin, or -1 for null. */
  #skipBytes(end: number): number {
    const reader = this.#reader;
    const length = reader.next();
    if (length < 0) return -1;
    const start = reader.at;
    if (length > end - start) throw new RangeError("a value ends behind its record");
    reader.at = start + length;
    return start;
  }

  #passBatch(): void {
    this.#left = 0;
    this.nextOffset = Math.max(this.nextOffset, this.#batchEndOffset);
  }

  #outdated(magic: number): TailraceError {
    return new TailraceError(
      "KAFKA_UNSUPPORTED",
      `topic ${this.topic}, partition ${this.partition}: records at offset ${this.#baseOffset} have form ${magic}, of before Kafka 0.11`,
    );
  }

  #damaged(what: string): TailraceError {
    return new TailraceError(
      "KAFKA_REQUEST_FAILED",
      `topic ${this.topic}, partition ${this.partition}: ${what} (batch at offset ${this.#baseOffset})`,
    );
  }
}

/** An INT64 below 2^53, in absolute value. */
function readInt64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4);
}

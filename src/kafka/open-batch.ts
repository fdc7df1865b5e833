import { ATTRIBUTES, BATCH, LENGTH_END, MAGIC } from "./batch-layout.ts";
import { checksumOf } from "./checksum.ts";
import { COMPRESSIONS, compress, type Compression } from "./compression.ts";
import { sizeOfVarint, writeVarint } from "./varint.ts";

/** A record to append; see `RecordWriter`. */
export interface NewRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: Uint8Array;
  readonly timestampMs: number;
}

/** Who sends a batch, and which of its records it is. */
export interface BatchStamp {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly isTransactional: boolean;
}

/** No record has more besides key, value and headers: five varints of at most five, ten and three times five bytes, and the attributes. */
const RECORD_OVERHEAD = 31;

/** A record batch that is being written, in a buffer that grows. */
export class OpenBatch {
  #bytes: Buffer;
  #length: number = BATCH.records;
  #records = 0;
  #baseTimestamp = 0;
  #maxTimestamp = 0;
  #compression: Compression = "none";
  #isStamped = false;

  /** Writes into `bytes`, which it may leave for larger ones. */
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** How long it is now. */
  get length(): number {
    return this.#length;
  }

  get records(): number {
    return this.#records;
  }

  /** It was compressed or sealed: nothing can be appended. */
  get isClosed(): boolean {
    return this.#compression !== "none" || this.#isStamped;
  }

  /** What it is written into: free again once the batch is of no more use. */
  get buffer(): Buffer {
    return this.#bytes;
  }

  /** At most so long the batch would be with this record. */
  lengthWith(record: NewRecord): number {
    const { key, value, headers } = record;
    return (
      this.#length + RECORD_OVERHEAD + (key?.length ?? 0) + (value?.length ?? 0) + headers.length
    );
  }

  append(record: NewRecord): void {
    const { key, value, headers, timestampMs } = record;
    if (this.#records === 0) this.#baseTimestamp = this.#maxTimestamp = timestampMs;
    else if (timestampMs > this.#maxTimestamp) this.#maxTimestamp = timestampMs;
    const timestampDelta = timestampMs - this.#baseTimestamp;
    const keyLength = key === null ? -1 : key.length;
    const valueLength = value === null ? -1 : value.length;
    const body =
      1 +
      sizeOfVarint(timestampDelta) +
      sizeOfVarint(this.#records) +
      sizeOfVarint(keyLength) +
      sizeOfVarint(valueLength) +
      (key === null ? 0 : keyLength) +
      (value === null ? 0 : valueLength) +
      headers.length;
    this.#reserve(this.lengthWith(record));
    const bytes = this.#bytes;
    let at = writeVarint(bytes, this.#length, body);
    bytes[at] = 0;
    at = writeVarint(bytes, at + 1, timestampDelta);
    at = writeVarint(bytes, at, this.#records);
    at = writeVarint(bytes, at, keyLength);
    if (key !== null) {
      bytes.set(key, at);
      at += keyLength;
    }
    at = writeVarint(bytes, at, valueLength);
    if (value !== null) {
      bytes.set(value, at);
      at += valueLength;
    }
    bytes.set(headers, at);
    this.#length = at + headers.length;
    this.#records += 1;
  }

  /** Compresses the records, once, where that makes the batch shorter. Nothing can be appended any more. */
  compress(algorithm: Exclude<Compression, "none">): void {
    if (this.#compression !== "none") return;
    const packed = compress(algorithm, this.#bytes.subarray(BATCH.records, this.#length));
    if (BATCH.records + packed.length >= this.#length) return;
    packed.copy(this.#bytes, BATCH.records);
    this.#length = BATCH.records + packed.length;
    this.#compression = algorithm;
  }

  /** The batch as it is sent; the same bytes however often it is, since the broker knows it again by its first stamp. */
  seal(stamp: () => BatchStamp): Buffer {
    const batch = this.#bytes.subarray(0, this.#length);
    if (this.#isStamped) return batch;
    this.#isStamped = true;
    const { producerId, producerEpoch, baseSequence, isTransactional } = stamp();
    const attributes =
      COMPRESSIONS.indexOf(this.#compression) | (isTransactional ? ATTRIBUTES.transactional : 0);
    batch.fill(0, 0, BATCH.length);
    batch.writeInt32BE(this.#length - LENGTH_END, BATCH.length);
    batch.writeInt32BE(-1, BATCH.partitionLeaderEpoch);
    batch[BATCH.magic] = MAGIC;
    batch.writeInt16BE(attributes, BATCH.attributes);
    batch.writeInt32BE(this.#records - 1, BATCH.lastOffsetDelta);
    batch.writeBigInt64BE(BigInt(this.#baseTimestamp), BATCH.baseTimestamp);
    batch.writeBigInt64BE(BigInt(this.#maxTimestamp), BATCH.maxTimestamp);
    batch.writeBigInt64BE(producerId, BATCH.producerId);
    batch.writeInt16BE(producerEpoch, BATCH.producerEpoch);
    batch.writeInt32BE(baseSequence, BATCH.baseSequence);
    batch.writeInt32BE(this.#records, BATCH.recordCount);
    batch.writeUInt32BE(checksumOf(batch.subarray(BATCH.attributes)), BATCH.crc);
    return batch;
  }

  #reserve(length: number): void {
    if (length <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#bytes.length));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}

import type { RecordBuffer } from "../core/kafka.ts";
import type { RecordTopic } from "../core/record.ts";
import { BATCH } from "./batch-layout.ts";
import type { Compression } from "./compression.ts";
import { OpenBatch, type NewRecord } from "./open-batch.ts";

/** The batches of a partition, in order. */
export interface PartitionBatches {
  readonly topic: RecordTopic;
  readonly partition: number;
  readonly batches: OpenBatch[];
}

/** Batches are closed at this size, where their topic allows so much: more gains nothing, and a reader takes a batch whole. */
const TARGET_BYTES = 1024 * 1024;
const FIRST_BYTES = 8 * 1024;
/** Of buffers kept for the next batches. */
const MAX_SPARE_BYTES = 32 * 1024 * 1024;

/**
 * Records of many partitions, encoded where they are appended: one batch a partition is open, the full ones wait before it. A record that is larger
 * than its topic accepts is compressed at once, by itself, to see whether it then fits.
 */
export class RecordBatches implements RecordBuffer {
  readonly #compression: Compression;
  /** By name: a topic that was described again is the same. */
  readonly #partitions = new Map<string, (PartitionBatches | undefined)[]>();
  readonly #spare: Buffer[] = [];
  #spareBytes = 0;
  #bytes = 0;
  #records = 0;

  /** What is appended is compressed when it is sent. */
  constructor(compression: Compression) {
    this.#compression = compression;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get records(): number {
    return this.#records;
  }

  append(topic: RecordTopic, partition: number, record: NewRecord): boolean {
    const target = this.#partition(topic, partition);
    const { batches } = target;
    let batch = batches.at(-1);
    if (batch === undefined || this.#isFull(topic, batch, record)) {
      batch = new OpenBatch(this.#spareBuffer());
      if (batch.lengthWith(record) > topic.maxBatchBytes) {
        return topic.isRecompressed !== true && this.#appendAlone(target, batch, record);
      }
      batches.push(batch);
      this.#bytes += BATCH.records;
    }
    this.#bytes -= batch.length;
    batch.append(record);
    this.#bytes += batch.length;
    this.#records += 1;
    return true;
  }

  /** Every partition's batches, compressed; nothing can be appended until they are cleared. */
  seal(): PartitionBatches[] {
    const sealed: PartitionBatches[] = [];
    for (const partitions of this.#partitions.values()) {
      for (const partition of partitions) {
        if (partition === undefined || partition.batches.length === 0) continue;
        sealed.push({ ...partition, batches: [...partition.batches] });
        if (this.#compression === "none") continue;
        for (const batch of partition.batches) batch.compress(this.#compression);
      }
    }
    return sealed;
  }

  /** Empty again; the batches that were sealed must not be used any more. */
  clear(): void {
    for (const partitions of this.#partitions.values()) {
      for (const partition of partitions) {
        for (const { buffer } of partition?.batches ?? []) this.#keep(buffer);
      }
    }
    this.#partitions.clear();
    this.#bytes = 0;
    this.#records = 0;
  }

  #isFull(topic: RecordTopic, batch: OpenBatch, record: NewRecord): boolean {
    return batch.isClosed || batch.lengthWith(record) > Math.min(TARGET_BYTES, topic.maxBatchBytes);
  }

  #appendAlone(target: PartitionBatches, batch: OpenBatch, record: NewRecord): boolean {
    batch.append(record);
    const length = batch.length;
    // Every consumer reads gzip; nobody has asked for another one.
    batch.compress(this.#compression === "none" ? "gzip" : this.#compression);
    if (batch.length > target.topic.maxBatchBytes) {
      this.#keep(batch.buffer);
      return false;
    }
    target.batches.push(batch);
    this.#bytes += length;
    this.#records += 1;
    return true;
  }

  #partition(topic: RecordTopic, partition: number): PartitionBatches {
    let partitions = this.#partitions.get(topic.name);
    if (partitions === undefined) {
      partitions = [];
      this.#partitions.set(topic.name, partitions);
    }
    return (partitions[partition] ??= { topic, partition, batches: [] });
  }

  #spareBuffer(): Buffer {
    const spare = this.#spare.pop();
    if (spare === undefined) return Buffer.allocUnsafeSlow(FIRST_BYTES);
    this.#spareBytes -= spare.length;
    return spare;
  }

  #keep(buffer: Buffer): void {
    if (this.#spareBytes + buffer.length > MAX_SPARE_BYTES) return;
    this.#spare.push(buffer);
    this.#spareBytes += buffer.length;
  }
}

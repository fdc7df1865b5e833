import type { AssignedPartition, PartitionOffset } from "../core/kafka.ts";
import { BATCH, LENGTH_END } from "./batch-layout.ts";
import type { FetchedPartition } from "./fetch-call.ts";
import { RecordCursor } from "./record-cursor.ts";

/** Nobody is known to lead the partition. */
export const NO_LEADER = -1;

/** A partition that is read: where fetching is, and where reading is. */
export class FetchedPartitionState implements AssignedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly cursor: RecordCursor;
  leader = NO_LEADER;
  leaderEpoch = -1;
  /** Where the next request begins. */
  fetchOffset: number;
  position: number;
  end = -1;
  /** A request that names it is on its way. */
  isRequested = false;
  /** It is not ours any more: what still comes of it is dropped. */
  isStopped = false;

  constructor(begin: PartitionOffset) {
    this.topic = begin.topic;
    this.partition = begin.partition;
    this.fetchOffset = begin.offset;
    this.position = begin.offset;
    this.cursor = new RecordCursor(begin.topic, begin.partition);
  }

  /** For messages. */
  get name(): string {
    return `topic ${this.topic}, partition ${this.partition}`;
  }
}

/** The bytes of one answer, which stay in memory until all its partitions have been read. */
export interface AnswerBytes {
  readonly node: number;
  readonly bytes: number;
  /** Where they are, if it is a buffer to be used again. */
  readonly buffer: Buffer | null;
  /** Partitions still to be read. */
  open: number;
}

/** What an answer brought of one partition. */
export interface FetchedChunk {
  readonly state: FetchedPartitionState;
  readonly fetched: FetchedPartition;
  readonly fetchOffset: number;
  readonly answer: AnswerBytes;
}

/** The offset behind the last whole batch, or `fetchOffset` when there is none. Looks at nothing but the batches' headers. */
export function offsetBehind(records: Buffer, fetchOffset: number): number {
  let offset = fetchOffset;
  for (let at = 0; records.length - at >= BATCH.records;) {
    const end = at + LENGTH_END + records.readInt32BE(at + BATCH.length);
    // The cursor says what is wrong with a batch that has no sensible length.
    if (end > records.length || end <= at) break;
    const high = records.readInt32BE(at + BATCH.baseOffset);
    const baseOffset = high * 0x1_0000_0000 + records.readUInt32BE(at + BATCH.baseOffset + 4);
    offset = Math.max(offset, baseOffset + records.readInt32BE(at + BATCH.lastOffsetDelta) + 1);
    at = end;
  }
  return offset;
}

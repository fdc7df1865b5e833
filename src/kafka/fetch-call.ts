import { Writer } from "@platformatic/kafka";
import { AnswerReader } from "./answer-reader.ts";
import { rawCall, type KafkaCall } from "./call.ts";

/** From where to read a partition. */
export interface FetchPosition {
  readonly topicId: string;
  readonly partition: number;
  /** Of the leader that we know; an older one than the broker's is refused. */
  readonly leaderEpoch: number;
  readonly offset: number;
}

/** What is asked of one broker. */
export interface FetchRequest {
  /** How long the broker waits for the first byte. */
  readonly maxWaitMs: number;
  /** Of records in the answer. A first batch larger than that comes all the same. */
  readonly maxBytes: number;
  readonly partitionMaxBytes: number;
  /** Those that come first are served first. */
  readonly partitions: readonly FetchPosition[];
}

/** A transaction whose records, from this offset to its end marker, were never committed. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

/** What a broker has of a partition. */
export interface FetchedPartition {
  readonly topicId: string;
  readonly partition: number;
  readonly errorCode: number;
  /** The offset behind the last record that is committed. */
  readonly end: number;
  readonly aborted: readonly AbortedTransaction[];
  /** Record batches, the last one perhaps cut off; a view. */
  readonly records: Buffer;
}

/** A broker's answer. */
export interface FetchAnswer {
  readonly errorCode: number;
  readonly partitions: readonly FetchedPartition[];
}

const FETCH = 1;
const READ_COMMITTED = 1;
/** Without a session (KIP-227): every request names every partition. */
const NO_SESSION = { id: 0, epoch: -1 } as const;

/**
 * Fetch, versions 15 to 17, which have the same form: `max_wait_ms min_bytes max_bytes isolation_level session_id session_epoch [topics]
 * [forgotten_topics_data] rack_id`. Only committed records are asked for.
 */
export function fetchCall(
  request: FetchRequest,
  allocate?: (length: number) => Buffer,
): KafkaCall<FetchAnswer> {
  return rawCall({
    apiKey: FETCH,
    versions: [15, 17],
    waitMs: request.maxWaitMs,
    allocate,
    write: () => writeRequest(request),
    read: readAnswer,
  });
}

function writeRequest(request: FetchRequest): Writer {
  const topics = groupByTopic(request.partitions);
  return Writer.create()
    .appendInt32(request.maxWaitMs)
    .appendInt32(1)
    .appendInt32(request.maxBytes)
    .appendInt8(READ_COMMITTED)
    .appendInt32(NO_SESSION.id)
    .appendInt32(NO_SESSION.epoch)
    .appendArray(topics, (writer, [topicId, partitions]) => {
      writer
        .appendUUID(topicId)
        .appendArray(partitions, (w, { partition, leaderEpoch, offset }) => {
          w.appendInt32(partition)
            .appendInt32(leaderEpoch)
            .appendInt64(BigInt(offset))
            .appendInt32(-1) // last_fetched_epoch: for replicas
            .appendInt64(-1n) // log_start_offset: for replicas
            .appendInt32(request.partitionMaxBytes);
        });
    })
    .appendArray([], () => undefined)
    .appendString("")
    .appendTaggedFields();
}

/** Neighbours of one topic together: the order decides who is served first, so a topic may come more than once. */
function groupByTopic(partitions: readonly FetchPosition[]): [string, FetchPosition[]][] {
  const topics: [string, FetchPosition[]][] = [];
  for (const position of partitions) {
    const last = topics.at(-1);
    if (last?.[0] === position.topicId) last[1].push(position);
    else topics.push([position.topicId, [position]]);
  }
  return topics;
}

/*
  throttle_time_ms error_code session_id [responses] TAG_BUFFER
    responses => topic_id [partitions] TAG_BUFFER
      partitions => partition_index error_code high_watermark last_stable_offset log_start_offset
                    [aborted_transactions] preferred_read_replica records TAG_BUFFER
        aborted_transactions => producer_id first_offset TAG_BUFFER
*/
function readAnswer(bytes: Buffer): FetchAnswer {
  const reader = new AnswerReader(bytes);
  reader.int32();
  const errorCode = reader.int16();
  reader.int32();
  const topics = reader.array(() => {
    const topicId = reader.uuid();
    const partitions = reader.array(() => readPartition(reader, topicId));
    reader.skipTags();
    return partitions;
  });
  return { errorCode, partitions: topics.flat() };
}

function readPartition(reader: AnswerReader, topicId: string): FetchedPartition {
  const partition = reader.int32();
  const errorCode = reader.int16();
  reader.int64(); // high_watermark
  const end = reader.int64();
  reader.int64(); // log_start_offset
  const aborted = reader.array(() => {
    const transaction = { producerId: reader.bigInt64(), firstOffset: reader.int64() };
    reader.skipTags();
    return transaction;
  });
  reader.int32(); // preferred_read_replica
  const records = reader.view();
  reader.skipTags();
  return { topicId, partition, errorCode, end, aborted, records };
}

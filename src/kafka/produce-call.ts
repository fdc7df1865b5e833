import { Writer } from "@platformatic/kafka";
import { AnswerReader } from "./answer-reader.ts";
import { rawCall, type KafkaCall } from "./call.ts";

/** A batch for a partition: a request has one a partition at most. */
export interface ProducedBatch {
  readonly topic: string;
  readonly partition: number;
  /** As {@link OpenBatch.seal} returns it; must not change before the answer is there. */
  readonly batch: Buffer;
}

/** What is sent to one broker. */
export interface ProduceRequest {
  readonly transactionalId: string | null;
  /** How long the broker may wait for the replicas in sync. */
  readonly timeoutMs: number;
  readonly batches: readonly ProducedBatch[];
}

/** What became of a batch. */
export interface ProduceResult {
  readonly topic: string;
  readonly partition: number;
  /** 0 = every replica in sync has it. */
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

const PRODUCE = 0;
const ALL_IN_SYNC = -1;

/**
 * Produce, versions 9 to 11, which have the same form: `transactional_id acks timeout_ms [topic_data]`, topics `name [partition_data]`, partitions
 * `index records`. Version 12 would add partitions to the transaction by itself; Kafka 3 has none.
 */
export function produceCall(request: ProduceRequest): KafkaCall<readonly ProduceResult[]> {
  return rawCall({
    apiKey: PRODUCE,
    versions: [9, 11],
    waitMs: request.timeoutMs,
    write: () => writeRequest(request),
    read: readAnswer,
  });
}

function writeRequest(request: ProduceRequest): Writer {
  const topics = Map.groupBy(request.batches, ({ topic }) => topic);
  return Writer.create()
    .appendString(request.transactionalId)
    .appendInt16(ALL_IN_SYNC)
    .appendInt32(request.timeoutMs)
    .appendArray([...topics], (writer, [name, batches]) => {
      writer.appendString(name).appendArray(batches, (w, { partition, batch }) => {
        w.appendInt32(partition)
          .appendUnsignedVarInt(batch.length + 1)
          .append(batch);
      });
    })
    .appendTaggedFields();
}

/*
  [responses] throttle_time_ms TAG_BUFFER
    responses => name [partition_responses] TAG_BUFFER
      partition_responses => index error_code base_offset log_append_time_ms log_start_offset
                             [record_errors] error_message TAG_BUFFER
        record_errors => batch_index batch_index_error_message TAG_BUFFER
*/
function readAnswer(bytes: Buffer): readonly ProduceResult[] {
  const reader = new AnswerReader(bytes);
  const topics = reader.array(() => {
    const topic = reader.view().toString();
    const partitions = reader.array(() => readPartition(reader, topic));
    reader.skipTags();
    return partitions;
  });
  return topics.flat();
}

function readPartition(reader: AnswerReader, topic: string): ProduceResult {
  const partition = reader.int32();
  const errorCode = reader.int16();
  reader.skip(3 * 8); // base_offset, log_append_time_ms, log_start_offset
  reader.array(() => {
    reader.int32();
    reader.view();
    reader.skipTags();
  });
  const errorMessage = reader.view().toString();
  reader.skipTags();
  return { topic, partition, errorCode, errorMessage: errorMessage || null };
}

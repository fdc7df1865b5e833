import type { TailraceError } from "../core/errors.ts";
import type { KafkaConnections } from "./connections.ts";
import { fetchCall, type FetchedPartition } from "./fetch-call.ts";
import { RecordCursor } from "./record-cursor.ts";
import { retrying, RetryWaits, type RetryLimits } from "./retry.ts";
import { listOffsets } from "./topic-offsets.ts";
import { refusalOf } from "./translate-error.ts";

/** What to look for. */
export interface ReadLastOptions {
  readonly topic: string;
  readonly key: string;
  /** Without progress for so long it gives up. */
  readonly limits: RetryLimits;
}

const PARTITION = 0;
const MAX_WAIT_MS = 100;
const MAX_BYTES = 16 * 1024 * 1024;
const MISSING = 3;
const OFFSET_NOT_AVAILABLE = 78;

/**
 * The value of the last committed record with a key in partition 0, or null. Reads up to what the partition holds now, whoever wrote it: a transaction
 * that somebody has open is waited for, because a committed record of ours may lie behind its beginning, where readers of committed records do not get
 * before it has ended. Throws KAFKA_*.
 */
export async function readLast(
  connections: KafkaConnections,
  options: ReadLastOptions,
): Promise<Buffer | null> {
  const { topic, limits } = options;
  const offsetAt = async (at: "earliest" | "latest"): Promise<number> => {
    const offsets = await retrying(
      () => listOffsets(connections, topic, at, "read_uncommitted"),
      limits,
    );
    return offsets.get(PARTITION) ?? 0;
  };
  const cursor = new RecordCursor(topic, PARTITION);
  const key = Buffer.from(options.key);
  const end = await offsetAt("latest");
  const waits = new RetryWaits(limits);
  let last: Buffer | null = null;
  for (let offset = await offsetAt("earliest"); offset < end; offset = cursor.nextOffset) {
    const fetched = await retrying(() => fetchFrom(connections, topic, offset), limits);
    cursor.reset({ ...fetched, fetchOffset: offset });
    while (cursor.next()) {
      const { bytes, keyStart, keyEnd, valueStart, valueEnd } = cursor;
      if (keyStart < 0 || !bytes.subarray(keyStart, keyEnd).equals(key)) continue;
      last = valueStart < 0 ? null : Buffer.from(bytes.subarray(valueStart, valueEnd));
    }
    if (cursor.nextOffset > offset) waits.reset();
    else await waits.after(openTransaction(topic));
  }
  return last;
}

async function fetchFrom(
  connections: KafkaConnections,
  topic: string,
  offset: number,
): Promise<FetchedPartition> {
  const { id, partitions } = (await connections.metadata([topic])).get(topic) ?? {};
  const leader = partitions?.[PARTITION];
  if (id === undefined || leader === undefined) throw refusalOf(MISSING, `topic ${topic}`);
  const call = fetchCall({
    maxWaitMs: MAX_WAIT_MS,
    maxBytes: MAX_BYTES,
    partitionMaxBytes: MAX_BYTES,
    partitions: [{ topicId: id, partition: PARTITION, leaderEpoch: leader.leaderEpoch, offset }],
  });
  const answer = await connections.request({ node: leader.leader }, call);
  const fetched = answer.partitions[0];
  const code = answer.errorCode || (fetched?.errorCode ?? MISSING);
  if (code === 0 && fetched !== undefined) return fetched;
  connections.forgetTopic(topic);
  throw refusalOf(code, `topic ${topic}, partition ${PARTITION}`);
}

function openTransaction(topic: string): TailraceError {
  const words = "records lie behind a transaction that its producer has not ended";
  return refusalOf(OFFSET_NOT_AVAILABLE, `topic ${topic}`, words);
}

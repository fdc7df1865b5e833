import { fetchCall } from "../../src/kafka/fetch-call.ts";
import { KafkaConnections } from "../../src/kafka/connections.ts";
import { RecordCursor } from "../../src/kafka/record-cursor.ts";
import { listOffsets } from "../../src/kafka/topic-offsets.ts";

/** A committed record. */
export interface ReadRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** All records of committed transactions that a topic holds now, partition by partition; none when it does not exist. Waits for transactions that are open. */
export async function readTopic(broker: string, topic: string): Promise<ReadRecord[]> {
  await using connections = new KafkaConnections({ brokers: [broker] });
  const known = (await connections.metadata([topic])).get(topic);
  if (known === undefined) return [];
  const ends = await listOffsets(connections, topic, "latest", "read_uncommitted");
  const begins = await listOffsets(connections, topic, "earliest", "read_uncommitted");
  const records: ReadRecord[] = [];
  for (const [partition, { leader, leaderEpoch }] of known.partitions.entries()) {
    const cursor = new RecordCursor(topic, partition);
    const end = ends.get(partition) ?? 0;
    for (let offset = begins.get(partition) ?? 0; offset < end; offset = cursor.nextOffset) {
      const answer = await connections.request(
        { node: leader },
        fetchCall({
          maxWaitMs: 50,
          maxBytes: 16 << 20,
          partitionMaxBytes: 16 << 20,
          partitions: [{ topicId: known.id, partition, leaderEpoch, offset }],
        }),
      );
      const [fetched] = answer.partitions;
      if (fetched === undefined || fetched.errorCode !== 0)
        throw new Error(`cannot read ${topic}/${partition}: ${fetched?.errorCode}`);
      cursor.reset({ ...fetched, fetchOffset: offset });
      while (cursor.next()) records.push(takeRecord(cursor));
    }
  }
  return records;
}

function takeRecord(cursor: RecordCursor): ReadRecord {
  const { bytes, partition, offset, keyStart, keyEnd, valueStart, valueEnd } = cursor;
  return {
    partition,
    offset,
    key: keyStart < 0 ? null : bytes.toString("utf8", keyStart, keyEnd),
    value: valueStart < 0 ? null : bytes.toString("utf8", valueStart, valueEnd),
    headers: readHeaders(bytes.subarray(cursor.headersStart, cursor.headersEnd)),
  };
}

/** Headers of ours: every number fits one byte. */
function readHeaders(bytes: Buffer): Record<string, string> {
  const headers: Record<string, string> = {};
  let at = 1;
  const text = (): string => {
    const end = at + 1 + bytes[at]! / 2;
    const value = bytes.toString("utf8", at + 1, end);
    at = end;
    return value;
  };
  for (let left = bytes[0]! / 2; left > 0; left -= 1) {
    const name = text();
    headers[name] = text();
  }
  return headers;
}

import { randomUUID } from "node:crypto";
import { Consumer, MessagesStreamModes } from "@platformatic/kafka";
import type { BenchTopic } from "./tailrace-config.ts";

/** What lies in a topic of Canal records of the orders. */
export interface TopicRows {
  readonly records: number;
  readonly rows: number;
  /** Different ids among them. */
  readonly distinct: number;
}

/** Reads a topic from its start to its end with the library's own consumer and counts committed rows. */
export async function countRows({ brokers, topic }: BenchTopic): Promise<TopicRows> {
  const consumer = new Consumer({
    clientId: "bench",
    groupId: randomUUID(),
    bootstrapBrokers: brokers.split(","),
    isolationLevel: 1,
  });
  try {
    const ends = (await consumer.listOffsets({ topics: [topic] })).get(topic)!;
    const open = new Set(ends.flatMap((end, partition) => (end > 0n ? [partition] : [])));
    const stream = await consumer.consume({
      topics: [topic],
      mode: MessagesStreamModes.EARLIEST,
      autocommit: false,
      maxWaitTime: 100,
    });
    const ids = new Set<string>();
    let records = 0;
    let rows = 0;
    if (open.size > 0) {
      for await (const { partition, offset, value } of stream) {
        records += 1;
        const { data } = JSON.parse(value.toString()) as { readonly data: { id: string }[] };
        for (const { id } of data) ids.add(id);
        rows += data.length;
        // a transaction's end marker takes the last offset
        if (offset >= ends[partition]! - 2n) open.delete(partition);
        if (open.size === 0) break;
      }
    }
    return { records, rows, distinct: ids.size };
  } finally {
    await consumer.close(true);
  }
}

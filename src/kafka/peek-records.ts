import { systemClock } from "../core/clock.ts";
import type { PartitionOffset } from "../core/kafka.ts";
import type { Logger } from "../core/logger.ts";
import type { RecordView } from "../core/record.ts";
import { KafkaConnections } from "./connections.ts";
import { Fetcher } from "./fetcher.ts";
import type { KafkaOptions } from "./options.ts";
import { TopicIdentities } from "./topic-identities.ts";

/** How records are looked at. */
export interface PeekOptions {
  /** The look ends after this time. */
  readonly timeoutMs: number;
  /** Called for each record, which is valid until the promise resolves; false ends the look. */
  readonly each: (record: RecordView) => Promise<boolean>;
  readonly logger: Logger;
}

const PEEK_BYTES = 1 << 20;

/** Reads records from these places on, as a member of no group. Throws KAFKA_*, and what `each` throws. */
export async function peekRecords(
  connection: KafkaOptions,
  from: readonly PartitionOffset[],
  { timeoutMs, each, logger }: PeekOptions,
): Promise<void> {
  const clock = systemClock;
  await using connections = new KafkaConnections(connection);
  await using fetcher = new Fetcher({
    connections,
    identities: new TopicIdentities(),
    maxFetchBytes: PEEK_BYTES,
    clock,
    logger,
  });
  for (const begin of from) fetcher.start(begin);
  const over = new AbortController();
  void clock.sleep(timeoutMs, over.signal).then(() => {
    over.abort();
    fetcher.close();
  });
  try {
    while (!over.signal.aborted) {
      const record = fetcher.poll();
      if (record === null) await fetcher.wait();
      else if (!(await each(record))) return;
    }
  } finally {
    over.abort();
  }
}

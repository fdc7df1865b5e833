import type { CaptureConfig } from "../../config/config.ts";
import type { KafkaCluster, PartitionOffset } from "../../core/kafka.ts";
import type { Logger } from "../../core/logger.ts";
import { parseTablePattern } from "../../core/table-pattern.ts";
import { topicPattern } from "../../core/topic-name.ts";
import { epochOf } from "../../core/version.ts";
import { newestPlaces } from "../../kafka/newest-places.ts";
import { peekRecords } from "../../kafka/peek-records.ts";
import { createKnownHeaders, readHeaders } from "../../transport/header-reader.ts";
import { matchTopics } from "../sync/topic-patterns.ts";

/** All partitions together take so long at most, ms. */
const TIMEOUT_MS = 15_000;

/**
 * The greatest epoch in the versions of the newest records in a capture's topics, null when none of them is ours. Versions must not begin with less than an
 * earlier life of the capture left there, or readers would take every new change for an old one. Asked when there is no checkpoint. Throws KAFKA_*.
 */
export async function readTopicEpoch(
  { sink, rules }: CaptureConfig,
  cluster: KafkaCluster,
  logger: Logger,
): Promise<number | null> {
  const patterns = rules.map((rule) => topicPattern(sink.topic, parseTablePattern(rule.table)));
  const places: PartitionOffset[] = [];
  for (const topic of matchTopics(patterns, await cluster.listTopics()))
    places.push(...(await newestPlaces(cluster, topic)));
  if (places.length === 0) return null;
  const headers = createKnownHeaders();
  const seen = new Set<string>();
  let epoch: number | null = null;
  await peekRecords(sink.connection, places, {
    timeoutMs: TIMEOUT_MS,
    logger,
    each: (record) => {
      seen.add(`${record.partition} ${record.topic}`);
      readHeaders(record, headers);
      if (headers.isOurs) epoch = Math.max(epoch ?? 0, epochOf(headers.versionHigh));
      return Promise.resolve(seen.size < places.length);
    },
  });
  if (seen.size < places.length)
    logger.warn(
      { partitions: places.length, seen: seen.size, epoch },
      "not every partition has told the epoch of its newest records: if one is greater, readers take changes for old ones",
    );
  return epoch;
}

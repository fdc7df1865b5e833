import type { OffsetStart, SyncConfig } from "../../config/config.ts";
import { configFingerprint } from "../../config/fingerprint.ts";
import type { JsonClient } from "../../core/json-client.ts";
import type { KafkaCluster, PartitionOffset, TopicDescription } from "../../core/kafka.ts";
import type { SyncState, SyncStateStore } from "../../core/sync-state.ts";
import { readIndexEpoch } from "../../sink/index-meta.ts";
import { parseRule } from "../../query/rule.ts";
import { indexPattern } from "../../rules/place.ts";
import { awaitTopics } from "./await-topics.ts";
import { followTopics, recreatedTopics } from "./follow-topics.ts";
import { seekGroup, type SeekRequest, totalSeek } from "./seek.ts";
import type { OpenOptions } from "../stages.ts";

/** Where topics and what is known of them are. */
export interface TopicStores {
  readonly cluster: KafkaCluster;
  readonly store: SyncStateStore;
  readonly client: JsonClient;
}

/** The topics that are read from now on, and the state that says so. */
export interface BegunTopics {
  readonly found: ReadonlyMap<string, TopicDescription>;
  readonly state: SyncState;
  /** The greatest that versions of documents may begin with, as far as we know. */
  readonly epoch: number;
}

/**
 * Finds the topics, compares them with what is known of them, and takes note of those that are new. With `seekTo` the group's offsets are set first; where changes are
 * accepted, those of topics made anew to their beginning, for what the group has committed are places in the old ones. Throws KAFKA_*, STATE_*, BULK_*, CONFIG_RULES_CHANGED.
 */
export async function beginTopics(
  config: SyncConfig,
  { cluster, store, client }: TopicStores,
  options: OpenOptions,
): Promise<BegunTopics> {
  const { source, rules, name: pipeline } = config;
  const { group } = source;
  const found = await awaitTopics(cluster, source.topics, options);
  const missing = source.topics.filter((topic) => !topic.includes("*") && !found.has(topic));
  if (missing.length > 0)
    options.logger.warn({ topics: missing }, "topics that do not exist yet are waited for");
  const before = await store.load();
  const indices = rules
    .filter((rule) => rule.createIndex)
    .map((rule) => indexPattern(parseRule(rule).index));
  const known = (await readIndexEpoch(client, indices)) ?? -1;
  const acceptChanges = options.acceptChanges === true || options.seekTo !== undefined;
  const inputs = {
    pipeline,
    group,
    fingerprint: configFingerprint(config),
    topics: found,
    firstGeneration: known + 1,
    acceptChanges,
    now: new Date(options.clock.now()).toISOString(),
  };
  // tells what is not accepted before anything is set
  followTopics(before, inputs);
  if (options.seekTo !== undefined)
    await seek(options.seekTo, { cluster, group, topics: [...found.keys()] }, options);
  else await restart(recreatedTopics(before, found), cluster, group);
  const state = (await store.update((now) => followTopics(now, inputs)))!;
  const generations = Object.values(state.topics).map((topic) => topic.generation);
  return { found, state, epoch: Math.max(known, ...generations) };
}

/** Sets the group's offsets of all topics, and tells what that means for each. */
async function seek(
  to: OffsetStart,
  { cluster, ...where }: Pick<TopicStores, "cluster"> & Pick<SeekRequest, "group" | "topics">,
  { logger }: Pick<OpenOptions, "logger">,
): Promise<void> {
  const steps = await seekGroup(cluster, { ...where, to });
  const time = to.kind === "timestamp" ? new Date(to.timestampMs).toISOString() : undefined;
  for (const totals of totalSeek(steps))
    logger.info({ ...totals, to: time ?? to.kind }, "the group goes on at another place");
}

/** Sets the group's offsets of topics to their beginning. */
async function restart(
  topics: readonly string[],
  cluster: KafkaCluster,
  group: string,
): Promise<void> {
  const offsets: PartitionOffset[] = [];
  for (const topic of topics)
    for (const [partition, offset] of await cluster.listOffsets(topic, "earliest"))
      offsets.push({ topic, partition, offset });
  if (offsets.length > 0) await cluster.commitOffsets(group, offsets);
}

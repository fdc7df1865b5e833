import type {
  CaptureConfig,
  DirectConfig,
  FolderConfig,
  IndexConfig,
  SyncConfig,
} from "../../config/config.ts";
import type { Checkpoint } from "../../core/checkpoint.ts";
import { TailraceError } from "../../core/errors.ts";
import type { JsonClient } from "../../core/json-client.ts";
import type { KafkaCluster, PartitionOffset } from "../../core/kafka.ts";
import type { Logger } from "../../core/logger.ts";
import { epochOf } from "../../core/version.ts";
import { openCluster } from "../../kafka/cluster.ts";
import { newestPlaces } from "../../kafka/newest-places.ts";
import { peekRecords } from "../../kafka/peek-records.ts";
import { readIndexEpoch } from "../../sink/index-meta.ts";
import { openCheckpointIndex } from "../../state/checkpoint-elasticsearch.ts";
import { peekCheckpointFile } from "../../state/checkpoint-file.ts";
import { CheckpointRecords } from "../../state/checkpoint-kafka.ts";
import { openSyncStateIndex } from "../../state/sync-state-elasticsearch.ts";
import { createKnownHeaders, readHeaders } from "../../transport/header-reader.ts";
import { matchTopics } from "../sync/topic-patterns.ts";

/** Which epoch the versions of loaded rows must have, so that they compare with those of the stream. */
export interface LoadEpoch {
  /** Never greater than the stream's: its later changes must win. */
  readonly epoch: number;
  /** The greatest that tailrace noted in the indices; null = none. */
  readonly known: number | null;
  /** Where it was found. */
  readonly from: "checkpoint" | "records" | "indices";
}

/** What finding the epoch takes. */
export interface LoadEpochOptions {
  readonly client: JsonClient;
  /** Indices that tailrace may have created, `*` for what rows fill in. */
  readonly indices: readonly string[];
  /** The half that publishes what a sync reads, where the configuration has it. */
  readonly capture?: CaptureConfig | undefined;
  readonly logger: Logger;
}

/**
 * Finds the epoch of a pipeline's versions without taking anything from the process that runs it: of a direct pipeline in its checkpoint; of a sync in the capture's checkpoint, or in
 * the newest records of its topics. Where there is neither, nothing has been streamed yet, and the stream will begin with a greater one than the indices know. Throws STATE_*,
 * KAFKA_*, BULK_*, and SNAPSHOT_INCOMPARABLE for a sync whose records carry no versions of ours.
 */
export async function readLoadEpoch(
  config: DirectConfig | SyncConfig,
  options: LoadEpochOptions,
): Promise<LoadEpoch> {
  const { client, indices } = options;
  const known = indices.length === 0 ? null : await readIndexEpoch(client, indices);
  const streamed =
    config.topology === "direct"
      ? ofCheckpoint(await peekCheckpoint(config, client))
      : await readSyncEpoch(config, options);
  return { known, ...(streamed ?? { epoch: known ?? 0, from: "indices" }) };
}

type Streamed = Pick<LoadEpoch, "epoch" | "from">;

function ofCheckpoint(checkpoint: Checkpoint | null): Streamed | null {
  return checkpoint && { epoch: checkpoint.epoch, from: "checkpoint" };
}

/** The checkpoint of a direct pipeline as it is now, whoever owns it; null when there is none. Throws STATE_*, BULK_*. */
export function peekCheckpoint(
  { name: pipeline, state }: { readonly name: string; readonly state: FolderConfig | IndexConfig },
  client: JsonClient,
): Promise<Checkpoint | null> {
  return state.type === "file"
    ? peekCheckpointFile({ folder: state.path, pipeline })
    : openCheckpointIndex({ client, index: state.index, pipeline }).load();
}

/** The checkpoint of a capture as it is now, whoever owns it; null when there is none. Throws STATE_*, KAFKA_*. */
export async function peekCaptureCheckpoint(
  { name: pipeline, state }: Pick<CaptureConfig, "name" | "state">,
  cluster: KafkaCluster,
): Promise<Checkpoint | null> {
  if (state.type === "file") return peekCheckpointFile({ folder: state.path, pipeline });
  const topic = (await cluster.describeTopics([state.topic])).get(state.topic);
  if (topic === undefined) return null;
  return new CheckpointRecords({ cluster, topic, pipeline }).load();
}

async function readSyncEpoch(
  config: SyncConfig,
  { capture, client, logger }: LoadEpochOptions,
): Promise<Streamed | null> {
  const { source, name: pipeline, state } = config;
  await using cluster = await openCluster(source.connection);
  const checkpoint = capture && (await peekCaptureCheckpoint(capture, cluster));
  if (checkpoint) return ofCheckpoint(checkpoint);
  const { epochs, foreign } = await readRecordEpochs(config, cluster, logger);
  if (foreign !== null) {
    const begun = await openSyncStateIndex({ client, index: state.index, pipeline }).load();
    // its generation will be greater than what the load leaves in the indices that are ours
    if (begun === null && config.rules.every((rule) => rule.createIndex)) return null;
    throw new TailraceError(
      "SNAPSHOT_INCOMPARABLE",
      `the records of topic ${foreign} carry no versions of tailrace, so ${pipeline} orders documents by their offsets`,
    );
  }
  // a capture that has not begun will take a greater one than the indices know
  if (epochs.length === 0 && capture !== undefined) return null;
  // a topic that has been silent since may hold an older one: too small is harmless, too great never
  return { epoch: epochs.length === 0 ? 0 : Math.min(...epochs), from: "records" };
}

/** All partitions together take so long at most, ms. */
const TIMEOUT_MS = 15_000;

/** The greatest epoch among the newest records of each topic that has records of ours, and a topic whose newest are not. */
async function readRecordEpochs(
  { source }: SyncConfig,
  cluster: KafkaCluster,
  logger: Logger,
): Promise<{ readonly epochs: readonly number[]; readonly foreign: string | null }> {
  const places: PartitionOffset[] = [];
  for (const topic of matchTopics(source.topics, await cluster.listTopics()))
    places.push(...(await newestPlaces(cluster, topic)));
  const epochs = new Map<string, number>();
  const seen = new Set<string>();
  let foreign: string | null = null;
  if (places.length === 0) return { epochs: [], foreign };
  const headers = createKnownHeaders();
  await peekRecords(source.connection, places, {
    timeoutMs: TIMEOUT_MS,
    logger,
    each: (record) => {
      const { topic, partition } = record;
      seen.add(JSON.stringify([topic, partition]));
      readHeaders(record, headers);
      if (headers.isOurs)
        epochs.set(topic, Math.max(epochs.get(topic) ?? 0, epochOf(headers.versionHigh)));
      else foreign = topic;
      return Promise.resolve(seen.size < places.length);
    },
  });
  return { epochs: [...epochs.values()], foreign };
}

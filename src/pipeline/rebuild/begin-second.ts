import type { DirectConfig, SyncConfig } from "../../config/config.ts";
import { configFingerprint } from "../../config/fingerprint.ts";
import type { Checkpoint } from "../../core/checkpoint.ts";
import type { JsonClient } from "../../core/json-client.ts";
import type { InStepPlace } from "../../core/rebuild.ts";
import { openCluster } from "../../kafka/cluster.ts";
import { openConnection } from "../../mysql/connection.ts";
import { removeCheckpointDocument } from "../../state/checkpoint-elasticsearch.ts";
import { removeCheckpointFile } from "../../state/checkpoint-file.ts";
import { StateDocument } from "../../state/state-index.ts";
import { openJsonClient } from "../../sink/client.ts";
import { openSyncStateIndex, removeSyncState } from "../../state/sync-state-elasticsearch.ts";
import { connectionOptions, describeSource } from "../source.ts";
import { openStores } from "../stores.ts";
import { seekGroup } from "../sync/seek.ts";
import { matchTopics } from "../sync/topic-patterns.ts";
import type { DocumentConfig } from "./derive-config.ts";

/** Where the pipeline that fills an index begins. */
export type SecondBegin =
  /** At the end of the log; its versions begin with this epoch, the main pipeline's. */
  | { readonly kind: "end"; readonly epoch: number }
  /** Where the main pipeline was once. */
  | InStepPlace;

/** Gives the second pipeline its first checkpoint, or its group its first offsets, unless it has them. Throws STATE_*, SOURCE_*, KAFKA_*. */
export function beginSecond(config: DocumentConfig, begin: SecondBegin): Promise<void> {
  return config.topology === "direct" ? beginLog(config, begin) : beginGroup(config, begin);
}

/** The group has the offsets of the rebuild before, if there was one; the state, which is made when the pipeline is opened, tells whether this one has begun. */
async function beginGroup(
  { source, name: pipeline, state, sink }: SyncConfig,
  begin: SecondBegin,
): Promise<void> {
  const { group, connection } = source;
  await using client = openJsonClient(sink);
  const store = openSyncStateIndex({ client, index: state.index, pipeline });
  if ((await store.load()) !== null) return;
  await using cluster = await openCluster(connection);
  const topics = matchTopics(source.topics, await cluster.listTopics());
  const to = begin.kind === "offsets" ? begin : ({ kind: "latest" } as const);
  await seekGroup(cluster, { group, topics, to });
}

async function beginLog(config: DirectConfig, begin: SecondBegin): Promise<void> {
  if (begin.kind === "offsets") return;
  await using stores = await openStores(config);
  if ((await stores.checkpoints.load()) !== null) return;
  const from = begin.kind === "end" ? await endOfLog(config, begin.epoch) : begin.checkpoint;
  await stores.checkpoints.save({
    ...from,
    pipeline: config.name,
    fingerprint: configFingerprint(config),
    gaps: [],
    // back in an index that was loaded once there is nothing to load
    loads: begin.kind === "end" ? [] : undefined,
  });
}

async function endOfLog(
  { source, name }: DirectConfig,
  epoch: number,
): Promise<Omit<Checkpoint, "gaps" | "loads" | "fingerprint">> {
  await using connection = await openConnection(connectionOptions(source));
  const { server, state } = await describeSource(connection, null);
  return {
    format: 1,
    pipeline: name,
    flavor: server.flavor,
    serverUuid: server.serverUuid,
    epoch,
    ...state.current,
    gtidSet: state.gtidExecuted?.toString(),
    savedAt: new Date().toISOString(),
  };
}

/** Removes what the second pipeline has kept, but for its dead letters, and the offsets of its group, which Kafka forgets. Throws STATE_*, BULK_*. */
export async function forgetSecond(
  { state, name: pipeline, topology }: Pick<DocumentConfig, "state" | "name" | "topology">,
  client: JsonClient,
): Promise<void> {
  if (topology === "sync" && state.type === "elasticsearch") {
    const { index } = state;
    await removeSyncState({ client, index, pipeline });
    await new StateDocument({ client, index, id: `initial-load:${pipeline}` }).remove();
  } else if (state.type === "file") await removeCheckpointFile({ folder: state.path, pipeline });
  else await removeCheckpointDocument({ client, index: state.index, pipeline });
}

import type { DirectConfig } from "../../config/config.ts";
import { configFingerprint } from "../../config/fingerprint.ts";
import type { Checkpoint } from "../../core/checkpoint.ts";
import type { JsonClient } from "../../core/json-client.ts";
import { openConnection } from "../../mysql/connection.ts";
import { removeCheckpointDocument } from "../../state/checkpoint-elasticsearch.ts";
import { removeCheckpointFile } from "../../state/checkpoint-file.ts";
import { connectionOptions, describeSource } from "../source.ts";
import { openStores } from "../stores.ts";

/** Where the pipeline that fills an index begins. */
export type SecondBegin =
  /** At the end of the log; its versions begin with this epoch, the main pipeline's. */
  | { readonly kind: "end"; readonly epoch: number }
  /** Where the main pipeline was once. */
  | { readonly kind: "checkpoint"; readonly checkpoint: Checkpoint };

/** Gives the second pipeline its first checkpoint, unless it has one. Throws STATE_*, SOURCE_*. */
export async function beginSecond(config: DirectConfig, begin: SecondBegin): Promise<void> {
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

/** Removes what the second pipeline has kept, but for its dead letters. Throws STATE_*, BULK_*. */
export async function forgetSecond(
  { state, name: pipeline }: Pick<DirectConfig, "state" | "name">,
  client: JsonClient,
): Promise<void> {
  if (state.type === "file") await removeCheckpointFile({ folder: state.path, pipeline });
  else await removeCheckpointDocument({ client, index: state.index, pipeline });
}

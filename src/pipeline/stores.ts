import { join } from "node:path";
import type { DirectConfig, StoreConfig } from "../config/config.ts";
import type { CheckpointStore } from "../core/checkpoint.ts";
import type { DeadLetterStore } from "../core/dead-letter.ts";
import type { JsonClient } from "../core/json-client.ts";
import { openJsonClient } from "../sink/client.ts";
import { openDeadLetterIndex } from "../sink/dead-letters-elasticsearch.ts";
import { openDeadLetterFile } from "../sink/dead-letters-file.ts";
import { openCheckpointFile } from "../state/checkpoint-file.ts";
import { openCheckpointIndex } from "../state/checkpoint-elasticsearch.ts";

/** The stores of a pipeline, open. */
export interface Stores extends AsyncDisposable {
  readonly checkpoints: CheckpointStore;
  readonly deadLetters: DeadLetterStore;
  /** Requests to the sink's cluster outside the bulk stream. */
  readonly client: JsonClient;
}

/** Opens the stores that the configuration names. Throws STATE_*. */
export async function openStores(config: DirectConfig): Promise<Stores> {
  const { state, deadLetters, name: pipeline } = config;
  await using resources = new AsyncDisposableStack();
  const client = resources.use(openJsonClient(config.sink));
  const checkpoints = resources.use(
    state.type === "file"
      ? await openCheckpointFile({ folder: state.path, pipeline })
      : openCheckpointIndex({ client, index: state.index, pipeline }),
  );
  const letters = resources.use(openDeadLetters(deadLetters, { pipeline, client }));
  const held = resources.move();
  return {
    client,
    checkpoints,
    deadLetters: letters,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** Opens the store of a pipeline's dead letters. `client` leads to the cluster that an index is in, and stays the caller's. */
export function openDeadLetters(
  store: StoreConfig,
  { pipeline, client }: { readonly pipeline: string; readonly client: JsonClient },
): DeadLetterStore {
  return store.type === "file"
    ? openDeadLetterFile(join(store.path, `${pipeline}.dead-letters.ndjson`))
    : openDeadLetterIndex({ client, index: store.index });
}

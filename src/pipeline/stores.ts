import { join } from "node:path";
import type { DirectConfig } from "../config/config.ts";
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
  const letters = resources.use(
    deadLetters.type === "file"
      ? openDeadLetterFile(join(deadLetters.path, `${pipeline}.dead-letters.ndjson`))
      : openDeadLetterIndex({ client, index: deadLetters.index }),
  );
  const held = resources.move();
  return {
    client,
    checkpoints,
    deadLetters: letters,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

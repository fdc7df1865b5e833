import { join } from "node:path";
import type { PipelineConfig } from "../config/config.ts";
import type { CheckpointStore } from "../core/checkpoint.ts";
import type { DeadLetterStore } from "../core/dead-letter.ts";
import { openDeadLetterFile } from "../sink/dead-letters-file.ts";
import { openCheckpointFile } from "../state/checkpoint-file.ts";

/** The stores of a pipeline, open. */
export interface Stores extends AsyncDisposable {
  readonly checkpoints: CheckpointStore;
  readonly deadLetters: DeadLetterStore;
}

/** Opens the stores that the configuration names. Throws STATE_*. */
export async function openStores(config: PipelineConfig): Promise<Stores> {
  const { state, deadLetters, name } = config;
  if (state.type !== "file" || deadLetters.type !== "file") throw new Error("elasticsearch");
  const checkpoints = await openCheckpointFile({ folder: state.path, pipeline: name });
  const letters = openDeadLetterFile(join(deadLetters.path, `${name}.dead-letters.ndjson`));
  return {
    checkpoints,
    deadLetters: letters,
    [Symbol.asyncDispose]: async () => {
      await letters[Symbol.asyncDispose]();
      await checkpoints[Symbol.asyncDispose]();
    },
  };
}

export function readKnownEpoch(
  _config: PipelineConfig,
  _serverUuid: string,
): Promise<number | null> {
  return Promise.resolve(null);
}

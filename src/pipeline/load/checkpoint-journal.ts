import type { LoadJournal, TableLoad } from "../../core/load.ts";
import type { CheckpointCursor } from "../checkpoint-cursor.ts";

/**
 * A pipeline's loads as part of its checkpoint: saved with it every second and when it stops. Of one second a crash repeats the chunks; never less, for what is saved was answered for.
 */
export class CheckpointJournal implements LoadJournal {
  readonly #cursor: CheckpointCursor;

  constructor(cursor: CheckpointCursor) {
    this.#cursor = cursor;
  }

  get loads(): readonly TableLoad[] {
    return this.#cursor.loads ?? [];
  }

  put(load: TableLoad): Promise<void> {
    this.#cursor.putLoad(load);
    return Promise.resolve();
  }
}

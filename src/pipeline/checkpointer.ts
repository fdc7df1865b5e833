import type { CheckpointStore, LogPlace } from "../core/checkpoint.ts";
import type { Clock } from "../core/clock.ts";
import { asTailraceError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { CheckpointCursor } from "./checkpoint-cursor.ts";
import type { ResumePoint } from "./stages.ts";

/** What a checkpointer needs. */
export interface CheckpointerOptions {
  readonly store: CheckpointStore;
  /** Behind the acknowledged transactions. */
  readonly cursor: CheckpointCursor;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How often a moving checkpoint is saved at most, ms. A crash repeats what was acknowledged since. */
export const CHECKPOINT_INTERVAL_MS = 1_000;

/** Saves the checkpoint behind the acknowledged transactions while it moves. */
export class Checkpointer {
  readonly #options: CheckpointerOptions;
  /** The cursor's changes that are saved. */
  #saved = 0;
  #saving: Promise<void> = Promise.resolve();

  constructor(options: CheckpointerOptions) {
    this.#options = options;
  }

  /** Saves what has changed; one save at a time. Throws STATE_*. */
  save(): Promise<void> {
    this.#saving = this.#saving.then(
      () => this.#saveNow(),
      () => this.#saveNow(),
    );
    return this.#saving;
  }

  async #saveNow(): Promise<void> {
    const { cursor, store } = this.#options;
    const { changes } = cursor;
    if (changes === this.#saved) return;
    await store.save(cursor.current());
    this.#saved = changes;
  }

  /** Saves every second until the signal aborts. A failure that may pass is logged and tried again; any other rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    while (!signal.aborted) {
      await clock.sleep(CHECKPOINT_INTERVAL_MS, signal);
      try {
        await this.save();
      } catch (cause) {
        const error = asTailraceError(cause);
        if (error.disposition !== "retry") throw error;
        logger.warn({ err: error }, "the checkpoint could not be saved; trying again");
      }
    }
  }

  /** The checkpoint as the place where the next run goes on. `close` acknowledges what the destination has closed. */
  resumePoint(close: () => void): ResumePoint {
    return {
      run: (signal) => this.run(signal),
      save: () => {
        close();
        return this.save();
      },
      place: () => placeOf(this.#options.cursor),
    };
  }
}

/** File and position of a cursor, as fields of a log line. */
export function placeOf(cursor: CheckpointCursor): {
  readonly file: string;
  readonly position: number;
} {
  const { file, position } = cursor.current();
  return { file, position };
}

/** The place up to which everything is acknowledged: further than where reading resumes while XA transactions are prepared. */
export function readPlace(cursor: CheckpointCursor): LogPlace {
  const { file, position, readTo } = cursor.current();
  return readTo ?? { file, position };
}

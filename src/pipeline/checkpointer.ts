import type { Checkpoint, CheckpointStore, LogPlace, TableGap } from "../core/checkpoint.ts";
import type { Clock } from "../core/clock.ts";
import { asTailraceError } from "../core/errors.ts";
import type { GtidSet } from "../core/gtid.ts";
import type { Logger } from "../core/logger.ts";
import type { ResumePoint } from "./stages.ts";
import type { Acknowledged } from "./tracker.ts";

/** What a checkpointer needs. */
export interface CheckpointerOptions {
  readonly store: CheckpointStore;
  /** The checkpoint that this run begins with. */
  readonly initial: Checkpoint;
  /** The transactions before it; null when the source has no GTIDs or the start does not tell. */
  readonly gtidSet: GtidSet | null;
  /** How often it is saved at most, ms. A crash repeats what was acknowledged since. */
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Keeps the checkpoint behind the acknowledged transactions: in memory at once, in the store every `intervalMs` while it moves. */
export class Checkpointer {
  readonly #options: CheckpointerOptions;
  readonly #gtidSet: GtidSet | null;
  #gaps: readonly TableGap[];
  #file: string;
  #position: number;
  #readTo: LogPlace | undefined;
  #isDirty = true;
  #saving: Promise<void> = Promise.resolve();

  constructor(options: CheckpointerOptions) {
    this.#options = options;
    this.#gtidSet = options.gtidSet;
    this.#gaps = options.initial.gaps;
    this.#file = options.initial.file;
    this.#position = options.initial.position;
    this.#readTo = options.initial.readTo;
  }

  /** Everything up to this transaction is closed. */
  acknowledge({ position }: Acknowledged): void {
    this.#file = position.file;
    this.#position = position.position;
    this.#readTo = position.readTo;
    if (position.gtid !== undefined) this.#gtidSet?.add(position.gtid);
    this.#isDirty = true;
  }

  /** Was this gap of the table noted before? */
  hasGap({ database, table, code }: Pick<TableGap, "database" | "table" | "code">): boolean {
    return this.#gaps.some(
      (known) => known.database === database && known.table === table && known.code === code,
    );
  }

  /** Notes that a table's documents may not agree with its rows. */
  addGap(gap: TableGap): void {
    if (this.hasGap(gap)) return;
    this.#gaps = [...this.#gaps, gap];
    this.#isDirty = true;
  }

  get gaps(): readonly TableGap[] {
    return this.#gaps;
  }

  /** The checkpoint as it would be saved now. */
  current(): Checkpoint {
    return {
      ...this.#options.initial,
      file: this.#file,
      position: this.#position,
      readTo: this.#readTo,
      gtidSet: this.#gtidSet?.toString(),
      gaps: this.#gaps,
      savedAt: new Date(this.#options.clock.now()).toISOString(),
    };
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
    if (!this.#isDirty) return;
    this.#isDirty = false;
    try {
      await this.#options.store.save(this.current());
    } catch (error) {
      this.#isDirty = true;
      throw error;
    }
  }

  /** Saves every `intervalMs` until the signal aborts. A failure that may pass is logged and tried again; any other rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, intervalMs, logger } = this.#options;
    while (!signal.aborted) {
      await clock.sleep(intervalMs, signal);
      try {
        await this.save();
      } catch (cause) {
        const error = asTailraceError(cause);
        if (error.disposition !== "retry") throw error;
        logger.warn({ err: error }, "the checkpoint could not be saved; trying again");
      }
    }
  }
}

/** The checkpoint as the place where the next run goes on. `close` acknowledges what the destination has closed. */
export function createResumePoint(checkpointer: Checkpointer, close: () => void): ResumePoint {
  return {
    run: (signal) => checkpointer.run(signal),
    save: () => {
      close();
      return checkpointer.save();
    },
    place: () => {
      const { file, position } = checkpointer.current();
      return { file, position };
    },
  };
}

import { Backoff } from "../core/backoff.ts";
import type { Clock } from "../core/clock.ts";
import { asTailraceError, type TailraceError } from "../core/errors.ts";
import type { LoadJournal, TableLoad } from "../core/load.ts";
import type { Logger } from "../core/logger.ts";
import { tableName } from "../core/schema.ts";
import type { Bell } from "./bell.ts";

/** What keeping a load takes. */
export interface KeptLoadOptions {
  readonly journal: LoadJournal;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Aborted: what the journal does not take at once is not tried again. */
  readonly signal: AbortSignal;
  /** Rung when something became durable, or the load a failed one. */
  readonly bell: Bell;
}

/**
 * A load as it is and as the journal has it. Changes are put there one after another, of several that came meanwhile the newest. A failure that may pass is
 * tried again; one that may not makes the load a failed one, of which the journal then does not know.
 */
export class KeptLoad {
  readonly #options: KeptLoadOptions;
  #current: TableLoad;
  #kept: TableLoad;
  #saving: Promise<void> | null = null;
  #failure: TailraceError | null = null;

  /** `load` as it is in the journal, or is yet to be put there. */
  constructor(load: TableLoad, options: KeptLoadOptions) {
    this.#current = load;
    this.#kept = load;
    this.#options = options;
  }

  /** As it is: what is done next goes by it. */
  get current(): TableLoad {
    return this.#current;
  }

  /** As the journal has it: what is told. */
  get kept(): TableLoad {
    return this.#kept;
  }

  /** Why the journal does not take it at this moment. */
  get failure(): TailraceError | null {
    return this.#failure;
  }

  /** Changes the load. Resolves when the journal has that and what came meanwhile, or cannot take it. Never rejects. */
  change(part: Partial<TableLoad>): Promise<void> {
    this.#current = { ...this.#current, ...part };
    this.#saving ??= this.#save();
    return this.#saving;
  }

  /** Resolves when no change is on its way into the journal. */
  async settled(): Promise<void> {
    await this.#saving;
  }

  async #save(): Promise<void> {
    const { journal, clock, signal } = this.#options;
    const backoff = new Backoff(clock);
    while (this.#kept !== this.#current) {
      const load = this.#current;
      try {
        await journal.put(load);
        this.#kept = load;
        this.#failure = null;
        backoff.reset();
      } catch (cause) {
        this.#failure = asTailraceError(cause);
        if (signal.aborted) break;
        if (this.#failure.disposition !== "retry") this.#giveUp(this.#failure);
        else await this.#rest(this.#failure, backoff);
      }
    }
    this.#saving = null;
    this.#options.bell.ring();
  }

  #giveUp(error: TailraceError): void {
    const { code, message } = error;
    this.#current = { ...this.#current, state: "failed", error: `${code}: ${message}` };
    this.#kept = this.#current;
    const fields = { err: error, table: tableName(this.#current), remedy: error.remedy };
    this.#options.logger.error(fields, "a load's progress cannot be kept");
  }

  async #rest(error: TailraceError, backoff: Backoff): Promise<void> {
    const { clock, logger, signal } = this.#options;
    const waitMs = backoff.next();
    logger[backoff.failures > 5 ? "error" : "warn"](
      { err: error, table: tableName(this.#current), retryInMs: Math.round(waitMs) },
      "trying again to keep a load's progress",
    );
    await clock.sleep(waitMs, signal);
  }
}

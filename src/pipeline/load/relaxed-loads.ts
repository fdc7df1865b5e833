import type { Clock } from "../../core/clock.ts";
import { asTailraceError } from "../../core/errors.ts";
import type { JsonClient } from "../../core/json-client.ts";
import { hasEnded, type TableLoad } from "../../core/load.ts";
import type { Logger } from "../../core/logger.ts";
import { ownIndices, type RuleSet } from "../rule-set.ts";
import { createIndexRelaxer, type IndexRelaxer, restoreIndices } from "./relax-index.ts";

/** What relaxing the indices of loads takes. */
export interface RelaxedLoadsOptions {
  /** Stays the caller's. */
  readonly client: JsonClient;
  readonly rules: Pick<RuleSet, "rules">;
  /** `load.relax_index`. */
  readonly isWanted: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Pause between two tries to put back what was left behind. */
const RETRY_MS = 5_000;

/**
 * Relaxes the indices that loads create, as configured, and puts them back when the last load of each has ended: see `createIndexRelaxer`. A failure is told in the log; the load is slower then, no
 * more. No method rejects.
 */
export class RelaxedLoads {
  readonly #options: RelaxedLoadsOptions;
  readonly #relaxer: IndexRelaxer;
  /** Indices by load. */
  readonly #begun = new Map<string, readonly string[]>();
  /** One step after another. */
  #work: Promise<void> = Promise.resolve();
  #isRelaxing = false;

  constructor(options: RelaxedLoadsOptions) {
    this.#options = options;
    this.#relaxer = createIndexRelaxer(options.client, options.logger);
  }

  /** Before the first chunk of these loads; those that have ended are passed over. */
  async begin(loads: readonly TableLoad[]): Promise<void> {
    const { isWanted } = this.#options;
    for (const load of isWanted ? loads.filter((each) => !hasEnded(each)) : []) {
      const key = keyOf(load);
      if (this.#begun.has(key)) continue;
      const indices = this.#indicesOf(load);
      this.#begun.set(key, indices);
      await this.#do(() => this.#relaxer.begin(indices));
    }
  }

  /** Puts back what earlier lives have left relaxed and no load here goes on with. Waits for a server that is away, until the signal aborts. */
  async restoreOthers(signal: AbortSignal): Promise<void> {
    const { client, rules, clock, logger } = this.#options;
    while (!signal.aborted) {
      const begun = new Set([...this.#begun.values()].flat());
      const others = ownIndices(rules.rules).filter((index) => !begun.has(index));
      try {
        await restoreIndices(client, others, logger);
        return;
      } catch (cause) {
        const error = asTailraceError(cause);
        if (error.disposition !== "retry") return this.#warn(error);
        await clock.sleep(RETRY_MS, signal);
      }
    }
  }

  /** A chunk was written. */
  onWritten(): void {
    if (this.#isRelaxing || this.#begun.size === 0) return;
    this.#isRelaxing = true;
    void this.#do(() => this.#relaxer.relax()).then(() => {
      this.#isRelaxing = false;
    });
  }

  /** The load has ended, however. */
  async end(load: TableLoad): Promise<void> {
    const key = keyOf(load);
    const indices = this.#begun.get(key);
    this.#begun.delete(key);
    if (indices !== undefined) await this.#do(() => this.#relaxer.end(indices));
  }

  /** Nothing is loaded any more by this process. */
  async endAll(): Promise<void> {
    const begun = [...this.#begun.values()];
    this.#begun.clear();
    for (const indices of begun) await this.#do(() => this.#relaxer.end(indices));
    await this.#work;
  }

  #indicesOf({ rules }: TableLoad): readonly string[] {
    return ownIndices(
      this.#options.rules.rules.filter(({ config }) => rules.includes(config.name)),
    );
  }

  #do(step: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(step).catch((cause: unknown) => this.#warn(cause));
    return this.#work;
  }

  #warn(cause: unknown): void {
    const err = asTailraceError(cause);
    this.#options.logger.warn({ err }, "the settings of an index could not be changed for a load");
  }
}

function keyOf({ database, table, rules }: TableLoad): string {
  return JSON.stringify([database, table, rules]);
}

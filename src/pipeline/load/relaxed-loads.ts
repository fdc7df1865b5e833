import { asTailraceError } from "../../core/errors.ts";
import type { JsonClient } from "../../core/json-client.ts";
import type { TableLoad } from "../../core/load.ts";
import type { Logger } from "../../core/logger.ts";
import type { RuleSet } from "../rule-set.ts";
import { createIndexRelaxer, type IndexRelaxer } from "./relax-index.ts";

/** What relaxing the indices of loads takes. */
export interface RelaxedLoadsOptions {
  readonly client: JsonClient;
  readonly rules: Pick<RuleSet, "rules">;
  /** `load.relax_index`. */
  readonly isWanted: boolean;
  readonly logger: Logger;
}

/**
 * Relaxes the indices that loads create, as configured, and puts them back when the last load of each has ended: see `createIndexRelaxer`. A failure is told in the log; the load is slower then, no
 * more. No method rejects.
 */
export class RelaxedLoads {
  readonly #rules: RelaxedLoadsOptions["rules"];
  readonly #relaxer: IndexRelaxer | null;
  readonly #logger: Logger;
  readonly #begun = new Map<string, readonly string[]>();
  /** One after another. */
  #work: Promise<void> = Promise.resolve();
  #isRelaxing = false;

  constructor({ client, rules, isWanted, logger }: RelaxedLoadsOptions) {
    this.#rules = rules;
    this.#relaxer = isWanted ? createIndexRelaxer(client, logger) : null;
    this.#logger = logger;
  }

  /** Before the first chunk of these loads, those that have ended passed over. */
  async begin(loads: readonly TableLoad[]): Promise<void> {
    for (const load of loads) {
      const key = keyOf(load);
      if (this.#relaxer === null || !isUnderWay(load) || this.#begun.has(key)) continue;
      const indices = this.#indicesOf(load);
      this.#begun.set(key, indices);
      await this.#do((relaxer) => relaxer.begin(indices));
    }
  }

  /** A chunk was written. */
  onWritten(): void {
    if (this.#isRelaxing) return;
    this.#isRelaxing = true;
    void this.#do((relaxer) => relaxer.relax()).then(() => {
      this.#isRelaxing = false;
    });
  }

  /** The load has ended, however. */
  async end(load: TableLoad): Promise<void> {
    const key = keyOf(load);
    const indices = this.#begun.get(key);
    this.#begun.delete(key);
    if (indices !== undefined) await this.#do((relaxer) => relaxer.end(indices));
  }

  /** Nothing is loaded any more by this process. */
  async endAll(): Promise<void> {
    for (const indices of this.#begun.values()) await this.#do((relaxer) => relaxer.end(indices));
    this.#begun.clear();
    await this.#work;
  }

  #indicesOf({ rules }: TableLoad): readonly string[] {
    return this.#rules.rules
      .filter(({ config }) => config.createIndex && rules.includes(config.name))
      .map(({ config }) => config.index)
      .filter((index) => !/[{}*]/.test(index));
  }

  async #do(step: (relaxer: IndexRelaxer) => Promise<void>): Promise<void> {
    const relaxer = this.#relaxer;
    if (relaxer === null) return;
    const work = this.#work.then(() => step(relaxer));
    this.#work = work.catch((cause: unknown) => {
      this.#logger.warn(
        { err: asTailraceError(cause) },
        "the settings of an index could not be changed for a load",
      );
    });
    await this.#work;
  }
}

function keyOf({ database, table, rules }: TableLoad): string {
  return JSON.stringify([database, table, rules]);
}

function isUnderWay({ state }: TableLoad): boolean {
  return state === "waiting" || state === "running" || state === "paused";
}

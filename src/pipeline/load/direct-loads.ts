import type { Clock } from "../../core/clock.ts";
import { asTailraceError, TailraceError } from "../../core/errors.ts";
import {
  type ChunkReader,
  hasEnded,
  type LoadJournal,
  sameLoad,
  type TableLoad,
} from "../../core/load.ts";
import type { Logger } from "../../core/logger.ts";
import { tableName } from "../../core/schema.ts";
import type { LoadProgress, LoadSelection } from "../../snapshot/load-progress.ts";
import { LoadRunner, type LoadRunnerOptions } from "../../snapshot/load-runner.ts";
import { createTableMatcher } from "../../rules/table-pattern.ts";
import type { RuleChange } from "../reload.ts";
import type { ChunkQueue } from "./chunk-queue.ts";
import { planSwitch, type RuledTable } from "./initial-loads.ts";
import type { LoadChoice, LoadControl, LoadRequest } from "./load-control.ts";
import { checkWhere, requestedLoads } from "./ruled-tables.ts";
import type { Windows } from "./windows.ts";

/** What loads beside the stream of the same process take. */
export interface DirectLoadsOptions extends Omit<LoadRunnerOptions, "destination" | "journal"> {
  readonly journal: LoadJournal;
  readonly windows: Windows;
  readonly queue: ChunkQueue;
  /** Load again what changed rules make of rows. */
  readonly mode: "initial" | "never";
  /** Those that the rules take and the source has now. */
  readonly readTables: () => Promise<readonly RuledTable[]>;
  readonly names: { readonly caseSensitive: boolean };
  readonly openReader: () => Promise<ChunkReader>;
  /** Called when a chunk was written. What it rejects with is logged. */
  readonly onChunkWritten?: (() => Promise<void>) | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

const STOPPED = new TailraceError("SNAPSHOT_OVERTAKEN", "the pipeline stops");

/** Loads of tables in the process that runs their stream. Their failures are told and stop nothing else. */
export class DirectLoads implements LoadControl, AsyncDisposable {
  readonly #options: DirectLoadsOptions;
  readonly #runner: LoadRunner;
  #isRunning = false;
  /** One change at a time: what it decides from must still be so when it is carried out. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: DirectLoadsOptions) {
    const { windows, queue, onChunkWritten, logger } = options;
    this.#options = options;
    this.#runner = new LoadRunner({
      ...options,
      destination: {
        open: ({ database, table, rules }) => {
          const window = windows.open({ database, table, rules });
          return {
            write: async (chunk) => {
              await queue.offer(chunk, window);
              await onChunkWritten?.().catch((error: unknown) =>
                logger.warn({ err: asTailraceError(error) }, "what follows a chunk has failed"),
              );
            },
            discard: () => windows.close(window),
            get waitsFor() {
              return queue.waitsFor(window) ?? undefined;
            },
          };
        },
      },
    });
  }

  /** Goes on with the loads of the checkpoint. */
  begin(): void {
    this.#isRunning = true;
    void this.#runner.start([]).catch((error: unknown) => {
      this.#options.logger.error({ err: asTailraceError(error) }, "loads could not be begun");
    });
  }

  start(request: LoadRequest): Promise<readonly TableLoad[]> {
    return this.#inTurn(async () => {
      const { readTables, names } = this.#options;
      const loads = requestedLoads(request, await readTables(), names);
      this.#checkUnderWay(loads);
      await checkWhere(request, loads, this.#options.openReader);
      await this.#runner.start(loads);
      const { table, rule } = request;
      this.#options.logger.info({ table, rule, loads: loads.length }, "loads were asked for");
      return loads;
    });
  }

  pause(choice: LoadChoice): Promise<number> {
    return this.#each(choice, "paused", (selection) => this.#runner.pause(selection));
  }

  resume(choice: LoadChoice): Promise<number> {
    return this.#each(choice, "resumed", (selection) => this.#runner.resume(selection));
  }

  cancel(choice: LoadChoice): Promise<number> {
    return this.#each(choice, "cancelled", (selection) => this.#runner.cancel(selection));
  }

  status(): readonly LoadProgress[] {
    return this.#runner.status();
  }

  /**
   * Other rules are in force: tables of those that are new or mean something else are loaded, where that is wanted. A load of them that is under way begins anew. Resolves with the
   * changes as they are to be told then: where the source does not tell its tables now, they ask for a load still. Never rejects, for the rules are in force already.
   */
  follow(changes: readonly RuleChange[]): Promise<readonly RuleChange[]> {
    return this.#inTurn(async () => {
      try {
        return await this.#loadChanged(changes);
      } catch (error) {
        this.#options.logger.error(
          { err: asTailraceError(error) },
          "rows could not be loaded for the rules that changed",
        );
        return changes;
      }
    });
  }

  async #loadChanged(changes: readonly RuleChange[]): Promise<readonly RuleChange[]> {
    const changed = changes.filter((each) => each.needsReload).map(({ rule }) => rule);
    if (this.#options.mode === "never" || changed.length === 0 || !this.#isRunning) return changes;
    const tables = await this.#options.readTables();
    const { ended, begun } = planSwitch(changed, this.#underWay(), tables);
    for (const selection of ended) await this.#runner.cancel(selection);
    await this.#runner.start(begun);
    return changes.map((each) => (each.needsReload ? beingLoaded(each) : each));
  }

  /** Reads nothing more: chunks that wait for the stream are dropped, those that were taken may still be closed. */
  halt(): void {
    this.#isRunning = false;
    this.#options.queue.end(STOPPED);
    void this.#runner.stop();
  }

  /** Stops. What was closed until now counts, and is in the journal when it resolves. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isRunning = false;
    this.#options.queue.end(STOPPED, true);
    await this.#runner[Symbol.asyncDispose]();
  }

  #underWay(): readonly TableLoad[] {
    return this.#runner.status().filter((load) => !hasEnded(load));
  }

  /** A load with another condition would take the place of one that is under way, and rows would be left out in silence. */
  #checkUnderWay(loads: readonly TableLoad[]): void {
    for (const load of loads) {
      const other = this.#underWay().find((each) => sameLoad(each, load));
      if (other !== undefined && other.where !== load.where)
        throw new TailraceError(
          "SNAPSHOT_UNDER_WAY",
          `${tableName(load)} is being loaded under another condition, or such a load is paused`,
        );
    }
  }

  #each(
    { table, rule }: LoadChoice,
    done: string,
    step: (selection: LoadSelection) => Promise<number>,
  ): Promise<number> {
    return this.#inTurn(async () => {
      const { names, logger } = this.#options;
      const isMeant = table === undefined ? () => true : createTableMatcher([{ table }], names);
      const tables = Map.groupBy(
        this.#runner.status().filter((load) => isMeant(load.database, load.table)),
        tableName,
      );
      let loads = 0;
      for (const [{ database, table: name }] of tables.values() as Iterable<[TableLoad]>)
        loads += await step({ database, table: name, rule });
      logger.info({ table, rule, loads }, `loads were ${done}`);
      return loads;
    });
  }

  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const result = this.#last.then(step);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

/** Documents that the rule no longer makes are not looked for by a load. */
function beingLoaded(change: RuleChange): RuleChange {
  const stale =
    change.change === "changed"
      ? "; documents of rows that it no longer takes stay until `tailrace verify --repair`"
      : "";
  return { ...change, needsReload: false, why: `${change.why}; rows are being loaded${stale}` };
}

import type { CaptureConfig, RuleConfig, SyncConfig } from "../../config/config.ts";
import { Backoff } from "../../core/backoff.ts";
import type { Clock } from "../../core/clock.ts";
import { asTailraceError, TailraceError } from "../../core/errors.ts";
import type { JsonClient } from "../../core/json-client.ts";
import type { TableLoad } from "../../core/load.ts";
import type { Logger } from "../../core/logger.ts";
import type { LoadProgress, LoadSelection } from "../../snapshot/load-progress.ts";
import { newLoad } from "../../snapshot/new-load.ts";
import type { RuleChange } from "../reload.ts";
import { hasCaptureBegun } from "./capture-begun.ts";
import { type DocumentWriter, openDocumentWriter, refuseUnversioned } from "./document-writer.ts";
import { planInitialLoads } from "./initial-loads.ts";
import { type LoadBeside, openLoadBeside } from "./load-beside.ts";
import type { LoadControl, LoadRequest } from "./load-control.ts";
import { JobJournal, type LoadJobStore } from "./load-journal.ts";
import { openLoadIndex } from "./load-journal-index.ts";
import { mysqlOf } from "./load-source.ts";
import { createReaderOpener } from "./reader-opener.ts";
import { checkWhere, readRuledTables, requestedLoads } from "./ruled-tables.ts";

/** What the loads of a sync take. */
export interface SyncLoadsOptions {
  /** The half that publishes what the sync reads, where the configuration has it. */
  readonly capture?: CaptureConfig | undefined;
  /** Requests to the sink's cluster; stays the caller's. */
  readonly client: JsonClient;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How often it is looked whether the capture has begun, ms. */
const LOOK_MS = 500;
/** The name of the one job that a sync's loads are. */
const JOB = "initial";

/**
 * The loads of a sync, beside it in the same process but with a sink of their own: by versions alone. Of the instances of a sync one loads, the one that holds the document of its loads; another one
 * takes over when that one dies, and goes on where it was. It begins when the capture has its first checkpoint: every change behind that is in the topics, all before in what is read. Failures are told and
 * stop nothing else.
 */
export class SyncLoads implements LoadControl {
  readonly #options: SyncLoadsOptions;
  #config: SyncConfig;
  #beside: { readonly loads: LoadBeside; readonly writer: DocumentWriter } | null = null;
  /** What is known of the loads while another instance works at them. */
  #known: readonly LoadProgress[] = [];
  /** Rules that mean something else than when their tables were loaded. */
  readonly #changed = new Set<string>();
  #restart = new AbortController();

  /** Throws CONFIG_INVALID without `source.mysql`. */
  constructor(config: SyncConfig, options: SyncLoadsOptions) {
    mysqlOf(config);
    this.#config = config;
    this.#options = options;
  }

  /** Loads what is not loaded yet, and what is asked for, until the signal aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    const backoff = new Backoff(clock);
    while (!signal.aborted) {
      try {
        await this.#runOnce(signal, () => backoff.reset());
      } catch (cause) {
        const error = asTailraceError(cause);
        if (signal.aborted) return;
        const mayPass = error.disposition === "retry" || error.code === "STATE_FOREIGN";
        if (!mayPass) {
          const { remedy } = error;
          logger.error({ err: error, remedy }, "tables are not loaded");
          return;
        }
        const waitMs = backoff.next();
        logger.warn({ err: error, retryInMs: Math.round(waitMs) }, "trying again to load tables");
        await clock.sleep(waitMs, signal);
      }
    }
  }

  status(): readonly LoadProgress[] {
    return this.#beside?.loads.runner.status() ?? this.#known;
  }

  /** Other rules are in force: tables of those that are new or mean something else are loaded by whoever holds the loads. */
  follow(rules: readonly RuleConfig[], changes: readonly RuleChange[]): void {
    this.#config = { ...this.#config, rules };
    for (const { rule, needsReload } of changes) if (needsReload) this.#changed.add(rule);
    this.#restart.abort();
  }

  async start(request: LoadRequest): Promise<readonly TableLoad[]> {
    const { loads, writer } = this.#held();
    const tables = await readRuledTables(writer.queries, writer.rules);
    const started = requestedLoads(request, tables, writer.names);
    for (const { rules } of started) refuseUnversioned(writer.rules, rules);
    await checkWhere(request, started, createReaderOpener(this.#config));
    await loads.start(started);
    return started;
  }

  async pause(selection: LoadSelection): Promise<number> {
    return this.#held().loads.runner.pause(selection);
  }

  async resume(selection: LoadSelection): Promise<number> {
    return this.#held().loads.runner.resume(selection);
  }

  async cancel(selection: LoadSelection): Promise<number> {
    return this.#held().loads.runner.cancel(selection);
  }

  #held() {
    if (this.#beside !== null) return this.#beside;
    throw new TailraceError(
      "STATE_FOREIGN",
      `another instance of ${this.#config.name} loads tables, or none does yet: ask that one`,
    );
  }

  async #runOnce(signal: AbortSignal, onBegun: () => void): Promise<void> {
    const { name: pipeline, state } = this.#config;
    const { client, clock, capture } = this.#options;
    const place = { client, index: state.index, pipeline, kind: "initial-load" } as const;
    const lost = new AbortController();
    await using store = await openLoadIndex({
      ...place,
      clock,
      signal,
      waits: true,
      onHeld: (job) => {
        this.#known = (job?.loads ?? []).map(unmoved);
      },
    });
    if (store === null) return;
    if (capture !== undefined) await this.#awaitCapture(capture, signal);
    const held = watched(store, lost);
    while (!signal.aborted) {
      this.#restart = new AbortController();
      await this.#load(held, AbortSignal.any([signal, lost.signal, this.#restart.signal]), onBegun);
      lost.signal.throwIfAborted();
    }
  }

  /** The capture begins at the end of the log: what it has not published is there by then. */
  async #awaitCapture(capture: CaptureConfig, signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    for (
      let isFirst = true;
      !signal.aborted && !(await hasCaptureBegun(capture));
      isFirst = false
    ) {
      if (isFirst) logger.info({}, "tables are loaded when the capture has begun");
      await clock.sleep(LOOK_MS, signal);
    }
  }

  async #load(store: LoadJobStore, signal: AbortSignal, onBegun: () => void): Promise<void> {
    const { capture, clock, logger } = this.#options;
    const config = this.#config;
    await using writer = await openDocumentWriter(config, { clock, logger, capture });
    const before = await store.load();
    const journal = new JobJournal(
      store,
      { pipeline: config.name, job: JOB, loads: [], ...before },
      clock,
    );
    const tables = await readRuledTables(writer.queries, writer.rules);
    const { mode } = config.load;
    // without the document the sync is one of before there were any: see `createLoadIndex`
    const known = before?.loads;
    const planned = planInitialLoads({ mode, start: "resumed", known, tables }) ?? [];
    const rules = new Set(writer.rules.rules.map(({ config: { name } }) => name));
    const changed = [...this.#changed];
    const loads = planned.map((load): TableLoad => {
      if (!load.rules.some((rule) => rules.has(rule))) return { ...load, state: "cancelled" };
      return load.rules.some((rule) => changed.includes(rule)) ? newLoad(load) : load;
    });
    for (const load of loads) await journal.put(load);
    // others may have changed meanwhile: these begin when this has ended
    for (const rule of changed) this.#changed.delete(rule);
    await using beside = openLoadBeside({
      load: config.load,
      drainTimeoutMs: config.drainTimeoutMs,
      writer,
      journal,
      openReader: createReaderOpener(config),
      clock,
      logger,
      signal,
    });
    this.#beside = { loads: beside, writer };
    try {
      await beside.start([]);
      onBegun();
      await aborted(signal);
    } finally {
      this.#known = beside.runner.status().map(unmoved);
      this.#beside = null;
    }
  }
}

function unmoved(load: TableLoad): LoadProgress {
  return { ...load, rowsPerSecond: 0, secondsLeft: null, waitsFor: null };
}

/** The store, which aborts `lost` when another instance has taken it over. */
function watched(store: LoadJobStore, lost: AbortController): LoadJobStore {
  return {
    ...store,
    load: () => store.load(),
    save: async (job) => {
      try {
        await store.save(job);
      } catch (error) {
        if (asTailraceError(error).code === "STATE_FOREIGN") lost.abort(error);
        throw error;
      }
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

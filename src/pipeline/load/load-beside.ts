import type { LoadConfig } from "../../config/config.ts";
import type { Clock } from "../../core/clock.ts";
import { asTailraceError, TailraceError } from "../../core/errors.ts";
import type { ChunkReader, LoadJournal, TableLoad } from "../../core/load.ts";
import type { Logger } from "../../core/logger.ts";
import { LoadRunner } from "../../snapshot/load-runner.ts";
import { connectionOptions } from "../source.ts";
import type { DocumentWriter } from "./document-writer.ts";
import { type IndexRelaxer, createIndexRelaxer } from "./relax-index.ts";
import { createReplicaLagGate } from "./replica-lag.ts";
import { VersionDestination } from "./version-destination.ts";

/** What loading by versions takes. */
export interface LoadBesideOptions {
  readonly load: LoadConfig;
  /** Stays the caller's. */
  readonly writer: DocumentWriter;
  readonly journal: LoadJournal;
  readonly openReader: () => Promise<ChunkReader>;
  /** Nothing streams the documents before this is closed. */
  readonly nothingStreams?: boolean | undefined;
  /** How long chunks that are being written may take when loading is stopped. */
  readonly drainTimeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Loads by versions, beside a stream in another process or another sink. Closing it stops, lets what is being written end, and puts indices back. */
export interface LoadBeside extends AsyncDisposable {
  readonly runner: LoadRunner;
  readonly destination: VersionDestination;
  /** Works at these loads, and at those of the journal that have not ended. Resolves when all are in the journal. */
  start(loads: readonly TableLoad[]): Promise<void>;
}

/** Puts together what loads by versions need, as configured. */
export function openLoadBeside(options: LoadBesideOptions): LoadBeside {
  const { load, writer, journal, clock, logger, signal, drainTimeoutMs } = options;
  const { pauseWhileLagging: pause } = load;
  const gate =
    pause &&
    createReplicaLagGate({
      connection: connectionOptions(pause.replica),
      maxLagMs: pause.maxLagMs,
      clock,
      logger,
    });
  const relaxing = new Relaxing(writer, load.relaxIndex, logger);
  const destination = new VersionDestination({
    writer,
    clock,
    nothingStreams: options.nothingStreams,
    onWritten: () => relaxing.onWritten(),
  });
  const runner = new LoadRunner({
    openReader: options.openReader,
    destination,
    journal,
    connections: load.connections,
    chunkBytes: load.chunkBytes,
    maxRowsPerSecond: load.maxRowsPerSecond,
    mayRead: gate && ((aborted) => gate.mayRead(aborted)),
    onLoadEnded: (ended) => relaxing.end(ended),
    clock,
    logger,
    signal,
  });
  return {
    runner,
    destination,
    start: async (loads) => {
      for (const each of [...journal.loads.filter(isUnderWay), ...loads])
        await relaxing.begin(each);
      await runner.start(loads);
    },
    [Symbol.asyncDispose]: async () => {
      const ended = new AbortController();
      const late = clock.sleep(drainTimeoutMs, ended.signal).then(async () => {
        const why = "stopped before everything in flight was accepted";
        if (!ended.signal.aborted) await writer.abandon(new TailraceError("SNAPSHOT_LATE", why));
      });
      await runner[Symbol.asyncDispose]();
      ended.abort();
      await late;
      await relaxing.endAll();
      await gate?.[Symbol.asyncDispose]();
    },
  };
}

function isUnderWay({ state }: TableLoad): boolean {
  return state === "waiting" || state === "running";
}

/** Relaxes the indices of loads that have begun; a failure makes the load slower, no more. */
class Relaxing {
  readonly #writer: DocumentWriter;
  readonly #relaxer: IndexRelaxer | null;
  readonly #logger: Logger;
  readonly #begun = new Map<string, readonly string[]>();
  /** One after another. */
  #work: Promise<void> = Promise.resolve();
  #isRelaxing = false;

  constructor(writer: DocumentWriter, isWanted: boolean, logger: Logger) {
    this.#writer = writer;
    this.#relaxer = isWanted ? createIndexRelaxer(writer.client, logger) : null;
    this.#logger = logger;
  }

  async begin(load: TableLoad): Promise<void> {
    const key = keyOf(load);
    if (this.#relaxer === null || this.#begun.has(key)) return;
    const indices = this.#indicesOf(load);
    this.#begun.set(key, indices);
    await this.#do((relaxer) => relaxer.begin(indices));
  }

  onWritten(): void {
    if (this.#isRelaxing) return;
    this.#isRelaxing = true;
    void this.#do((relaxer) => relaxer.relax()).then(() => {
      this.#isRelaxing = false;
    });
  }

  async end(load: TableLoad): Promise<void> {
    const key = keyOf(load);
    const indices = this.#begun.get(key);
    this.#begun.delete(key);
    if (indices !== undefined) await this.#do((relaxer) => relaxer.end(indices));
  }

  async endAll(): Promise<void> {
    for (const indices of this.#begun.values()) await this.#do((relaxer) => relaxer.end(indices));
    this.#begun.clear();
    await this.#work;
  }

  #indicesOf({ rules }: TableLoad): readonly string[] {
    return this.#writer.rules.rules
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

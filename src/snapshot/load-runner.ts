import type { Clock } from "../core/clock.ts";
import {
  sameLoad,
  type ChunkDestination,
  type ChunkReader,
  type LoadJournal,
  type TableLoad,
} from "../core/load.ts";
import type { Logger } from "../core/logger.ts";
import { Bell } from "./bell.ts";
import type { LoadProgress, LoadSelection } from "./load-progress.ts";
import { LoadWork } from "./load-work.ts";
import { Occupancy } from "./occupancy.ts";
import { ReadingConnection } from "./reading-connection.ts";
import { RowLimit } from "./row-limit.ts";

/** What loading tables takes. */
export interface LoadRunnerOptions {
  /** Opens a reader: one per connection, and another one after a failure that may pass. The signal ends what takes long. */
  readonly openReader: (signal: AbortSignal) => Promise<ChunkReader>;
  readonly destination: ChunkDestination;
  readonly journal: LoadJournal;
  /** Readers at work at the same time, of all tables together. */
  readonly connections: number;
  /** What a chunk should have at most. At most two chunks per connection are held. */
  readonly chunkBytes: number;
  /** Of all tables together; absent = no limit. */
  readonly maxRowsPerSecond?: number | undefined;
  /** Resolves when reading may go on, or the signal aborts: awaited before each chunk. Absent = always. */
  readonly mayRead?: ((signal: AbortSignal) => Promise<void>) | undefined;
  /** Called when a load is done, cancelled or has failed, after that is in the journal. What it rejects with is logged. */
  readonly onLoadEnded?: ((load: TableLoad) => Promise<void>) | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Aborted: as {@link LoadRunner.stop}. */
  readonly signal: AbortSignal;
}

/** What a chunk may have more than it should before it is read again in parts. */
const TOO_LARGE = 8;

/**
 * Loads tables beside the stream: connections take chunks from the tables in turn, read them and have them written; what is answered for without a hole is a
 * table's progress, kept in the journal. Why the rows may be written: docs/decisions/0010-load.md.
 */
export class LoadRunner implements AsyncDisposable {
  readonly #options: LoadRunnerOptions;
  readonly #stopping = new AbortController();
  readonly #signal: AbortSignal;
  readonly #bell = new Bell();
  readonly #rowLimit: RowLimit | null;
  readonly #occupancy: Occupancy;
  readonly #connections = new Set<Promise<void>>();
  readonly #written = new Set<Promise<void>>();
  #works: LoadWork[] | null = null;
  #turn = 0;

  constructor(options: LoadRunnerOptions) {
    const { maxRowsPerSecond, connections, chunkBytes, clock } = options;
    this.#options = options;
    this.#signal = AbortSignal.any([options.signal, this.#stopping.signal]);
    this.#rowLimit = maxRowsPerSecond === undefined ? null : new RowLimit(maxRowsPerSecond, clock);
    this.#occupancy = new Occupancy(2 * connections * chunkBytes, this.#rowLimit);
    this.#signal.addEventListener("abort", () => this.#bell.ring(), { once: true });
  }

  /**
   * Puts loads into the journal and works at them, and at those that wait or run there already: these go on where they were. Resolves when all are in the
   * journal. A load of the same table and rules that is under way or paused goes on when the condition is the same, else it is cancelled and begins anew.
   * Started with nothing, it begins what the journal has.
   */
  async start(loads: readonly TableLoad[]): Promise<void> {
    const works = this.#all();
    await Promise.all(loads.map((load) => this.#startOne(works, load)));
    this.#connect();
  }

  /** Begins no more chunks of these loads; what is being read is written still. Resolves with how many there were when that is in the journal. */
  pause(selection: LoadSelection): Promise<number> {
    return this.#each(selection, ["waiting", "running"], (work) => work.pause());
  }

  /** Goes on with paused loads where they were. Resolves with how many there were when that is in the journal. */
  async resume(selection: LoadSelection): Promise<number> {
    const resumed = await this.#each(selection, ["paused"], (work) => work.goOn());
    this.#connect();
    return resumed;
  }

  /** Ends loads that wait, run or are paused. Resolves with how many there were when that is in the journal. What was written stays. */
  cancel(selection: LoadSelection): Promise<number> {
    return this.#each(selection, ["waiting", "running", "paused"], (work) => work.end("cancelled"));
  }

  /** All loads of the journal. */
  status(): readonly LoadProgress[] {
    const { waitsFor } = this.#occupancy;
    return this.#all().map((work) => work.status(waitsFor));
  }

  /** Resolves when no load waits or runs (paused ones do not count), or everything was stopped. Failed loads are in the status. */
  async idle(): Promise<void> {
    while (!this.#signal.aborted && this.#isUnderWay()) await this.#bell.wait();
  }

  /** Begins nothing more and closes the readers; chunks that are being written may still end, and then count. Resolves when nothing is read. Loads stay as they are in the journal. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#connections);
  }

  /** Stops, and waits for the chunks that are being written: their destination has to go on, or to reject them, meanwhile. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await Promise.all(this.#written);
    await Promise.all(this.#all().map((work) => work.settled()));
  }

  async #startOne(works: LoadWork[], load: TableLoad): Promise<void> {
    const index = works.findIndex((work) => sameLoad(work.load, load));
    const before = works[index];
    if (before?.isEnding === true) await before.settled();
    if (before !== undefined && (before.isUnderWay || before.load.state === "paused")) {
      if (before.load.where === load.where) return before.goOn();
      await before.end("cancelled");
    }
    const work = this.#workAt({ ...load, state: "waiting", finishedAt: null, error: undefined });
    if (before === undefined) works.push(work);
    else works[works.indexOf(before)] = work;
    await work.goOn();
  }

  #all(): LoadWork[] {
    return (this.#works ??= this.#options.journal.loads.map((load) => this.#workAt(load)));
  }

  #workAt(load: TableLoad): LoadWork {
    const { connections, maxRowsPerSecond, chunkBytes } = this.#options;
    const { journal, onLoadEnded, clock, logger } = this.#options;
    return new LoadWork(load, {
      journal,
      onLoadEnded,
      clock,
      logger,
      chunkBytes,
      // A second's rows at once: more would make the rate one of bursts.
      mostRows: maxRowsPerSecond ?? Infinity,
      ahead: 4 * connections,
      bell: this.#bell,
      signal: this.#signal,
    });
  }

  async #each(
    selection: LoadSelection,
    states: readonly TableLoad["state"][],
    step: (work: LoadWork) => Promise<void>,
  ): Promise<number> {
    const meant = this.#all().filter(
      ({ load }) => states.includes(load.state) && isSelected(load, selection),
    );
    await Promise.all(meant.map(step));
    return meant.length;
  }

  #isUnderWay(): boolean {
    return this.#all().some((work) => work.isUnderWay);
  }

  /** The next of the works that have something to read, in turn. */
  #nextWork(): LoadWork | null {
    const works = this.#all();
    for (let step = 0; step < works.length; step++) {
      const work = works[(this.#turn + step) % works.length]!;
      if (!work.isReady) continue;
      this.#turn = (this.#turn + step + 1) % works.length;
      return work;
    }
    return null;
  }

  #connect(): void {
    const { openReader, destination, mayRead, clock, logger, connections, chunkBytes } =
      this.#options;
    this.#bell.ring();
    while (this.#connections.size < connections && !this.#signal.aborted && this.#isUnderWay()) {
      const connection = new ReadingConnection({
        openReader,
        destination,
        mayRead,
        clock,
        logger,
        limitBytes: TOO_LARGE * chunkBytes,
        rowLimit: this.#rowLimit,
        hasReady: () => this.#all().some((work) => work.isReady),
        nextWork: () => this.#nextWork(),
        isUnderWay: () => this.#isUnderWay(),
        own: (written) => own(this.#written, written),
        occupancy: this.#occupancy,
        signal: this.#signal,
        bell: this.#bell,
      });
      // What was started while it ended needs another one.
      own(this.#connections, connection.run(), () => this.#connect());
    }
  }
}

/** Keeps a promise that does not reject until it resolves. */
function own(promises: Set<Promise<void>>, promise: Promise<void>, then?: () => void): void {
  promises.add(promise);
  void promise.finally(() => {
    promises.delete(promise);
    then?.();
  });
}

function isSelected(load: TableLoad, { database, table, rule }: LoadSelection): boolean {
  return (
    (database === undefined || load.database === database) &&
    (table === undefined || load.table === table) &&
    (rule === undefined || load.rules.includes(rule))
  );
}

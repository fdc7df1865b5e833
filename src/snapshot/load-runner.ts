import type { Clock } from "../core/clock.ts";
import type { ChunkDestination, ChunkReader, LoadJournal, TableLoad } from "../core/load.ts";
import type { Logger } from "../core/logger.ts";
import type { LoadProgress, LoadSelection } from "./load-progress.ts";

/** What loading tables takes. */
export interface LoadRunnerOptions {
  /** Opens a reader: one per connection, and another one after a failure that may pass. */
  readonly openReader: () => Promise<ChunkReader>;
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

/** Loads tables beside the stream. */
export class LoadRunner implements AsyncDisposable {
  readonly #options: LoadRunnerOptions;

  constructor(options: LoadRunnerOptions) {
    this.#options = options;
  }

  /**
   * Puts loads into the journal and works at them, and at those that wait or run there already: these go on where they were. Resolves when all are in the
   * journal. A load of the same table and rules that is under way goes on when the condition is the same, else it ends and begins anew. `load` with nothing
   * begins what the journal has.
   */
  start(_loads: readonly TableLoad[]): Promise<void> {
    void this.#options;
    throw new Error("not yet");
  }

  /** Begins no more chunks of these loads; what is being read is written still. Resolves with how many there were when that is in the journal. */
  pause(_selection: LoadSelection): Promise<number> {
    throw new Error("not yet");
  }

  /** Goes on with paused loads where they were. */
  resume(_selection: LoadSelection): Promise<number> {
    throw new Error("not yet");
  }

  /** Ends loads that wait, run or are paused. What was written stays. */
  cancel(_selection: LoadSelection): Promise<number> {
    throw new Error("not yet");
  }

  /** All loads of the journal. */
  status(): readonly LoadProgress[] {
    throw new Error("not yet");
  }

  /** Resolves when no load waits or runs (paused ones do not count), or everything was stopped. Failed loads are in the status. */
  idle(): Promise<void> {
    throw new Error("not yet");
  }

  /** Begins nothing more and closes the readers; chunks that are being written may still end, and then count. Resolves when nothing is read. Loads stay as they are in the journal. */
  stop(): Promise<void> {
    throw new Error("not yet");
  }

  /** Stops, and waits for the chunks that are being written: their destination has to go on, or to reject them, meanwhile. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

import { Backoff } from "../core/backoff.ts";
import type { Clock } from "../core/clock.ts";
import { asTailraceError, type TailraceError } from "../core/errors.ts";
import type { Chunk, ChunkDestination, ChunkReader, ChunkWindow } from "../core/load.ts";
import type { Logger } from "../core/logger.ts";
import type { Bell } from "./bell.ts";
import type { WalkedChunk } from "./key-walk.ts";
import type { LoadWork } from "./load-work.ts";
import type { Occupancy } from "./occupancy.ts";
import type { RowLimit } from "./row-limit.ts";

/** What a connection takes, and what all of them share. */
export interface ReadingOptions {
  readonly openReader: (signal: AbortSignal) => Promise<ChunkReader>;
  readonly destination: ChunkDestination;
  /** A chunk with more bytes is read again in parts. */
  readonly limitBytes: number;
  readonly rowLimit: RowLimit | null;
  readonly mayRead?: ((signal: AbortSignal) => Promise<void>) | undefined;
  /** Whose turn it is; null when there is nothing to read at this moment. */
  readonly nextWork: () => LoadWork | null;
  /** Does `nextWork` have something? */
  readonly hasReady: () => boolean;
  /** Will there be anything to read? */
  readonly isUnderWay: () => boolean;
  /** Takes the promise of a chunk that is being written; it does not reject. */
  readonly own: (written: Promise<void>) => void;
  readonly occupancy: Occupancy;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly bell: Bell;
}

/** While so many chunks of a connection are being written it reads no other: it holds two. */
const CHUNKS_WRITTEN = 2;

/** Reads chunks, one after another, and has them written, until there is nothing more to load. */
export class ReadingConnection {
  readonly #options: ReadingOptions;
  readonly #backoff: Backoff;
  #reader: ChunkReader | null = null;
  /** Chunks that are being written. */
  #held = 0;

  constructor(options: ReadingOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.clock);
  }

  /** Resolves when nothing is under way or the signal has aborted; its reader is closed then. Chunks may still be written. Never rejects. */
  async run(): Promise<void> {
    const { signal, isUnderWay } = this.#options;
    const close = (): void => void this.#close();
    signal.addEventListener("abort", close);
    try {
      while (!signal.aborted && isUnderWay()) await this.#turn();
    } finally {
      signal.removeEventListener("abort", close);
      await this.#close();
    }
  }

  async #turn(): Promise<void> {
    const { bell, occupancy, hasReady, nextWork } = this.#options;
    if (this.#held >= CHUNKS_WRITTEN || occupancy.isFull || !hasReady()) return bell.wait();
    if (!(await this.#isReady())) return;
    const work = nextWork();
    const reader = this.#reader;
    if (work === null || reader === null) return;
    let chunk: WalkedChunk | null;
    try {
      chunk = await occupancy.reading(() => work.next(reader));
    } catch (error) {
      work.fail(error);
      return this.#close();
    }
    if (chunk !== null) await this.#load(work, chunk, reader);
  }

  /** Waits until reading may go on, and opens the reader where there is none. False: look again at what there is to do. */
  async #isReady(): Promise<boolean> {
    const { mayRead, openReader, occupancy, nextWork, signal } = this.#options;
    try {
      if (mayRead !== undefined) await occupancy.heldUp(() => mayRead(signal));
      if (signal.aborted) return false;
      this.#reader ??= await openReader(signal);
      occupancy.failure = null;
      this.#backoff.reset();
      return !signal.aborted;
    } catch (cause) {
      const error = asTailraceError(cause);
      if (error.disposition === "retry") await this.#rest(error);
      else nextWork()?.fail(error);
      return false;
    }
  }

  async #load(work: LoadWork, chunk: WalkedChunk, reader: ChunkReader): Promise<void> {
    const { rowLimit, signal, clock, occupancy, destination, limitBytes } = this.#options;
    await rowLimit?.reserve(chunk.rows, signal);
    if (signal.aborted || !work.wants(chunk)) return work.giveBack(chunk);
    const { range, table } = chunk;
    let window: ChunkWindow | undefined;
    let read: Chunk;
    try {
      window = destination.open(work.load);
      const rows = { kind: "range", range, where: work.load.where } as const;
      const startedMs = clock.now();
      const limit = chunk.rows > 1 ? limitBytes : undefined;
      read = await occupancy.reading(() => reader.read(table, rows, limit));
      work.learn({ rows: chunk.rows, bytes: read.bytes, ms: clock.now() - startedMs });
      rowLimit?.giveBack(chunk.rows - read.rows);
    } catch (error) {
      window?.discard();
      rowLimit?.giveBack(chunk.rows);
      work.fail(error, chunk);
      return this.#close();
    }
    if (!signal.aborted && work.wants(chunk)) {
      this.#options.own(this.#write(work, chunk, { window, read }));
      return;
    }
    window.discard();
    work.giveBack(chunk);
  }

  async #write(
    work: LoadWork,
    chunk: WalkedChunk,
    { window, read }: { readonly window: ChunkWindow; readonly read: Chunk },
  ): Promise<void> {
    this.#held += 1;
    try {
      await this.#options.occupancy.writing(window, read);
      work.finish(chunk, read.rows);
    } catch (error) {
      work.fail(error, chunk);
    } finally {
      this.#held -= 1;
      this.#options.bell.ring();
    }
  }

  async #rest(error: TailraceError): Promise<void> {
    const { occupancy, logger, clock, signal } = this.#options;
    if (signal.aborted) return;
    occupancy.failure = error;
    const waitMs = this.#backoff.next();
    logger[this.#backoff.failures > 5 ? "error" : "warn"](
      { err: error, retryInMs: Math.round(waitMs) },
      "trying again to connect for loading",
    );
    await clock.sleep(waitMs, signal);
  }

  /** A connection that was lost cannot be closed in order; that is no failure of ours. */
  async #close(): Promise<void> {
    const reader = this.#reader;
    this.#reader = null;
    try {
      await reader?.[Symbol.asyncDispose]();
    } catch (error) {
      this.#options.logger.debug({ err: asTailraceError(error) }, "closing a connection failed");
    }
  }
}

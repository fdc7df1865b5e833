import { Backoff } from "../core/backoff.ts";
import type { Clock } from "../core/clock.ts";
import { asTailraceError, type TailraceError } from "../core/errors.ts";
import type { ChunkReader, TableLoad } from "../core/load.ts";
import { tableName } from "../core/schema.ts";
import { ChunkSize, type ReadChunk } from "./chunk-size.ts";
import { KeptLoad, type KeptLoadOptions } from "./kept-load.ts";
import { KeyWalk, type WalkedChunk } from "./key-walk.ts";
import type { LoadProgress } from "./load-progress.ts";
import { RowRate } from "./row-rate.ts";
import { findWalkStart, type WalkStart } from "./walk-start.ts";

/** What working at a load takes. */
export interface LoadWorkOptions extends KeptLoadOptions {
  readonly chunkBytes: number;
  /** Rows of a chunk at most. */
  readonly mostRows: number;
  /** Chunks that may be ahead of the first that is not finished. */
  readonly ahead: number;
  readonly onLoadEnded?: ((load: TableLoad) => Promise<void>) | undefined;
}

/** Failures of chunks that take too long: a smaller one may not. */
const TOO_SLOW: ReadonlySet<string> = new Set(["SNAPSHOT_LATE", "SNAPSHOT_OVERTAKEN"]);

/** The load of one table: what is to be read next, how far it has come, what becomes of failures. Several connections work at it. */
export class LoadWork {
  readonly #options: LoadWorkOptions;
  readonly #load: KeptLoad;
  readonly #size: ChunkSize;
  readonly #backoff: Backoff;
  readonly #clock: Clock;
  #rate: RowRate | null = null;
  /** Null until the table is described, and when it is to be described again. */
  #walk: KeyWalk | null = null;
  #isPreparing = false;
  #isResting = false;
  #failure: TailraceError | null = null;
  #ending: Promise<void> | null = null;

  constructor(load: TableLoad, options: LoadWorkOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#load = new KeptLoad(load, options);
    this.#size = new ChunkSize(options.chunkBytes, options.mostRows);
    this.#backoff = new Backoff(options.clock);
  }

  /** As it is. */
  get load(): TableLoad {
    return this.#load.current;
  }

  /** Does it wait or run, or is its end not told yet? */
  get isUnderWay(): boolean {
    return this.#isActive || this.#ending !== null;
  }

  /** Has it ended, and that is not told yet? */
  get isEnding(): boolean {
    return this.#ending !== null;
  }

  /** Is there something that a connection can do for it now? */
  get isReady(): boolean {
    if (!this.#isActive || this.#isResting) return false;
    return this.#walk === null ? !this.#isPreparing : this.#walk.hasNext;
  }

  /** Why it rests: a failure that is tried again. */
  get failure(): TailraceError | null {
    return this.#load.failure ?? this.#failure;
  }

  get #isActive(): boolean {
    return this.load.state === "waiting" || this.load.state === "running";
  }

  get #hasEnded(): boolean {
    return !this.#isActive && this.load.state !== "paused";
  }

  /** The next chunk to read; null when there is none at this moment, or the reader was needed for something else. */
  async next(reader: ChunkReader): Promise<WalkedChunk | null> {
    if (this.#walk === null) {
      if (!this.#isPreparing) await this.#prepare(reader);
      return null;
    }
    try {
      return await this.#walk.next(reader, this.#size.rows);
    } finally {
      this.#options.bell.ring();
    }
  }

  /** Is the chunk to be written still? Not when the load was ended, or began anew meanwhile. */
  wants(chunk: WalkedChunk): boolean {
    return this.#walk?.has(chunk) === true;
  }

  learn(read: ReadChunk): void {
    this.#size.learn(read);
  }

  /** The chunk's rows are answered for. */
  finish(chunk: WalkedChunk, rows: number): void {
    const walk = this.#walk;
    if (walk === null || !walk.has(chunk)) return;
    const progress = walk.finish(chunk, rows);
    this.#backoff.reset();
    this.#failure = null;
    this.#rate?.add(rows);
    const moved = progress && { after: progress.after, rows: this.load.rows + progress.rows };
    if (walk.isDone) void this.end("done", moved ?? {});
    else if (moved !== null) void this.#load.change(moved);
    this.#options.bell.ring();
  }

  /** Reading or writing the chunk, or what comes before, has failed: it is done again, or the load has failed. */
  fail(cause: unknown, chunk?: WalkedChunk): void {
    if (chunk !== undefined) {
      if (!this.wants(chunk)) return;
      this.giveBack(chunk);
    }
    if (this.#options.signal.aborted || !this.#isActive) return;
    const error = asTailraceError(cause);
    if (error.disposition !== "retry") return this.#failForGood(error);
    if (error.code === "SNAPSHOT_CHUNK_TOO_LARGE") return this.#size.shrink();
    if (error.code === "SNAPSHOT_ROW_CHANGED") this.#walk = null;
    if (TOO_SLOW.has(error.code)) this.#size.shrink();
    void this.#rest(error);
  }

  /** The chunk was not read after all. */
  giveBack(chunk: WalkedChunk): void {
    this.#walk?.giveBack(chunk);
    this.#options.bell.ring();
  }

  /** Puts it into the journal, to begin or to go on where it was. */
  async goOn(): Promise<void> {
    await this.#load.change({ state: this.#walk === null ? "waiting" : "running" });
    this.#options.bell.ring();
  }

  async pause(): Promise<void> {
    await this.#load.change({ state: "paused" });
    this.#options.bell.ring();
  }

  /** Ends it; resolves when that is in the journal and told. */
  async end(state: "done" | "cancelled" | "failed", part: Partial<TableLoad> = {}): Promise<void> {
    this.#walk = null;
    const finishedAt = new Date(this.#clock.now()).toISOString();
    this.#ending ??= this.#tellEnd({ ...part, state, finishedAt });
    await this.#ending;
  }

  /** Resolves when what the journal was told is there, or refused. */
  async settled(): Promise<void> {
    await this.#ending;
    await this.#load.settled();
  }

  /** How it stands; `waitsFor`: what holds up all loads. */
  status(waitsFor: string | null): LoadProgress {
    const load = this.#load.kept;
    const isRunning = this.#isActive;
    const rowsPerSecond = isRunning ? (this.#rate?.perSecond ?? 0) : 0;
    const rest = load.where === undefined ? (load.estimatedRows ?? 0) - load.rows : 0;
    const { failure } = this;
    return {
      ...load,
      rowsPerSecond,
      secondsLeft: rowsPerSecond > 0 && rest > 0 ? rest / rowsPerSecond : null,
      waitsFor: !isRunning
        ? null
        : failure === null
          ? waitsFor
          : `trying again: ${failure.code}: ${failure.message}`,
    };
  }

  async #prepare(reader: ChunkReader): Promise<void> {
    this.#isPreparing = true;
    try {
      const start = await findWalkStart(reader, this.load);
      if (this.#hasEnded) return;
      if (start === null) {
        const fields = { table: tableName(this.load) };
        this.#options.logger.warn(fields, "a table that was to be loaded does not exist");
        return void this.end("done");
      }
      await this.#begin(start);
      if (this.#hasEnded) return;
      const { after, upTo } = this.load;
      if (upTo === null) return void this.end("done");
      this.#rate ??= new RowRate(this.#clock);
      this.#walk = new KeyWalk(start.table, { after, upTo }, this.#options.ahead);
    } finally {
      this.#isPreparing = false;
      this.#options.bell.ring();
    }
  }

  /** The bound is in the journal before the first chunk is read: a crash goes on with the same. */
  async #begin({ anew }: WalkStart): Promise<void> {
    const { load } = this;
    const { logger } = this.#options;
    const startedAt = load.startedAt ?? new Date(this.#clock.now()).toISOString();
    const { rows } = load;
    const estimatedRows = anew?.estimatedRows ?? load.estimatedRows;
    const fields = { table: tableName(load), rules: load.rules, estimatedRows };
    if (anew === null) logger.info({ ...fields, rows }, "a load goes on");
    else if (load.key === null) logger.info(fields, "a load begins");
    else logger.warn(fields, "a load begins anew: the table's key is another one");
    // Paused meanwhile, it stays so.
    const state = load.state === "waiting" ? "running" : load.state;
    await this.#load.change({ state, startedAt, ...(anew && { ...anew, after: null, rows: 0 }) });
  }

  async #tellEnd(part: Partial<TableLoad>): Promise<void> {
    const { logger, signal, onLoadEnded, bell } = this.#options;
    await this.#load.change(part);
    const { state, rows, startedAt } = this.load;
    const seconds = startedAt && (this.#clock.now() - Date.parse(startedAt)) / 1_000;
    const fields = { table: tableName(this.load), rules: this.load.rules, rows, seconds };
    if (state !== "failed") logger.info(fields, `a load is ${state}`);
    try {
      if (this.#load.kept === this.#load.current || !signal.aborted) await onLoadEnded?.(this.load);
    } catch (cause) {
      logger.error({ ...fields, err: asTailraceError(cause) }, "what follows a load has failed");
    }
    this.#ending = null;
    bell.ring();
  }

  #failForGood(error: TailraceError): void {
    const fields = { err: error, table: tableName(this.load), remedy: error.remedy };
    this.#options.logger.error(fields, "a load has failed");
    void this.end("failed", { error: `${error.code}: ${error.message}` });
  }

  async #rest(error: TailraceError): Promise<void> {
    const { logger, signal, bell } = this.#options;
    this.#failure = error;
    if (this.#isResting) return;
    this.#isResting = true;
    const waitMs = this.#backoff.next();
    logger[this.#backoff.failures > 5 ? "error" : "warn"](
      { err: error, table: tableName(this.load), retryInMs: Math.round(waitMs) },
      "trying again to load a chunk",
    );
    await this.#clock.sleep(waitMs, signal);
    this.#isResting = false;
    bell.ring();
  }
}

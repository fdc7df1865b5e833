import type { ReadEvent } from "../../core/change-event.ts";
import type { LogPlace } from "../../core/checkpoint.ts";
import { freeBuffers } from "../../core/free-buffers.ts";
import type { Chunk } from "../../core/load.ts";
import { isWithin, type Version, versionOf } from "../../core/version.ts";
import type { Window } from "./windows.ts";

/** A chunk that waits for the stream, or of which a part has been taken. */
interface WaitingChunk {
  readonly window: Window;
  readonly chunk: Chunk;
  readonly version: Version;
  readonly done: () => void;
  readonly fail: (error: unknown) => void;
  /** The buffer that is next. */
  next: number;
}

/** A chunk that was taken whole: it is answered for when so many actions are closed. */
interface TakenChunk extends Pick<WaitingChunk, "done" | "fail"> {
  readonly actions: number;
}

/** What a queue of chunks takes. */
export interface ChunkQueueOptions {
  /** The high part of the stream's versions. */
  readonly epoch: number;
  /** Called when a chunk has come. */
  readonly onOffer: () => void;
  /** Called when a window's chunk has been taken or will not be. */
  readonly close: (window: Window) => void;
  /** How many of the sink's actions are closed, from the first on. */
  readonly closed: () => number;
}

/**
 * Chunks on their way into the stream of the same process. One is ready when the stream has read past its high watermark, for then every change that its rows may hold or lack was taken, and noted
 * by its window; its rows go in by one buffer at a time. It is done when the sink has closed its actions, and with them, for they are earlier, those of the stream by which rows of it were left out.
 */
export class ChunkQueue {
  readonly #options: ChunkQueueOptions;
  #waiting: WaitingChunk[] = [];
  /** In the order in which they were taken. */
  #taken: TakenChunk[] = [];
  #closed: Error | null = null;

  constructor(options: ChunkQueueOptions) {
    this.#options = options;
  }

  /** Resolves when every action of the chunk is closed. Rejects when its window is lost, or with the queue's end. */
  async offer(chunk: Chunk, window: Window): Promise<void> {
    if (this.#closed !== null || chunk.rows === 0) this.#options.close(window);
    if (this.#closed !== null) throw this.#closed;
    if (chunk.rows === 0) return;
    const version = versionOf(this.#options.epoch, chunk.low);
    const { promise, resolve: done, reject: fail } = Promise.withResolvers<void>();
    const waiting: WaitingChunk = { window, chunk, version, done, fail, next: 0 };
    this.#waiting.push(waiting);
    window.onLost((why) => {
      this.#waiting = this.#waiting.filter((other) => other !== waiting);
      // of one that was handed out whole it makes no difference any more
      if (waiting.next < chunk.buffers.length) fail(why);
    });
    this.#options.onOffer();
    await promise;
  }

  /** What the window's chunk waits for, in words, as far as that is the stream; null = nothing of the kind. */
  waitsFor(window: Window): string | null {
    const waiting = this.#waiting.find((each) => each.window === window && each.next === 0);
    if (waiting === undefined) return null;
    const { file, position } = waiting.chunk.high;
    return `the stream to pass ${file}:${position}`;
  }

  /** Are there chunks that the stream has not taken? */
  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** The next rows to take, when the stream has been handed out up to `passed` and stands between two transactions; null when there are none. */
  next(passed: LogPlace | null): ReadEvent | null {
    if (passed === null) return null;
    for (const waiting of this.#waiting)
      if (waiting.next > 0 || isWithin(waiting.chunk.high, passed)) return this.#event(waiting);
    return null;
  }

  #event(waiting: WaitingChunk): ReadEvent {
    const { chunk, window, version } = waiting;
    const bytes = chunk.buffers[waiting.next]!;
    waiting.next += 1;
    const isLast = waiting.next >= chunk.buffers.length;
    return {
      kind: "read",
      table: chunk.table,
      rules: window.scope.rules,
      bytes,
      start: 0,
      end: bytes.length,
      versionHigh: version.high,
      versionLow: version.low,
      written: (rule) => window.noted(rule),
      onTaken: (actions) => {
        if (isLast) this.#take(waiting, actions);
      },
    };
  }

  #take(waiting: WaitingChunk, actions: number): void {
    this.#waiting = this.#waiting.filter((other) => other !== waiting);
    this.#options.close(waiting.window);
    const { chunk, done, fail } = waiting;
    freeBuffers(chunk.buffers);
    this.#taken.push({ actions, done, fail });
    this.acknowledge(this.#options.closed());
  }

  /** The first `closed` actions of the sink are closed. */
  acknowledge(closed: number): void {
    while (this.#taken.length > 0 && this.#taken[0]!.actions <= closed) this.#taken.shift()!.done();
  }

  /** No more chunks: those that wait are rejected; those that were taken may still be closed, unless `isAll`. */
  end(why: Error, isAll = false): void {
    this.#closed ??= why;
    const { length } = this.#waiting;
    for (const { fail, window } of this.#waiting.splice(0, length)) {
      this.#options.close(window);
      fail(why);
    }
    if (isAll) for (const { fail } of this.#taken.splice(0)) fail(why);
  }
}

import type { TailraceError } from "../core/errors.ts";
import type { Chunk, ChunkWindow } from "../core/load.ts";
import type { RowLimit } from "./row-limit.ts";

/** What the connections of a runner hold and wait for, together. */
export class Occupancy {
  readonly #mostBytes: number;
  readonly #rowLimit: RowLimit | null;
  readonly #written = new Map<ChunkWindow, Chunk>();
  #bytes = 0;
  #reading = 0;
  #held = 0;
  /** Why no reader can be opened at this moment. */
  failure: TailraceError | null = null;

  /** `mostBytes` in chunks that are being written: with more, no further chunk is read. */
  constructor(mostBytes: number, rowLimit: RowLimit | null) {
    this.#mostBytes = mostBytes;
    this.#rowLimit = rowLimit;
  }

  get isFull(): boolean {
    return this.#bytes >= this.#mostBytes;
  }

  /** Runs while something is asked of the source. */
  async reading<T>(step: () => Promise<T>): Promise<T> {
    this.#reading += 1;
    try {
      return await step();
    } finally {
      this.#reading -= 1;
    }
  }

  /** Runs while reading is held up from outside. */
  async heldUp(step: () => Promise<void>): Promise<void> {
    this.#held += 1;
    try {
      await step();
    } finally {
      this.#held -= 1;
    }
  }

  /** Runs while a chunk is written. */
  async writing(window: ChunkWindow, chunk: Chunk): Promise<void> {
    this.#bytes += chunk.bytes;
    this.#written.set(window, chunk);
    try {
      await window.write(chunk);
    } finally {
      this.#bytes -= chunk.bytes;
      this.#written.delete(window);
    }
  }

  /** What holds everything up at this moment, in words; null = nothing. */
  get waitsFor(): string | null {
    if (this.failure !== null) return `trying again: ${this.failure.code}: ${this.failure.message}`;
    if (this.#reading > 0) return null;
    if (this.#held > 0) return "replica lag";
    if (this.#rowLimit?.isWaitedFor === true) return "the rate limit";
    const [oldest] = this.#written.keys();
    return oldest === undefined ? null : (oldest.waitsFor ?? "documents to be written");
  }
}

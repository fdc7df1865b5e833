/** What a read chunk tells of the next one's size. */
export interface ReadChunk {
  /** Keys that its range was to have. */
  readonly rows: number;
  /** What the rows of the range had that were asked for. */
  readonly bytes: number;
  readonly ms: number;
}

const FIRST_ROWS = 1_000;
const MOST_ROWS = 200_000;
/** A read then lasts 50 to 500 ms, unless its bytes make it shorter. */
const AIM_MS = 250;

/**
 * How many keys the next chunk of a table may span: as many as fit into its bytes, and can be read in a quarter of a second. Grows and shrinks by four at
 * most, so that one odd chunk does not decide.
 */
export class ChunkSize {
  readonly #bytes: number;
  readonly #most: number;
  #rows: number;

  /** `bytes` is what a chunk should have, `mostRows` bounds its rows for another reason (a rate). */
  constructor(bytes: number, mostRows = MOST_ROWS) {
    this.#bytes = bytes;
    this.#most = Math.max(1, Math.min(mostRows, MOST_ROWS));
    this.#rows = Math.min(FIRST_ROWS, this.#most);
  }

  get rows(): number {
    return this.#rows;
  }

  /** Learns from a chunk. One that was measured out before the size last grew tells nothing about growing more. */
  learn({ rows, bytes, ms }: ReadChunk): void {
    const factor = Math.min(this.#bytes / Math.max(bytes, 1), AIM_MS / Math.max(ms, 1));
    const next = rows * Math.min(Math.max(factor, 1 / 4), 4);
    if (factor <= 1) this.#set(Math.min(this.#rows, next));
    else if (rows >= this.#rows) this.#set(next);
  }

  /** A chunk was too much for whoever takes it. */
  shrink(): void {
    this.#set(this.#rows / 4);
  }

  #set(rows: number): void {
    this.#rows = Math.max(1, Math.min(Math.round(rows), this.#most));
  }
}

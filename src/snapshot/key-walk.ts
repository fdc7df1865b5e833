import { TailraceError } from "../core/errors.ts";
import type { ChunkReader, ChunkTable, KeyLiterals, KeyRange } from "../core/load.ts";
import { tableName } from "../core/schema.ts";

/** A range of keys that one connection reads. Told apart by identity. */
export interface WalkedChunk {
  readonly table: ChunkTable;
  readonly range: KeyRange;
  /** Keys that it had when it was measured out, at most. */
  readonly rows: number;
}

/** How far a table's load has come without a hole. */
export interface WalkProgress {
  readonly after: KeyLiterals;
  /** Rows of the chunks that became part of it. */
  readonly rows: number;
}

/** A stretch of the keys between the last hole's beginning and the end. */
interface Segment extends WalkedChunk {
  /** `open`: to be measured out into chunks. `held`: being measured, read or written. */
  state: "open" | "held" | "finished";
  /** Rows that were found. */
  found: number;
}

/**
 * Divides a table's keys into chunks and knows which are finished.
 *
 *     after ──finished──┬──held──┬──finished──┬──held──┬──open──────────── upTo
 *           (progress)  │        not yet progress      └─ the next chunks are cut from here
 *
 * The segments lie one behind another from the progress to `upTo`, without gap and overlap, whatever fails in between: a chunk that could not be read or
 * written is open again. So each key of the range is in one chunk, a row that appears or goes meanwhile included. Chunks run ahead of the first hole only so
 * far, which bounds what is repeated after a crash.
 */
export class KeyWalk {
  readonly #table: ChunkTable;
  readonly #ahead: number;
  #segments: Segment[];

  /** `ahead`: chunks that may be held or finished behind the first that is not. */
  constructor(table: ChunkTable, range: KeyRange, ahead: number) {
    this.#table = table;
    this.#ahead = ahead;
    this.#segments = [{ table, range, rows: 0, state: "open", found: 0 }];
  }

  /** Can a chunk be measured out now? */
  get hasNext(): boolean {
    const next = this.#segments.findIndex(({ state }) => state === "open");
    return next >= 0 && next < this.#ahead;
  }

  /** Is every chunk finished? */
  get isDone(): boolean {
    return this.#segments.length === 0;
  }

  /** Is it one of the chunks that are to be finished? */
  has(chunk: WalkedChunk): boolean {
    return this.#of(chunk) !== undefined;
  }

  /** Cuts off a chunk of so many keys at most for the caller to read. Null when there is none at this moment. Rejects with what `keyAfter` does; nothing is cut then. */
  async next(reader: ChunkReader, rows: number): Promise<WalkedChunk | null> {
    const segment = this.hasNext ? this.#segments.find(({ state }) => state === "open") : undefined;
    if (segment === undefined) return null;
    segment.state = "held";
    let bound: KeyLiterals | null;
    try {
      bound =
        reader.boundAfter === undefined
          ? await reader.keyAfter(this.#table, segment.range, rows)
          : await reader.boundAfter(this.#table, segment.range, rows);
      if (bound !== null && isSameKey(bound, segment.range.after)) throw stuck(this.#table);
    } catch (error) {
      segment.state = "open";
      throw error;
    }
    const { after, upTo } = segment.range;
    const table = this.#table;
    const chunk: Segment = {
      table,
      range: { after, upTo: bound ?? upTo },
      rows,
      state: "held",
      found: 0,
    };
    const parts = [chunk];
    // An empty range is read all the same: a SELECT for bounds need not see what the log has.
    if (bound !== null && !isSameKey(bound, upTo)) {
      parts.push({ table, range: { after: bound, upTo }, rows: 0, state: "open", found: 0 });
    }
    this.#segments.splice(this.#segments.indexOf(segment), 1, ...parts);
    return chunk;
  }

  /** The chunk's documents are written: `rows` of them. Returns the progress when it has moved. */
  finish(chunk: WalkedChunk, rows: number): WalkProgress | null {
    const finished = this.#of(chunk);
    if (finished === undefined) return null;
    finished.state = "finished";
    finished.found = rows;
    const hole = this.#segments.findIndex(({ state }) => state !== "finished");
    const done = this.#segments.splice(0, hole < 0 ? this.#segments.length : hole);
    const after = done.at(-1)?.range.upTo;
    if (!after) return null;
    return { after, rows: done.reduce((sum, { found }) => sum + found, 0) };
  }

  /** The chunk was not read or not written: its keys are to be had again. */
  giveBack(chunk: WalkedChunk): void {
    const held = this.#of(chunk);
    if (held !== undefined) held.state = "open";
  }

  #of(chunk: WalkedChunk): Segment | undefined {
    return this.#segments.find((segment) => segment === chunk);
  }
}

function stuck({ schema, keyName }: ChunkTable): TailraceError {
  const text = `the next chunk of ${tableName(schema)} by ${keyName} begins where the last one does`;
  return new TailraceError("SNAPSHOT_KEY_UNUSABLE", text);
}

/** Are these the same literals? Keys that the server takes for the same need not be. */
function isSameKey(a: KeyLiterals | null, b: KeyLiterals | null): boolean {
  if (a === null || b === null) return a === b;
  return a.length === b.length && a.every((literal, index) => literal === b[index]);
}

import type { Chunk, ChunkReader, ChunkRows, ChunkTable, KeyRange } from "../../core/load.ts";

/** Reads a part of each range only: a run of neighbouring keys at a place that chance chooses. Every row has the same chance, and the server passes over the others in its index. */
export class SamplingReader implements ChunkReader {
  readonly #reader: ChunkReader;
  readonly #share: number;
  readonly #sizes: Map<string, number>;
  readonly #random: () => number;

  /** `share` is greater than 0 and at most 1. `sizes` is shared by all readers of a walk: the number of keys of each range, by its end. */
  constructor(
    reader: ChunkReader,
    options: {
      readonly share: number;
      readonly sizes: Map<string, number>;
      readonly random: () => number;
    },
  ) {
    this.#reader = reader;
    this.#share = options.share;
    this.#sizes = options.sizes;
    this.#random = options.random;
  }

  describe(...[database, table]: Parameters<ChunkReader["describe"]>): Promise<ChunkTable | null> {
    return this.#reader.describe(database, table);
  }

  estimateRows(table: ChunkTable): Promise<number | null> {
    return this.#reader.estimateRows(table);
  }

  lastKey(table: ChunkTable): ReturnType<ChunkReader["lastKey"]> {
    return this.#reader.lastKey(table);
  }

  async keyAfter(
    table: ChunkTable,
    range: KeyRange,
    rows: number,
  ): ReturnType<ChunkReader["keyAfter"]> {
    const key = await this.#reader.keyAfter(table, range, rows);
    if (key !== null) this.#sizes.set(nameOf(table, key), rows);
    return key;
  }

  async read(table: ChunkTable, rows: ChunkRows, limitBytes?: number): Promise<Chunk> {
    if (rows.kind !== "range" || rows.range.upTo === null)
      return this.#reader.read(table, rows, limitBytes);
    // nothing is between a key and itself
    const { upTo } = rows.range;
    const range = (await this.#choose(table, rows.range)) ?? { after: upTo, upTo };
    return this.#reader.read(table, { ...rows, range }, limitBytes);
  }

  /** A run of keys of a range; null = none of it. */
  async #choose(table: ChunkTable, range: KeyRange): Promise<KeyRange | null> {
    const size = await this.#sizeOf(table, range);
    const wanted = this.#share * size;
    // a part of a row is taken by chance
    const taken = Math.floor(wanted) + (this.#random() < wanted % 1 ? 1 : 0);
    if (taken === 0) return null;
    const skipped = Math.floor(this.#random() * (size - taken + 1));
    const after = skipped === 0 ? range.after : await this.#reader.keyAfter(table, range, skipped);
    const upTo = await this.#reader.keyAfter(table, { after, upTo: range.upTo }, taken);
    return upTo === null ? null : { after, upTo };
  }

  /** How many keys a range has: as many as were asked for, but the last one of a table. */
  async #sizeOf(table: ChunkTable, range: KeyRange): Promise<number> {
    const end = nameOf(table, range.upTo!);
    const hasAtMost = async (keys: number): Promise<boolean> => {
      const key = await this.#reader.keyAfter(table, range, keys);
      return key === null || nameOf(table, key) === end;
    };
    let most = this.#sizes.get(end) ?? 1;
    if (most === 1 || !(await hasAtMost(most - 1))) return most;
    for (let least = 1; least < most;) {
      const middle = Math.floor((least + most) / 2);
      if (await hasAtMost(middle)) most = middle;
      else least = middle + 1;
    }
    return most;
  }

  checkWhere(table: ChunkTable, where: string): Promise<void> {
    return this.#reader.checkWhere(table, where);
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#reader[Symbol.asyncDispose]();
  }
}

function nameOf({ schema }: ChunkTable, key: readonly string[]): string {
  return JSON.stringify([schema.database, schema.table, key]);
}

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
    const { range } = rows;
    const size = this.#sizes.get(nameOf(table, range.upTo!)) ?? 1;
    const wanted = this.#share * size;
    // a part of a row is taken by chance
    const taken = Math.floor(wanted) + (this.#random() < wanted % 1 ? 1 : 0);
    const skipped = Math.floor(this.#random() * (size - taken + 1));
    const sample = taken === 0 ? null : await this.#narrow(table, range, { skipped, taken });
    // nothing is between a key and itself
    const nothing = { after: range.upTo, upTo: range.upTo };
    const part = { ...rows, range: sample ?? nothing };
    return this.#reader.read(table, part, limitBytes);
  }

  async #narrow(
    table: ChunkTable,
    range: KeyRange,
    { skipped, taken }: { readonly skipped: number; readonly taken: number },
  ): Promise<KeyRange | null> {
    const after = skipped === 0 ? range.after : await this.#reader.keyAfter(table, range, skipped);
    if (skipped > 0 && after === null) return null;
    const rest = { after, upTo: range.upTo };
    const upTo = await this.#reader.keyAfter(table, rest, taken);
    return upTo === null ? null : { after, upTo };
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

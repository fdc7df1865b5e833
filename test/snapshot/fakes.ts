import type { Clock } from "../../src/core/clock.ts";
import {
  sameLoad,
  type Chunk,
  type ChunkDestination,
  type ChunkReader,
  type ChunkRows,
  type ChunkTable,
  type ChunkWindow,
  type KeyRange,
  type LoadJournal,
  type TableLoad,
} from "../../src/core/load.ts";
import type { RowLayout } from "../../src/core/row-layout.ts";

/** Tables of integer keys by name, which readers find rows in. */
export class FakeSource {
  readonly tables = new Map<string, number[]>();
  /** Bytes of each row. */
  rowBytes = 100;
  /** Called at each step of a reader; may throw, or wait. */
  onStep: (step: FakeStep) => Promise<void> | void = () => {};
  /** Names of the key's columns. */
  key: readonly string[] = ["id"];
  readonly steps: FakeStep[] = [];
  openReaders = 0;

  /** A table of the keys 1 to `rows`. */
  fill(table: string, rows: number): void {
    this.tables.set(
      table,
      Array.from({ length: rows }, (_, index) => index + 1),
    );
  }

  openReader = async (): Promise<ChunkReader> => {
    await this.step({ kind: "open", table: "" });
    this.openReaders += 1;
    return new FakeReader(this);
  };

  async step(step: FakeStep): Promise<void> {
    this.steps.push(step);
    await this.onStep(step);
  }

  /** Rows of a range, in order. */
  find(table: string, { after, upTo }: KeyRange): number[] {
    const keys = this.tables.get(table) ?? [];
    return keys
      .filter((key) => key > numberOf(after, -Infinity) && key <= numberOf(upTo, Infinity))
      .toSorted((a, b) => a - b);
  }
}

/** What a reader is asked. */
export interface FakeStep {
  readonly kind: "open" | "describe" | "estimate" | "lastKey" | "keyAfter" | "read" | "where";
  readonly table: string;
  readonly range?: KeyRange;
  readonly rows?: number;
  readonly limitBytes?: number | undefined;
}

class FakeReader implements ChunkReader {
  readonly #source: FakeSource;
  readonly #closed = Promise.withResolvers<never>();

  constructor(source: FakeSource) {
    this.#source = source;
    this.#closed.promise.catch(() => {});
  }

  async describe(database: string, table: string): Promise<ChunkTable | null> {
    await this.#step({ kind: "describe", table });
    if (!this.#source.tables.has(table)) return null;
    const type = { kind: "integer", bytes: 8, unsigned: false } as const;
    const columns = this.#source.key.map((name) => ({ name, type, nullable: false }));
    const primaryKey = columns.map((_, index) => index);
    const schema = { database, table, columns, primaryKey };
    return { schema, keyName: "PRIMARY", keyColumns: primaryKey };
  }

  async estimateRows({ schema }: ChunkTable): Promise<number | null> {
    await this.#step({ kind: "estimate", table: schema.table });
    return this.#source.tables.get(schema.table)!.length;
  }

  async lastKey({ schema }: ChunkTable): Promise<readonly string[] | null> {
    await this.#step({ kind: "lastKey", table: schema.table });
    return literals(this.#source.find(schema.table, { after: null, upTo: null }).at(-1));
  }

  async keyAfter({ schema }: ChunkTable, range: KeyRange, rows: number) {
    await this.#step({ kind: "keyAfter", table: schema.table, range, rows });
    const found = this.#source.find(schema.table, range);
    return literals(found[Math.min(rows, found.length) - 1]);
  }

  async read({ schema }: ChunkTable, rows: ChunkRows, limitBytes?: number): Promise<Chunk> {
    if (rows.kind !== "range") throw new Error("only ranges");
    await this.#step({ kind: "read", table: schema.table, range: rows.range, limitBytes });
    const found = this.#source.find(schema.table, rows.range);
    const buffers = found.map((key) => Buffer.from(String(key)));
    const bytes = found.length * this.#source.rowBytes;
    const place = { file: "binlog.000001", position: this.#source.steps.length };
    const table = { schema, layout: {} as RowLayout };
    return { table, buffers, rows: found.length, bytes, low: place, high: place };
  }

  async checkWhere({ schema }: ChunkTable): Promise<void> {
    await this.#step({ kind: "where", table: schema.table });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#source.openReaders -= 1;
    this.#closed.reject(new Error("closed"));
    return Promise.resolve();
  }

  async #step(step: FakeStep): Promise<void> {
    await Promise.race([this.#source.step(step), this.#closed.promise]);
  }
}

/** Takes chunks down; what is written counts when it is. */
export class FakeDestination implements ChunkDestination {
  /** Keys of all chunks that were written, in the order in which that ended. */
  readonly written: number[] = [];
  /** Called when a chunk is to be written; may throw, or wait. */
  onWrite: (keys: readonly number[], load: TableLoad) => Promise<void> | void = () => {};
  opened = 0;
  discarded = 0;
  /** Chunks that are being written. */
  writing = 0;
  /** Of them and those that are read, at most at the same time. */
  mostHeld = 0;

  open(load: TableLoad): ChunkWindow {
    this.opened += 1;
    let isOpen = true;
    const close = (): void => {
      if (!isOpen) throw new Error("a window is used twice");
      isOpen = false;
    };
    return {
      write: async (chunk) => {
        close();
        this.writing += 1;
        this.mostHeld = Math.max(this.mostHeld, this.writing);
        try {
          const keys = chunk.buffers.map(Number);
          await this.onWrite(keys, load);
          this.written.push(...keys);
        } finally {
          this.writing -= 1;
        }
      },
      discard: () => {
        close();
        this.discarded += 1;
      },
    };
  }
}

/** Keeps loads in memory, and each that was put. */
export class MemoryJournal implements LoadJournal {
  readonly puts: TableLoad[] = [];
  /** Called before a load is put; may throw, or wait. */
  onPut: (load: TableLoad) => Promise<void> | void = () => {};
  #loads: TableLoad[];

  constructor(loads: readonly TableLoad[] = []) {
    this.#loads = [...loads];
  }

  get loads(): readonly TableLoad[] {
    return this.#loads;
  }

  async put(load: TableLoad): Promise<void> {
    await this.onPut(load);
    this.puts.push(load);
    const others = this.#loads.filter((other) => !sameLoad(other, load));
    this.#loads = [...others, load];
  }
}

/** Time that passes only when everyone sleeps; each sleep ends in its turn. */
export class FakeClock implements Clock {
  readonly slept: number[] = [];
  #now = Date.parse("2026-01-01T00:00:00Z");
  readonly #sleepers: { readonly atMs: number; readonly wake: () => void }[] = [];
  #isTicking = false;

  now(): number {
    return this.#now;
  }

  random(): number {
    return 0.5;
  }

  pass(ms: number): void {
    this.#now += ms;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.slept.push(ms);
    return new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      signal?.addEventListener("abort", () => resolve(), { once: true });
      this.#sleepers.push({ atMs: this.#now + ms, wake: resolve });
      this.#tick();
    });
  }

  #tick(): void {
    if (this.#isTicking) return;
    this.#isTicking = true;
    setImmediate(() => {
      this.#isTicking = false;
      this.#sleepers.sort((a, b) => a.atMs - b.atMs);
      const next = this.#sleepers.shift();
      if (next === undefined) return;
      this.#now = Math.max(this.#now, next.atMs);
      next.wake();
      if (this.#sleepers.length > 0) this.#tick();
    });
  }
}

function numberOf(key: readonly string[] | null, otherwise: number): number {
  return key === null ? otherwise : Number(key[0]);
}

function literals(key: number | undefined): readonly string[] | null {
  return key === undefined ? null : [String(key)];
}

import { expect, test } from "vitest";
import { systemClock } from "../../core/clock.ts";
import { TailraceError } from "../../core/errors.ts";
import type { ChunkReader, ChunkTable } from "../../core/load.ts";
import { loadKeys, type LoadKeysOptions } from "./load-keys.ts";

const ITEMS = { database: "shop", table: "items", rules: ["items"] };

function tableOf(names: readonly string[]): ChunkTable {
  return {
    schema: {
      ...ITEMS,
      columns: names.map((name) => ({
        name,
        type: { kind: "integer", bytes: 4, unsigned: false },
        nullable: false,
      })),
      primaryKey: [0],
    },
    keyName: "PRIMARY",
    keyColumns: [0],
  };
}

/** Loads keys of a table that has one row for each, and is another one from the second look on. */
function load(keys: readonly (readonly string[])[]) {
  const tables = [tableOf(["id"]), tableOf(["id", "added"])];
  const written: string[][] = [];
  let looks = 0;
  const reader = {
    describe: () => Promise.resolve(tables[Math.min(looks++, 1)]!),
    read: (table: ChunkTable) => {
      if (table !== tables[1])
        return Promise.reject(new TailraceError("SNAPSHOT_ROW_CHANGED", "altered"));
      const low = { file: "binlog.1", position: 4 };
      const buffers = [Buffer.alloc(4)];
      return Promise.resolve({ table: { schema: table.schema }, rows: keys.length, buffers, low });
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  } as unknown as ChunkReader;
  const logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const options = {
    load: ITEMS,
    keys,
    from: 0,
    openReader: () => Promise.resolve(reader),
    writer: {
      write: ({ table }) => {
        written.push(table.schema.columns.map(({ name }) => name));
        return Promise.resolve();
      },
      remove: () => Promise.resolve(0),
    },
    destination: { deadline: () => (step) => step() },
    onDone: () => Promise.resolve(),
    clock: { ...systemClock, now: () => Date.now(), sleep: () => Promise.resolve() },
    logger,
    signal: new AbortController().signal,
  } satisfies LoadKeysOptions;
  return { done: loadKeys(options), written };
}

test("rows are loaded by key with the columns that the table has by then, when it is altered meanwhile", async () => {
  const { done, written } = load([["1"], ["2"]]);
  expect(await done).toEqual({ found: 2, gone: 0, unknown: 0 });
  expect(written).toEqual([["id", "added"]]);
});

test("an empty text is no number's key", async () => {
  await expect(load([[" "]]).done).rejects.toMatchObject({ code: "CONFIG_INVALID" });
});

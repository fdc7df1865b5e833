import { expect, test } from "vitest";
import { TailraceError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import { FakeClock, FakeSource } from "../../../test/snapshot/fakes.ts";
import type { RuleChange } from "../reload.ts";
import { MemoryJournal } from "../verify/memory-journal.ts";
import { ChunkQueue } from "./chunk-queue.ts";
import { DirectLoads } from "./direct-loads.ts";
import { Windows } from "./windows.ts";

const CHANGE: RuleChange = {
  rule: "orders",
  change: "changed",
  needsReload: true,
  why: "query",
};

test("changed rules are in force although the source does not tell its tables: they ask for a load then, and the next change begins one", async () => {
  const windows = new Windows();
  const errors: object[] = [];
  const quiet = (): void => {};
  const logger: Logger = {
    debug: quiet,
    info: quiet,
    warn: quiet,
    error: (fields: object) => void errors.push(fields),
  };
  const { openReader } = new FakeSource();
  let isAway = true;
  await using loads = new DirectLoads({
    journal: new MemoryJournal(),
    windows,
    queue: new ChunkQueue({
      epoch: 1,
      onOffer: quiet,
      close: (window) => windows.close(window),
      closed: () => 0,
    }),
    mode: "initial",
    readTables: () =>
      isAway
        ? Promise.reject(new TailraceError("SOURCE_UNREACHABLE", "db:3306"))
        : Promise.resolve([{ database: "shop", table: "orders", rules: ["orders"] }]),
    names: { caseSensitive: true },
    openReader,
    connections: 1,
    chunkBytes: 1_000,
    clock: new FakeClock(),
    logger,
    signal: new AbortController().signal,
  });
  loads.begin();
  expect(await loads.follow([CHANGE])).toEqual([CHANGE]);
  expect(errors).toEqual([{ err: expect.objectContaining({ code: "SOURCE_UNREACHABLE" }) }]);
  expect(loads.status()).toEqual([]);
  isAway = false;
  expect(await loads.follow([CHANGE])).toMatchObject([{ rule: "orders", needsReload: false }]);
  expect(loads.status()).toMatchObject([{ table: "orders", rules: ["orders"] }]);
});

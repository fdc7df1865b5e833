import { expect, test } from "vitest";
import { MemoryJournal } from "../../test/snapshot/fakes.ts";
import {
  ascending,
  nextTurn,
  openScene,
  orders,
  until,
  upTo,
} from "../../test/snapshot/runner-scene.ts";
import { TailraceError } from "../core/errors.ts";
import { newLoad } from "./new-load.ts";

test("a load that fails for good leaves the others alone; it can be started again", async () => {
  await using scene = openScene();
  scene.source.fill("orders", 500);
  scene.source.fill("users", 500);
  let isBad = true;
  scene.source.onStep = ({ kind, table }) => {
    if (isBad && kind === "where" && table === "orders") {
      throw new TailraceError("SNAPSHOT_WHERE_INVALID", "Unknown column 'x'");
    }
  };
  const users = newLoad({ ...orders, table: "users" });
  await scene.runner.start([{ ...orders, where: "x" }, users]);
  await scene.runner.idle();
  expect(scene.journal.loads).toContainEqual(
    expect.objectContaining({
      table: "orders",
      state: "failed",
      error: "SNAPSHOT_WHERE_INVALID: Unknown column 'x'",
    }),
  );
  expect(ascending(scene.destination.written)).toEqual(upTo(500));
  expect(scene.logged.filter(({ level }) => level === "error")).toMatchObject([
    { fields: { table: "shop.orders", remedy: expect.stringContaining("Correct the condition") } },
  ]);
  isBad = false;
  await scene.runner.start([orders]);
  await scene.runner.idle();
  expect(scene.journal.loads.map(({ state }) => state)).toEqual(["done", "done"]);
  expect(scene.journal.loads.find(({ table }) => table === "orders")?.error).toBeUndefined();
});

test("paused it reads nothing more and keeps its progress, also over a restart; resumed it goes on", async () => {
  await using scene = openScene({ connections: 1, chunkBytes: 10_000 });
  scene.source.fill("orders", 5_000);
  scene.destination.onWrite = async () => {
    if (scene.destination.written.length < 1_000 || reached.isDone) return;
    reached.isDone = true;
    expect(await scene.runner.pause({ table: "orders" })).toBe(1);
  };
  const reached = { isDone: false };
  await scene.runner.start([orders]);
  await scene.runner.idle();
  await until(() => scene.destination.writing === 0);
  expect(scene.runner.status()).toMatchObject([{ state: "paused", waitsFor: null }]);
  const reads = scene.source.steps.length;
  for (let turn = 0; turn < 10; turn++) await nextTurn();
  expect(scene.source.steps.length).toBe(reads);
  expect(await scene.runner.pause({})).toBe(0);
  expect(await scene.runner.resume({ table: "other" })).toBe(0);

  const journal = new MemoryJournal(scene.journal.loads);
  await using after = openScene({ connections: 1 }, { source: scene.source, journal });
  await after.runner.start([]);
  await after.runner.idle();
  expect(after.destination.written).toEqual([]);
  expect(await after.runner.resume({ rule: "orders" })).toBe(1);
  await after.runner.idle();
  const begun = scene.journal.loads[0]!.rows;
  expect(begun).toBeGreaterThan(0);
  expect(ascending(after.destination.written)).toEqual(upTo(5_000).slice(begun));

  expect(await scene.runner.resume({})).toBe(1);
  await scene.runner.idle();
  expect(ascending(scene.destination.written)).toEqual(upTo(5_000));
});

test("cancelled it reads nothing more; chunks that are read are discarded", async () => {
  const ended: string[] = [];
  await using scene = openScene({
    connections: 1,
    onLoadEnded: async ({ state }) => void ended.push(state),
  });
  scene.source.fill("orders", 5_000);
  const read = Promise.withResolvers<void>();
  scene.source.onStep = ({ kind }) => (kind === "read" ? read.promise : undefined);
  await scene.runner.start([orders]);
  await until(() => scene.destination.opened === 1);
  expect(await scene.runner.cancel({ database: "shop" })).toBe(1);
  expect(ended).toEqual(["cancelled"]);
  read.resolve();
  await scene.runner.idle();
  await until(() => scene.source.openReaders === 0);
  expect(scene.destination).toMatchObject({ written: [], discarded: 1 });
  expect(scene.journal.loads).toMatchObject([{ state: "cancelled", after: null }]);
});

test("started again while it runs it goes on; with another condition it begins anew", async () => {
  await using scene = openScene({ connections: 1 });
  scene.source.fill("orders", 2_000);
  await scene.runner.start([orders]);
  await scene.runner.start([orders]);
  expect(scene.journal.loads).toHaveLength(1);
  await scene.runner.start([{ ...orders, where: "id > 3" }]);
  await scene.runner.idle();
  expect(scene.journal.loads).toMatchObject([{ where: "id > 3", state: "done", rows: 2_000 }]);
  expect(scene.journal.puts.some(({ state }) => state === "cancelled")).toBe(true);
});

test("no more rows are read in a second than the limit says", async () => {
  await using scene = openScene({ connections: 3, maxRowsPerSecond: 100, chunkBytes: 1e6 });
  scene.source.fill("orders", 1_000);
  const startedMs = scene.clock.now();
  const reads: { readonly atMs: number; readonly rows: number }[] = [];
  const shown = new Set<string | null>();
  scene.source.onStep = ({ kind, range }) => {
    if (kind !== "read") return;
    reads.push({ atMs: scene.clock.now(), rows: scene.source.find("orders", range!).length });
    shown.add(scene.runner.status()[0]!.waitsFor);
  };
  await scene.runner.start([orders]);
  await scene.runner.idle();
  expect(scene.clock.now() - startedMs).toBeGreaterThanOrEqual(9_000);
  expect(scene.clock.now() - startedMs).toBeLessThan(11_000);
  for (const { atMs } of reads) {
    const within = reads.filter((read) => read.atMs >= atMs && read.atMs < atMs + 1_000);
    expect(within.reduce((sum, { rows }) => sum + rows, 0)).toBeLessThanOrEqual(100);
  }
});

test("it waits before each chunk until reading may go on", async () => {
  const gate = Promise.withResolvers<void>();
  await using scene = openScene({ connections: 1, mayRead: () => gate.promise });
  scene.source.fill("orders", 10);
  await scene.runner.start([orders]);
  await until(() => scene.runner.status()[0]!.waitsFor === "replica lag");
  expect(scene.source.steps).toEqual([]);
  gate.resolve();
  await scene.runner.idle();
  expect(scene.destination.written).toEqual(upTo(10));
});

test("rate and remaining time are of the last seconds", async () => {
  await using scene = openScene({ connections: 1, chunkBytes: 100_000 });
  scene.source.fill("orders", 10_000);
  scene.source.onStep = ({ kind }) => (kind === "read" ? scene.clock.pass(250) : undefined);
  const shown: (number | null)[][] = [];
  scene.destination.onWrite = () => {
    const { rowsPerSecond, secondsLeft } = scene.runner.status()[0]!;
    shown.push([rowsPerSecond, secondsLeft]);
  };
  await scene.runner.start([orders]);
  await scene.runner.idle();
  const [rate, left] = shown.at(-2)!;
  expect(rate).toBeGreaterThan(3_000);
  expect(rate).toBeLessThan(5_000);
  expect(left).toBeLessThan(2);
  expect(shown[0]).toEqual([0, null]);
});

test("stopped it lets what is written end, which counts, and reads nothing more", async () => {
  await using scene = openScene({ connections: 1, chunkBytes: 1_000_000 });
  scene.source.fill("orders", 5_000);
  const gate = Promise.withResolvers<void>();
  scene.destination.onWrite = () => gate.promise;
  scene.source.onStep = ({ kind, range }) =>
    kind === "read" && range?.after !== null ? new Promise(() => {}) : undefined;
  await scene.runner.start([orders]);
  await until(() => scene.destination.opened === 2);
  await scene.runner.stop();
  await scene.runner.idle();
  expect(scene.source.openReaders).toBe(0);
  expect(scene.destination.discarded).toBe(1);
  gate.resolve();
  await scene.runner[Symbol.asyncDispose]();
  expect(scene.journal.loads).toMatchObject([{ state: "running", after: ["1000"], rows: 1_000 }]);
  expect(scene.logged.filter(({ level }) => level !== "info")).toEqual([]);
});

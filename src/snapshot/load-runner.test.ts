import { expect, test } from "vitest";
import { FakeSource, MemoryJournal } from "../../test/snapshot/fakes.ts";
import {
  ascending,
  nextTurn,
  openScene,
  orders,
  until,
  upTo,
} from "../../test/snapshot/runner-scene.ts";
import { newLoad } from "./new-load.ts";

test("every row of a table is written once, and the load is done", async () => {
  await using scene = openScene();
  scene.source.fill("orders", 2_345);
  await scene.runner.start([orders]);
  await scene.runner.idle();
  expect(ascending(scene.destination.written)).toEqual(upTo(2_345));
  expect(scene.runner.status()).toMatchObject([
    { state: "done", rows: 2_345, after: ["2345"], upTo: ["2345"], estimatedRows: 2_345 },
  ]);
  expect(scene.journal.loads).toMatchObject([{ state: "done", rows: 2_345 }]);
});

test("chunks grow until they have their bytes or take a quarter of a second", async () => {
  await using scene = openScene({ connections: 1, chunkBytes: 1_000_000 });
  scene.source.fill("orders", 30_000);
  scene.source.onStep = ({ kind }) => (kind === "read" ? scene.clock.pass(10) : undefined);
  await scene.runner.start([orders]);
  await scene.runner.idle();
  const asked = scene.source.steps.filter(({ kind }) => kind === "keyAfter");
  expect(asked.map(({ rows }) => rows).slice(0, 4)).toEqual([1_000, 4_000, 10_000, 10_000]);

  await using slow = openScene({ connections: 1, chunkBytes: 1_000_000 });
  slow.source.fill("orders", 3_000);
  slow.source.onStep = ({ kind }) => (kind === "read" ? slow.clock.pass(500) : undefined);
  await slow.runner.start([orders]);
  await slow.runner.idle();
  const slowly = slow.source.steps.filter(({ kind }) => kind === "keyAfter");
  expect(slowly.map(({ rows }) => rows).slice(0, 3)).toEqual([1_000, 500, 250]);
});

test("several tables are loaded in turn: small ones end early; a single one uses all connections", async () => {
  await using scene = openScene({ connections: 3 });
  scene.source.fill("big", 5_000);
  scene.source.fill("small", 10);
  const ended: string[] = [];
  const big = newLoad({ ...orders, table: "big" });
  const small = newLoad({ ...orders, table: "small" });
  let [reading, most] = [0, 0];
  scene.source.onStep = async ({ kind }) => {
    if (kind !== "read") return;
    most = Math.max(most, ++reading);
    await nextTurn();
    reading -= 1;
  };
  scene.destination.onWrite = (_, { table }) => void ended.push(table);
  await scene.runner.start([big, small]);
  await scene.runner.idle();
  expect(ended.indexOf("small")).toBeLessThan(6);
  expect(most).toBe(3);
  await until(() => scene.source.openReaders === 0);
});

test("while chunks are written others are read, two for each connection at most", async () => {
  await using scene = openScene({ connections: 2, chunkBytes: 1 });
  scene.source.rowBytes = 0;
  scene.source.fill("orders", 50_000);
  const gate = Promise.withResolvers<void>();
  scene.destination.onWrite = () => gate.promise;
  await scene.runner.start([orders]);
  await until(() => scene.destination.writing === 4);
  for (let turn = 0; turn < 20; turn++) await nextTurn();
  expect(scene.destination.opened).toBe(4);
  expect(scene.runner.status()).toMatchObject([{ waitsFor: "documents to be written" }]);
  gate.resolve();
  await scene.runner.idle();
  expect(scene.destination.mostHeld).toBe(4);
  expect(ascending(scene.destination.written)).toEqual(upTo(50_000));
});

test("chunks larger than expected bound what is read beside them", async () => {
  await using scene = openScene({ connections: 4, chunkBytes: 100 });
  scene.source.fill("orders", 100);
  const gate = Promise.withResolvers<void>();
  scene.destination.onWrite = () => gate.promise;
  await scene.runner.start([orders]);
  await until(() => scene.destination.writing > 0);
  for (let turn = 0; turn < 20; turn++) await nextTurn();
  expect(scene.destination.writing).toBe(1);
  gate.resolve();
  await scene.runner.idle();
  expect(scene.destination.written).toEqual(upTo(100));
});

test("progress is the chunks without a hole, whatever order they end in", async () => {
  await using scene = openScene({ connections: 2, chunkBytes: 1 });
  scene.source.rowBytes = 0;
  scene.source.fill("orders", 3_500);
  const first = Promise.withResolvers<void>();
  scene.destination.onWrite = (keys) => (keys.includes(1) ? first.promise : undefined);
  await scene.runner.start([orders]);
  await until(() => scene.destination.written.length >= 2_000);
  expect(scene.runner.status()).toMatchObject([{ after: null, rows: 0 }]);
  first.resolve();
  await scene.runner.idle();
  const progress = scene.journal.puts.map(({ after }) => Number(after?.[0] ?? 0));
  expect(progress).toEqual(ascending(progress));
  expect(scene.journal.loads).toMatchObject([{ state: "done", after: ["3500"], rows: 3_500 }]);
});

test("what came behind the bound after a crash is the stream's", async () => {
  const source = new FakeSource();
  source.fill("orders", 2_000);
  const journal = new MemoryJournal([
    { ...orders, state: "running", key: ["id"], after: ["100"], upTo: ["900"], rows: 100 },
  ]);
  await using scene = openScene({}, { source, journal });
  await scene.runner.start([]);
  await scene.runner.idle();
  expect(ascending(scene.destination.written)).toEqual(upTo(900).slice(100));
  expect(journal.loads).toMatchObject([{ state: "done", rows: 900 }]);
});

test("the end of the bound is read even when its last rows have gone", async () => {
  await using scene = openScene({ connections: 1 });
  scene.source.fill("orders", 10);
  scene.source.onStep = ({ kind }) => {
    if (kind === "keyAfter") scene.source.tables.set("orders", [1, 2, 3]);
  };
  await scene.runner.start([orders]);
  await scene.runner.idle();
  const ranges = scene.source.steps.filter(({ kind }) => kind === "read").map((s) => s.range);
  expect(ranges).toEqual([
    { after: null, upTo: ["3"] },
    { after: ["3"], upTo: ["10"] },
  ]);
});

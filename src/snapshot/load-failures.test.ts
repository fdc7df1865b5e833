import { expect, test } from "vitest";
import { FakeDestination, FakeSource, MemoryJournal } from "../../test/snapshot/fakes.ts";
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

test("rows that are suddenly large are read again in parts", async () => {
  await using scene = openScene({ connections: 1 });
  scene.source.fill("orders", 2_000);
  let refused = 0;
  scene.source.onStep = ({ kind, range, limitBytes }) => {
    if (kind !== "read" || scene.source.find("orders", range!).length < 50) return;
    expect(limitBytes).toBe(8_000);
    refused += 1;
    throw new TailraceError("SNAPSHOT_CHUNK_TOO_LARGE", "too large");
  };
  await scene.runner.start([orders]);
  await scene.runner.idle();
  expect(refused).toBeGreaterThan(1);
  expect(scene.destination.written).toEqual(upTo(2_000));
  expect(scene.logged.filter(({ level }) => level === "warn")).toEqual([]);
});

test("killed at any put into the journal, it goes on where it was and repeats only chunks that were in flight", async () => {
  for (let kill = 1; ; kill++) {
    const source = new FakeSource();
    source.fill("orders", 6_500);
    source.rowBytes = 2;
    const destination = new FakeDestination();
    const first = openScene({ connections: 2, chunkBytes: 2_000 }, { source, destination });
    let puts = 0;
    const dead = Promise.withResolvers<never>();
    first.journal.onPut = () => (++puts >= kill ? dead.promise : undefined);
    void first.runner.start([orders]);
    let isDone = false;
    void first.runner.idle().then(() => (isDone = true));
    await until(() => puts >= kill || isDone);
    const loads = first.journal.loads;
    for (let turn = 0; turn < 5; turn++) await nextTurn();
    const stopped = first.runner.stop();
    const beforeCrash = [...destination.written];
    destination.written.length = 0;
    await using second = openScene(
      { connections: 2, chunkBytes: 2_000 },
      { source, destination, journal: new MemoryJournal(loads) },
    );
    // Whoever wanted the load asks again where the journal does not know of it.
    await second.runner.start(loads.length === 0 ? [orders] : []);
    await second.runner.idle();
    const all = new Set([...beforeCrash, ...destination.written]);
    expect(ascending([...all])).toEqual(upTo(6_500));
    const repeated = destination.written.filter((key) => beforeCrash.includes(key));
    expect(Math.min(...repeated, Infinity)).toBeGreaterThan(Number(loads[0]?.after?.[0] ?? 0));
    expect(second.runner.status()).toMatchObject([{ state: "done", rows: 6_500 }]);
    dead.reject(new TailraceError("STATE_UNWRITABLE", "dead"));
    await stopped;
    if (isDone) break;
  }
});

test("a table without rows and one that is gone are done", async () => {
  await using scene = openScene();
  scene.source.fill("orders", 0);
  await scene.runner.start([orders, newLoad({ ...orders, table: "gone" })]);
  await scene.runner.idle();
  expect(scene.runner.status()).toMatchObject([
    { table: "orders", state: "done", rows: 0 },
    { table: "gone", state: "done", rows: 0 },
  ]);
  expect(scene.logged.filter(({ level }) => level === "warn")).toMatchObject([
    { message: "a table that was to be loaded does not exist", fields: { table: "shop.gone" } },
  ]);
});

test("a failure that may pass is tried again over another connection, and shown", async () => {
  await using scene = openScene({ connections: 1, chunkBytes: 10_000 });
  scene.source.fill("orders", 250);
  let failures = 3;
  const shown: unknown[] = [];
  scene.source.onStep = ({ kind }) => {
    if (kind !== "read" || failures === 0) return;
    failures -= 1;
    throw new TailraceError("SOURCE_UNREACHABLE", "lost");
  };
  scene.destination.onWrite = () => {
    shown.push(scene.runner.status()[0]!.waitsFor);
    if (shown.length === 2) throw new TailraceError("SNAPSHOT_LATE", "late");
  };
  await scene.runner.start([orders]);
  await scene.runner.idle();
  expect(shown[0]).toBe("trying again: SOURCE_UNREACHABLE: lost");
  expect(ascending(scene.destination.written)).toEqual(upTo(250));
  expect(scene.destination.discarded).toBe(3);
  expect(scene.clock.slept.slice(0, 3)).toEqual([75, 150, 300]);
  const warned = scene.logged.filter(({ level }) => level === "warn");
  expect(warned.every(({ message }) => message === "trying again to load a chunk")).toBe(true);
  expect(scene.source.steps.filter(({ kind }) => kind === "open")).toHaveLength(4);
});

test("a source that cannot be reached is tried for ever; one that refuses us fails the loads", async () => {
  await using scene = openScene({ connections: 1 });
  scene.source.fill("orders", 5);
  let failures = 8;
  scene.source.onStep = ({ kind }) => {
    if (kind === "open" && failures-- > 0) throw new TailraceError("SOURCE_UNREACHABLE", "away");
  };
  await scene.runner.start([orders]);
  await scene.runner.idle();
  expect(scene.destination.written).toEqual(upTo(5));
  expect(scene.logged.filter(({ level }) => level === "error").length).toBe(3);

  await using refused = openScene({ connections: 2 });
  refused.source.onStep = () => {
    throw new TailraceError("SOURCE_ACCESS_DENIED", "no SELECT");
  };
  await refused.runner.start([orders, newLoad({ ...orders, table: "b" })]);
  await refused.runner.idle();
  expect(refused.runner.status()).toMatchObject([
    { state: "failed", error: "SOURCE_ACCESS_DENIED: no SELECT" },
    { state: "failed" },
  ]);
});

test("a changed definition is described again; with another key the load begins anew", async () => {
  await using scene = openScene({ connections: 1, chunkBytes: 10_000 });
  scene.source.fill("orders", 4_500);
  scene.source.rowBytes = 10;
  let reads = 0;
  scene.source.onStep = ({ kind }) => {
    if (kind !== "read") return;
    reads += 1;
    if (reads === 2) throw new TailraceError("SNAPSHOT_ROW_CHANGED", "a column is new");
    if (reads === 4) {
      scene.source.key = ["tenant", "id"];
      throw new TailraceError("SNAPSHOT_ROW_CHANGED", "the key is another one");
    }
  };
  await scene.runner.start([orders]);
  await scene.runner.idle();
  const described = scene.source.steps.filter(({ kind }) => kind === "describe");
  expect(described).toHaveLength(3);
  expect(scene.journal.loads).toMatchObject([
    { state: "done", key: ["tenant", "id"], rows: 4_500, after: ["4500"] },
  ]);
  expect(new Set(scene.destination.written).size).toBe(4_500);
  expect(scene.destination.written.length).toBe(6_500);
});

test("a journal that fails for a while holds nothing up; one that refuses fails the load", async () => {
  await using scene = openScene({ connections: 1, chunkBytes: 10_000 });
  scene.source.fill("orders", 1_000);
  let puts = 0;
  scene.journal.onPut = () => {
    puts += 1;
    if (puts > 2 && puts < 6) throw new TailraceError("STATE_UNWRITABLE", "disk full");
  };
  await scene.runner.start([orders]);
  await scene.runner.idle();
  expect(scene.journal.loads).toMatchObject([{ state: "done", rows: 1_000 }]);
  expect(scene.logged.filter(({ level }) => level === "warn")).toHaveLength(3);

  await using foreign = openScene();
  foreign.source.fill("orders", 1_000);
  foreign.journal.onPut = () => {
    throw new TailraceError("STATE_FOREIGN", "another process");
  };
  await foreign.runner.start([orders]);
  await foreign.runner.idle();
  expect(foreign.runner.status()).toMatchObject([{ state: "failed" }]);
  expect(foreign.destination.opened).toBe(0);
});

test("what a destination refuses to open fails its load", async () => {
  await using scene = openScene({
    destination: {
      open: () => {
        throw new TailraceError("SNAPSHOT_UNVERSIONED", "upsert");
      },
    },
  });
  scene.source.fill("orders", 5);
  await scene.runner.start([orders]);
  await scene.runner.idle();
  expect(scene.runner.status()).toMatchObject([{ state: "failed" }]);
});

test("a key that is ordered otherwise since makes a load begin anew, also over a restart", async () => {
  const source = new FakeSource();
  source.fill("orders", 100);
  const running = {
    ...orders,
    state: "running",
    key: ["id"],
    after: ["50"],
    upTo: ["100"],
    rows: 50,
  } as const;
  const journal = new MemoryJournal([{ ...running, keyOrder: "another" }]);
  await using scene = openScene({}, { source, journal });
  await scene.runner.start([]);
  await scene.runner.idle();
  expect(ascending(scene.destination.written)).toEqual(upTo(100));
  expect(scene.logged.find(({ level }) => level === "warn")?.message).toMatch(/begins anew/);
});

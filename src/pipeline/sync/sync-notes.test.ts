import { expect, test } from "vitest";
import type { TableGap } from "../../core/checkpoint.ts";
import type { SyncState, SyncStateStore } from "../../core/sync-state.ts";
import { SyncNotes } from "./sync-notes.ts";

const orders = { database: "shop", table: "orders" };
const gap = (position: number, code = "BINLOG_STATEMENT"): TableGap => ({
  ...orders,
  code,
  file: "orders-0",
  position,
});

/** A shared state that several instances change, and the notes of one of them. */
function openShared(gaps: readonly TableGap[] = []) {
  let now = 0;
  let state: SyncState = {
    format: 1,
    pipeline: "p",
    group: "g",
    fingerprint: "f",
    generation: 0,
    topics: {},
    gaps,
    savedAt: "",
  };
  let writes = 0;
  const store: SyncStateStore = {
    load: () => Promise.resolve(state),
    update: (change) => {
      const next = change(state);
      if (next !== null && next !== state) {
        state = next;
        writes += 1;
      }
      return Promise.resolve(next);
    },
  };
  const clock = { now: () => now, sleep: () => Promise.resolve(), random: () => 0 };
  return {
    notes: () => new SyncNotes(store, state, clock),
    gaps: () => state.gaps,
    writes: () => writes,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

test("gaps of all instances are in the shared state", async () => {
  const shared = openShared();
  const [a, b] = [shared.notes(), shared.notes()];
  a.addGap(gap(1));
  b.addGap(gap(2, "SCHEMA_MISMATCH"));
  await a.save();
  await b.save();
  expect(shared.gaps()).toEqual([gap(1), gap(2, "SCHEMA_MISMATCH")]);
  expect(b.gaps).toEqual(shared.gaps());
  await a.save();
  expect(shared.writes()).toBe(2);
});

test("cleared gaps stay cleared, and one that comes again is noted again", async () => {
  const shared = openShared([gap(1)]);
  const [a, b] = [shared.notes(), shared.notes()];
  expect(a.clearGaps(orders)).toEqual([gap(1)]);
  expect(a.gaps).toEqual([]);
  await a.save();
  expect(shared.gaps()).toEqual([]);
  // the other instance has other things to note
  b.stamp("g");
  await b.save();
  expect(shared.gaps()).toEqual([]);
  expect(b.hasGap(gap(5))).toBe(false);
  b.addGap(gap(5));
  await b.save();
  expect(shared.gaps()).toEqual([gap(5)]);
});

test("what another process has cleared is known within half a minute", async () => {
  const shared = openShared([gap(1)]);
  const [a, b] = [shared.notes(), shared.notes()];
  a.clearGaps(orders);
  await a.save();
  await b.save();
  expect(b.gaps).toEqual([gap(1)]);
  shared.pass(30_000);
  await b.save();
  expect(b.gaps).toEqual([]);
});

test("a gap that was noted since the clearing began is kept", async () => {
  const shared = openShared([gap(1)]);
  const [a, b] = [shared.notes(), shared.notes()];
  a.clearGaps(orders);
  b.clearGaps(orders);
  await b.save();
  b.addGap(gap(7));
  await b.save();
  await a.save();
  expect(shared.gaps()).toEqual([gap(7)]);
});

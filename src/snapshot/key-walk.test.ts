import fc from "fast-check";
import { expect, test } from "vitest";
import { FakeSource } from "../../test/snapshot/fakes.ts";
import { KeyWalk, type WalkedChunk } from "./key-walk.ts";

const AHEAD = 5;

async function openWalk(upTo: number) {
  const source = new FakeSource();
  source.fill("orders", upTo);
  const reader = await source.openReader();
  const table = (await reader.describe("shop", "orders"))!;
  const walk = new KeyWalk(table, { after: null, upTo: [String(upTo)] }, AHEAD);
  return { source, reader, walk };
}

test("whatever chunks are cut, finished and given back, progress has no hole and everything is read in the end", async () => {
  const step = fc.tuple(
    fc.constantFrom("next", "finish", "giveBack", "insert", "delete"),
    fc.nat({ max: 30 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { source, reader, walk } = await openWalk(40);
      const keys = source.tables.get("orders")!;
      const held: WalkedChunk[] = [];
      const finished = new Set<number>();
      let [after, rows] = [0, 0];
      const finish = (chunk: WalkedChunk): void => {
        const found = source.find("orders", chunk.range);
        for (const key of found) finished.add(key);
        const progress = walk.finish(chunk, found.length);
        if (progress === null) return;
        expect(Number(progress.after[0])).toBeGreaterThan(after);
        after = Number(progress.after[0]);
        rows += progress.rows;
      };
      for (const [kind, number] of steps) {
        if (kind === "next") {
          const chunk = await walk.next(reader, 1 + (number % 7));
          if (chunk !== null) held.push(chunk);
        } else if (kind === "insert") keys.push(number + 0.5);
        else if (kind === "delete") keys.splice(number % keys.length, 1);
        else if (held.length > 0) {
          const [chunk] = held.splice(number % held.length, 1);
          if (kind === "finish") finish(chunk!);
          else walk.giveBack(chunk!);
        }
        expect(held.length).toBeLessThanOrEqual(AHEAD);
      }
      // What was there before all chunks were finished, and is there still, was in one.
      const stable = keys.filter((key) => Number.isInteger(key));
      while (!walk.isDone) {
        const chunk = held.pop() ?? (await walk.next(reader, 3));
        finish(chunk!);
      }
      expect(after).toBe(40);
      expect(stable.filter((key) => !finished.has(key))).toEqual([]);
      expect(rows).toBeGreaterThanOrEqual(stable.length);
      expect(walk.hasNext).toBe(false);
    }),
    { numRuns: 300 },
  );
});

test("two connections never get the same keys", async () => {
  const { reader, walk } = await openWalk(10);
  const [first, second] = await Promise.all([walk.next(reader, 4), walk.next(reader, 4)]);
  expect(first?.range).toEqual({ after: null, upTo: ["4"] });
  expect(second).toBeNull();
  expect((await walk.next(reader, 4))?.range).toEqual({ after: ["4"], upTo: ["8"] });
});

test("keys that are given back are cut anew, in smaller parts when asked for", async () => {
  const { reader, walk } = await openWalk(10);
  const first = (await walk.next(reader, 4))!;
  const second = (await walk.next(reader, 4))!;
  walk.giveBack(first);
  expect((await walk.next(reader, 2))?.range).toEqual({ after: null, upTo: ["2"] });
  expect((await walk.next(reader, 9))?.range).toEqual({ after: ["2"], upTo: ["4"] });
  expect(walk.has(first)).toBe(false);
  expect(walk.finish(first, 4)).toBeNull();
  expect(walk.finish(second, 4)).toBeNull();
  expect((await walk.next(reader, 9))?.range).toEqual({ after: ["8"], upTo: ["10"] });
});

test("a bound that fails leaves the keys to be cut", async () => {
  const { source, reader, walk } = await openWalk(10);
  source.onStep = () => {
    throw new Error("lost");
  };
  await expect(walk.next(reader, 4)).rejects.toThrow("lost");
  expect(walk.hasNext).toBe(true);
});

test("a bound that does not move on is an error, not a loop", async () => {
  const { reader, walk } = await openWalk(10);
  await walk.next(reader, 4);
  reader.keyAfter = async () => ["4"];
  await expect(walk.next(reader, 4)).rejects.toMatchObject({ code: "SNAPSHOT_KEY_UNUSABLE" });
});

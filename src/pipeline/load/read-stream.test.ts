import { expect, test } from "vitest";
import type { ChangeEvent } from "../../core/change-event.ts";
import type { LogPlace } from "../../core/checkpoint.ts";
import { TailraceError } from "../../core/errors.ts";
import type { Chunk } from "../../core/load.ts";
import { ChunkQueue } from "./chunk-queue.ts";
import { ReadStream } from "./read-stream.ts";
import { type Window, Windows } from "./windows.ts";

const FILE = "binlog.000001";
const at = (position: number): LogPlace => ({ file: FILE, position });

function chunk(low: number, high: number, buffers = 1): Chunk {
  return {
    table: { schema: { database: "shop", table: "orders", columns: [], primaryKey: [] } } as never,
    buffers: Array.from({ length: buffers }, (_, i) => Buffer.from(`rows ${i}`)),
    rows: buffers,
    bytes: 6 * buffers,
    low: at(low),
    high: at(high),
  };
}

/** A stream whose events a test puts in, merged with chunks, pulled as the pump does. */
function openScene() {
  const events: ChangeEvent[] = [];
  let passed: LogPlace | null = null;
  let wake: (() => void) | null = null;
  let failure: Error | null = null;
  let closed = 0;
  const windows = new Windows();
  const queue = new ChunkQueue({
    epoch: 1,
    onOffer: () => stream.wake(),
    close: (window) => windows.close(window),
    closed: () => closed,
  });
  const stream = new ReadStream({
    stream: {
      get passed() {
        return passed;
      },
      poll: () => {
        const event = events.shift() ?? null;
        if (event?.kind === "commit") passed = event.position;
        return event;
      },
      wait: () =>
        new Promise((resolve, reject) => {
          wake = () => (failure === null ? resolve() : reject(failure));
        }),
      [Symbol.asyncDispose]: async () => wake?.(),
    },
    reads: queue,
    onEvent: () => {},
    onClose: () => queue.end(new TailraceError("SNAPSHOT_OVERTAKEN", "closed")),
  });
  const rows = { kind: "rows" } as ChangeEvent;
  return {
    queue,
    windows,
    stream,
    open: (): Window => windows.open({ database: "shop", table: "orders", rules: ["orders"] }),
    begin: () => {
      events.push(rows);
      wake?.();
    },
    commit: (position: number) => {
      events.push(rows, { kind: "commit", position: at(position), commitTimeUs: 0 });
      wake?.();
    },
    fail: (error: Error) => {
      failure = error;
      wake?.();
    },
    /** What is there now. */
    pull: (taken = 0) => {
      const pulled: string[] = [];
      for (let event = stream.poll(); event !== null; event = stream.poll()) {
        if (event.kind === "read") event.onTaken(taken);
        pulled.push(event.kind === "read" ? String(event.bytes) : event.kind);
      }
      return pulled;
    },
    close: (count: number) => {
      closed = count;
      queue.acknowledge(count);
    },
  };
}

test("a chunk comes when the stream has passed its high watermark, between two transactions", async () => {
  const scene = openScene();
  scene.commit(100);
  scene.pull();
  const written = scene.queue.offer(chunk(100, 200), scene.open());
  scene.begin();
  expect(scene.pull()).toEqual(["rows"]);
  scene.commit(200);
  expect(scene.pull()).toEqual(["rows", "commit", "rows 0"]);
  scene.close(0);
  await written;
  expect(scene.windows.isAnyOpen).toBe(false);
});

test("the stream is asked between two buffers of a chunk", () => {
  const scene = openScene();
  scene.commit(100);
  scene.pull();
  void scene.queue.offer(chunk(50, 100, 3), scene.open());
  scene.commit(200);
  scene.commit(300);
  // the first buffer was ready before the transaction
  expect(scene.pull()).toEqual(["rows 0", "rows", "commit", "rows 1", "rows", "commit", "rows 2"]);
});

test("rows have the version of the low watermark", () => {
  const scene = openScene();
  scene.commit(100);
  scene.pull();
  void scene.queue.offer(chunk(77, 100), scene.open());
  const event = scene.stream.poll();
  expect(event).toMatchObject({ versionHigh: (1 << 23) | (1 << 3), versionLow: 77 });
});

test("a chunk is done when the actions until its end are closed, not before", async () => {
  const scene = openScene();
  scene.commit(100);
  scene.pull();
  let isDone = false;
  const written = scene.queue.offer(chunk(50, 100), scene.open()).then(() => {
    isDone = true;
  });
  scene.pull(10);
  scene.close(9);
  await Promise.resolve();
  await Promise.resolve();
  expect(isDone).toBe(false);
  scene.close(10);
  await written;
});

test("a chunk wakes up a stream that is idle", async () => {
  const scene = openScene();
  scene.commit(100);
  scene.pull();
  const waiting = scene.stream.wait();
  void scene.queue.offer(chunk(50, 100), scene.open());
  await waiting;
  expect(scene.pull()).toEqual(["rows 0"]);
  // the stream's own wait is still under way, and wakes up as ever
  const again = scene.stream.wait();
  scene.commit(200);
  await again;
  expect(scene.pull()).toEqual(["rows", "commit"]);
});

test("a chunk whose window is lost is rejected and not handed out any more", async () => {
  const scene = openScene();
  scene.commit(100);
  scene.pull();
  const window = scene.open();
  const written = scene.queue.offer(chunk(50, 100, 2), window);
  expect(scene.stream.poll()?.kind).toBe("read");
  window.lose(new TailraceError("SNAPSHOT_OVERTAKEN", "truncated"));
  await expect(written).rejects.toThrow("truncated");
  expect(scene.pull()).toEqual([]);
});

test("a chunk without rows is done at once", async () => {
  const scene = openScene();
  await scene.queue.offer(chunk(50, 100, 0), scene.open());
  expect(scene.windows.isAnyOpen).toBe(false);
});

test("a failure of the stream reaches whoever waits, and stays", async () => {
  const scene = openScene();
  const waiting = scene.stream.wait();
  scene.fail(new Error("gone"));
  await expect(waiting).rejects.toThrow("gone");
  expect(scene.stream.poll()).toBeNull();
  await expect(scene.stream.wait()).rejects.toThrow("gone");
});

test("closing wakes up who waits and rejects the chunks that were not taken; one that was may still be closed", async () => {
  const scene = openScene();
  scene.commit(100);
  scene.pull();
  const taken = scene.queue.offer(chunk(50, 100), scene.open());
  scene.pull(5);
  const left = scene.queue.offer(chunk(50, 900), scene.open());
  const waiting = scene.stream.wait();
  await scene.stream[Symbol.asyncDispose]();
  await waiting;
  await expect(left).rejects.toThrow("closed");
  await expect(scene.queue.offer(chunk(50, 100), scene.open())).rejects.toThrow("closed");
  expect(scene.windows.isAnyOpen).toBe(false);
  scene.close(5);
  await taken;
});

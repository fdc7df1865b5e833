import { expect, test } from "vitest";
import { openFakeBulkServer } from "../../test/sink/fake-bulk-server.ts";
import { openTestSink, remove, write } from "../../test/sink/sink-context.ts";
import { until } from "../../test/support/until.ts";

test("documents are written and deleted with their versions", async () => {
  await using server = await openFakeBulkServer();
  await using context = await openTestSink(server.url);
  const { sink } = context;
  const orders = sink.target({ index: "orders", write: "whole" });
  const version = (3n << 56n) | (7n << 35n) | 1234567n;
  await write(sink, orders, { id: "1", version, document: { id: 1, name: "Zoë" } });
  await write(sink, orders, { id: "2", version, document: { id: 2 } });
  await remove(sink, orders, { id: "3", version: 2n ** 63n - 2n });
  await sink.drain();
  expect(server.documents).toEqual(
    new Map([
      ["orders/1", { version, source: { id: 1, name: "Zoë" } }],
      ["orders/2", { version, source: { id: 2 } }],
      ["orders/3", { version: 2n ** 63n - 2n, source: null }],
    ]),
  );
  expect(sink.taken).toBe(3);
  expect(sink.closed).toBe(3);
  expect(sink.stats()).toMatchObject({ applied: 3, conflicts: 0, rejected: 0, waitingFor: null });
});

test("an older version is a conflict, which closes the action", async () => {
  await using server = await openFakeBulkServer();
  await using context = await openTestSink(server.url);
  const { sink } = context;
  const orders = sink.target({ index: "orders", write: "whole" });
  await write(sink, orders, { id: "1", version: 9n, document: { v: 9 } });
  await sink.drain();
  await write(sink, orders, { id: "1", version: 8n, document: { v: 8 } });
  await write(sink, orders, { id: "1", version: 9n, document: { v: 9 } });
  await sink.drain();
  expect(server.documents.get("orders/1")).toEqual({ version: 9n, source: { v: 9 } });
  expect(sink.closed).toBe(3);
  expect(sink.stats()).toMatchObject({ applied: 1 + 1, conflicts: 0, collapsed: 1 });
});

test("within a batch the last write of a document replaces those before, a delete too", async () => {
  await using server = await openFakeBulkServer();
  await using context = await openTestSink(server.url, { lanes: 1 });
  const { sink } = context;
  const orders = sink.target({ index: "orders", write: "whole" });
  const items = sink.target({ index: "items", write: "whole" });
  for (let i = 1; i <= 5; i++) {
    await write(sink, orders, { id: "1", version: BigInt(i), document: { v: i } });
    await write(sink, items, { id: "1", version: BigInt(i), document: { item: i } });
    await write(sink, orders, { id: `other ${i}`, version: BigInt(i), document: {} });
  }
  await remove(sink, items, { id: "1", version: 6n });
  await sink.drain();
  expect(server.requests).toHaveLength(1);
  const sent = server.requests[0]!.actions.map(({ operation, index, id }) => [
    operation,
    index,
    id,
  ]);
  expect(sent).toEqual([
    ["index", "orders", "other 1"],
    ["index", "orders", "other 2"],
    ["index", "orders", "other 3"],
    ["index", "orders", "other 4"],
    ["index", "orders", "1"],
    ["index", "orders", "other 5"],
    ["delete", "items", "1"],
  ]);
  expect(server.documents.get("orders/1")?.source).toEqual({ v: 5 });
  expect(server.documents.get("items/1")?.source).toBeNull();
  expect(sink.stats().collapsed).toBe(9);
  expect(sink.closed).toBe(16);
});

test("an older write does not replace a newer one in the same batch", async () => {
  await using server = await openFakeBulkServer();
  await using context = await openTestSink(server.url);
  const { sink } = context;
  const orders = sink.target({ index: "orders", write: "whole" });
  const high = 2n ** 40n;
  await write(sink, orders, { id: "1", version: high, document: { v: "stream" } });
  await write(sink, orders, { id: "1", version: high - 2n ** 33n, document: { v: "snapshot" } });
  await sink.drain();
  expect(server.documents.get("orders/1")?.source).toEqual({ v: "stream" });
  expect(sink.stats()).toMatchObject({ applied: 1, conflicts: 1, collapsed: 0 });
});

test("upserts merge fields, keep their order and are not collapsed", async () => {
  await using server = await openFakeBulkServer();
  await using context = await openTestSink(server.url);
  const { sink } = context;
  const target = sink.target({ index: "customers", write: "merge" });
  const action = (document: object) => ({ id: "1", version: 5n, document });
  await write(sink, target, action({ name: "a" }));
  await write(sink, target, action({ points: 1 }));
  await remove(sink, target, { id: "1", version: 6n });
  await write(sink, target, action({ points: 2 }));
  await write(sink, target, action({ points: 3 }));
  await sink.drain();
  const [request] = server.requests;
  expect(request!.actions.map(({ operation, version }) => [operation, version])).toEqual([
    ["update", null],
    ["update", null],
    ["delete", null],
    ["update", null],
    ["update", null],
  ]);
  expect(server.documents.get("customers/1")?.source).toEqual({ points: 3 });
});

test("a target is one object for the same arguments", async () => {
  await using server = await openFakeBulkServer();
  await using context = await openTestSink(server.url);
  const { sink } = context;
  expect(sink.target({ index: "a", write: "whole" })).toBe(
    sink.target({ index: "a", write: "whole" }),
  );
  expect(sink.target({ index: "a", write: "merge" })).not.toBe(
    sink.target({ index: "a", write: "whole" }),
  );
});

test("an id over 512 bytes is replaced by its hash, an escaped one is measured unescaped", async () => {
  await using server = await openFakeBulkServer();
  await using context = await openTestSink(server.url);
  const { sink } = context;
  const target = sink.target({ index: "t", write: "whole" });
  const ids = ["é".repeat(256), "é".repeat(257), '"'.repeat(512), '\u0001"\\ü'];
  for (const id of ids) await write(sink, target, { id, version: 1n, document: { id } });
  await sink.drain();
  const stored = new Map([...server.documents].map(([key, one]) => [one.source!["id"], key]));
  expect(stored.get(ids[0])).toBe(`t/${ids[0]}`);
  expect(stored.get(ids[1])).toMatch(/^t\/sha256:[0-9a-f]{64}$/);
  expect(stored.get(ids[2])).toBe(`t/${ids[2]}`);
  expect(stored.get(ids[3])).toBe(`t/${ids[3]}`);
});

test("an action that is opened and not finished leaves no trace", async () => {
  await using server = await openFakeBulkServer();
  await using context = await openTestSink(server.url, { lanes: 1 });
  const { sink } = context;
  const target = sink.target({ index: "t", write: "whole" });
  await write(sink, target, { id: "1", version: 1n, document: { v: 1 } });
  sink.writer.begin(target, 0, 2);
  const slot = sink.writer.index(sink.writer.id.write("1"), 100)!;
  slot.bytes.write('{"broken":', slot.length);
  await write(sink, target, { id: "2", version: 3n, document: { v: 2 } });
  await sink.drain();
  expect(sink.taken).toBe(2);
  expect(server.documents.get("t/1")).toEqual({ version: 1n, source: { v: 1 } });
  expect(server.documents.get("t/2")).toEqual({ version: 3n, source: { v: 2 } });
});

test("batches close at max_actions and at max_bytes, and an action larger than a batch is taken", async () => {
  await using server = await openFakeBulkServer();
  await using context = await openTestSink(server.url, {
    lanes: 1,
    maxActions: 10,
    maxBytes: 16 * 1024,
  });
  const { sink } = context;
  const target = sink.target({ index: "t", write: "whole" });
  for (let i = 0; i < 35; i++) {
    await write(sink, target, { id: `${i}`, version: 1n, document: { i } });
  }
  await sink.drain();
  expect(Math.max(...server.requests.map((request) => request.actions.length))).toBe(10);
  const text = "x".repeat(1_000_000);
  await write(sink, target, { id: "small", version: 1n, document: {} });
  await write(sink, target, { id: "large", version: 1n, document: { text } });
  for (let i = 0; i < 20; i++) {
    const document = { text: "y".repeat(5000) };
    await write(sink, target, { id: `medium ${i}`, version: 1n, document });
  }
  await sink.drain();
  expect(server.documents.get("t/large")?.source).toEqual({ text });
  expect(server.documents.size).toBe(35 + 2 + 20);
  const sizes = server.requests.filter((request) => request.bytes < 1_000_000);
  expect(Math.max(...sizes.map((request) => request.bytes))).toBeLessThan(16 * 1024 + 6000);
});

test("a lane without room refuses, and room() resolves when its request is done", async () => {
  await using server = await openFakeBulkServer();
  let release = (): void => undefined;
  const held = new Promise<null>((resolve) => {
    release = () => resolve(null);
  });
  server.onBulk = () => held;
  await using context = await openTestSink(server.url, { lanes: 1, maxActions: 2 });
  const { sink } = context;
  const target = sink.target({ index: "t", write: "whole" });
  const { writer } = sink;
  let accepted = 0;
  writer.begin(target, 0, 1);
  for (; accepted < 10; accepted++) {
    const slot = writer.index(writer.id.write(`${accepted}`), 10);
    if (slot === null) break;
    slot.bytes.write("{}", slot.length);
    writer.finish(slot, slot.length + 2);
  }
  expect(accepted).toBe(4);
  expect(writer.delete(writer.id.write("0"))).toBe(false);
  let hasRoom = false;
  const room = sink.room().then(() => {
    hasRoom = true;
  });
  await until("the request", () => server.requests.length === 1);
  expect(hasRoom).toBe(false);
  release();
  await room;
  await sink.drain();
  expect(sink.closed).toBe(4);
});

test("closed is the contiguous prefix over all lanes", async () => {
  await using server = await openFakeBulkServer();
  const holds: (() => void)[] = [];
  server.onBulk = () =>
    new Promise((resolve) => {
      holds.push(() => resolve(null));
    });
  await using context = await openTestSink(server.url, { lanes: 2 });
  const { sink } = context;
  const target = sink.target({ index: "t", write: "whole" });
  await write(sink, target, { id: "first", version: 1n, document: {} });
  sink.kick();
  await until("the first request", () => holds.length === 1);
  for (let i = 0; i < 10; i++) {
    await write(sink, target, { id: `${i}`, version: 1n, document: {} });
  }
  sink.kick();
  await until("the other lane's request", () => holds.length === 2);
  holds[1]!();
  await until("its effect", () => server.documents.size > 0 && sink.stats().applied > 0);
  expect(sink.closed).toBe(0);
  expect(context.closed).toEqual([]);
  server.onBulk = () => null;
  holds[0]!();
  await sink.drain();
  expect(sink.closed).toBe(11);
  expect(context.closed.at(-1)).toBe(11);
});

test("what nobody kicks is sent after flush_interval", async () => {
  await using server = await openFakeBulkServer();
  const { promise, resolve } = Promise.withResolvers<void>();
  await using context = await openTestSink(server.url, { flushIntervalMs: 200 }, () => resolve());
  const { sink } = context;
  await write(sink, sink.target({ index: "t", write: "whole" }), {
    id: "1",
    version: 1n,
    document: {},
  });
  await promise;
  expect(sink.closed).toBe(1);
});

test("a kick sends what an idle lane holds", async () => {
  await using server = await openFakeBulkServer();
  const { promise, resolve } = Promise.withResolvers<void>();
  const options = { flushIntervalMs: 1e9 };
  await using context = await openTestSink(server.url, options, () => resolve());
  const { sink } = context;
  await write(sink, sink.target({ index: "t", write: "whole" }), {
    id: "1",
    version: 1n,
    document: {},
  });
  sink.kick();
  await promise;
  expect(sink.closed).toBe(1);
});

test("a sink that is abandoned breaks off its request, sends nothing more and says why to who waits", async () => {
  await using server = await openFakeBulkServer();
  await using context = await openTestSink(server.url, { lanes: 1 });
  const { sink } = context;
  const orders = sink.target({ index: "orders", write: "whole" });
  const answer = Promise.withResolvers<null>();
  server.onBulk = () => answer.promise;
  await write(sink, orders, { id: "1", version: 1n, document: { v: 1 } });
  sink.kick();
  await until("the request is in flight", () => server.requests.length === 1);
  await write(sink, orders, { id: "2", version: 1n, document: { v: 2 } });
  const drained = sink.drain();
  const reason = new Error("lost");
  await Promise.all([sink.abandon(reason), expect(drained).rejects.toThrow("lost")]);
  answer.resolve(null);
  await expect(sink.drain()).rejects.toThrow("lost");
  await expect(sink.room()).rejects.toThrow("lost");
  sink.kick();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(server.requests).toHaveLength(1);
  expect(sink.closed).toBe(0);
  expect(context.fatal).toEqual([]);
});

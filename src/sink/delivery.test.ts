import { describe, expect, test } from "vitest";
import { TailraceError } from "../core/errors.ts";
import {
  openFakeBulkServer,
  type Fault,
  type ItemFault,
} from "../../test/sink/fake-bulk-server.ts";
import { openTestSink, remove, write } from "../../test/sink/sink-context.ts";
import { until } from "../../test/support/until.ts";

const WHOLE = { index: "t", write: "whole" } as const;

const BUSY: ItemFault = { status: 429, type: "es_rejected_execution_exception" };
const UNPARSABLE: ItemFault = {
  status: 400,
  type: "document_parsing_exception",
  reason: "failed to parse field [a]",
};

/** Fails the first requests as listed, then none. */
function inTurn(...faults: readonly (Fault | null)[]): () => Fault | null {
  const left = [...faults];
  return () => left.shift() ?? null;
}

const failed = (status: number, body = "{}"): Fault => ({ kind: "answer", status, body });

describe("a whole request is repeated until it is applied", () => {
  const cases: readonly [string, readonly Fault[]][] = [
    ["503 and 429", [failed(503), failed(429), failed(502, "<html>Bad Gateway</html>")]],
    ["a proxy's page with status 200", [failed(200, "<html>maintenance</html>")]],
    ["a body that lacks items", [failed(200, '{"errors":true,"items":[]}')]],
    ["a redirect", [failed(302, "")]],
    ["another service", [failed(404, "not found"), failed(200, '{"ok":true}')]],
    ["a connection that breaks before", [{ kind: "drop", applied: false }]],
    ["a connection that breaks after", [{ kind: "drop", applied: true }]],
    ["an answer that is cut", [{ kind: "cut" }]],
    ["an answer that never comes", [{ kind: "silence" }]],
  ];
  test.each(cases)("%s", async (_name, faults) => {
    await using server = await openFakeBulkServer();
    server.onBulk = inTurn(...faults);
    await using context = await openTestSink(server.url, { requestTimeoutMs: 300 });
    const { sink } = context;
    const target = sink.target(WHOLE);
    await write(sink, target, { id: "1", version: 1n, document: { a: 1 } });
    await sink.drain();
    expect(server.documents.get("t/1")?.source).toEqual({ a: 1 });
    expect(server.requests).toHaveLength(faults.length + 1);
    expect(sink.stats()).toMatchObject({ applied: 1, retries: faults.length, waitingFor: null });
    expect(context.letters).toEqual([]);
  });
});

test("a server that is not there is waited for, visibly", async () => {
  const server = await openFakeBulkServer();
  const { url } = server;
  await server[Symbol.asyncDispose]();
  await using context = await openTestSink(url);
  const { sink } = context;
  await write(sink, sink.target(WHOLE), { id: "1", version: 1n, document: {} });
  sink.kick();
  await until("many tries", () => context.log.some(({ level }) => level === "error"));
  expect(sink.stats().waitingFor).toMatch(/^http:\/\/127.0.0.1:\d+: ECONNREFUSED.*, try \d+$/);
  expect(sink.closed).toBe(0);
  expect(context.log[0]!.level).toBe("debug");
});

test("another host is used when one fails", async () => {
  const gone = await openFakeBulkServer();
  await gone[Symbol.asyncDispose]();
  await using busy = await openFakeBulkServer();
  busy.onBulk = () => failed(503);
  await using server = await openFakeBulkServer();
  await using context = await openTestSink([gone.url, busy.url, server.url]);
  const { sink } = context;
  const target = sink.target(WHOLE);
  for (let i = 0; i < 20; i++) await write(sink, target, { id: `${i}`, version: 1n, document: {} });
  await sink.drain();
  expect(server.documents.size).toBe(20);
});

test("only refused items are sent again, before anything newer", async () => {
  await using server = await openFakeBulkServer();
  server.onBulk = inTurn(
    { kind: "items", fault: (action) => (action.id === "2" ? BUSY : null) },
    { kind: "items", fault: () => BUSY },
  );
  await using context = await openTestSink(server.url, { lanes: 1 });
  const { sink } = context;
  const target = sink.target(WHOLE);
  const version = 1n;
  for (const id of ["1", "2", "3"]) await write(sink, target, { id, version, document: {} });
  sink.kick();
  await until("the first request", () => server.requests.length > 0);
  await write(sink, target, { id: "4", version, document: {} });
  await sink.drain();
  const sent = server.requests.map(({ actions }) => actions.map(({ id }) => id).join());
  expect(sent).toEqual(["1,2,3", "2", "2", "4"]);
  expect(sink.stats()).toMatchObject({ applied: 4, retries: 2 });
});

test("what follows a refused upsert of the same document is sent again after it", async () => {
  await using server = await openFakeBulkServer();
  let count = 0;
  server.onBulk = inTurn({ kind: "items", fault: () => (++count === 2 ? BUSY : null) });
  await using context = await openTestSink(server.url, { lanes: 1 });
  const { sink } = context;
  const target = sink.target({ index: "t", write: "merge" });
  const put = (id: string, v: number) => write(sink, target, { id, version: 1n, document: { v } });
  await put("1", 1);
  await put("1", 2);
  await put("2", 1);
  await remove(sink, target, { id: "1", version: 1n });
  await put("1", 4);
  await sink.drain();
  const second = server.requests[1]!.actions.map(({ id, operation, source }) => [
    id,
    operation,
    source?.["v"],
  ]);
  expect(second).toEqual([
    ["1", "update", 2],
    ["1", "delete", undefined],
    ["1", "update", 4],
  ]);
  expect(server.documents.get("t/1")?.source).toEqual({ v: 4 });
});

test("a rejected item becomes a dead letter with its error, version and document, digit by digit", async () => {
  await using server = await openFakeBulkServer();
  server.onBulk = inTurn({
    kind: "items",
    fault: ({ id }) => (id === 'b"2' ? UNPARSABLE : null),
  });
  await using context = await openTestSink(server.url);
  const { sink, letters } = context;
  const target = sink.target(WHOLE);
  const document = '{"id":18446744073709551615,"price":1.10,"name":"x"}';
  await write(sink, target, { id: "a", version: 1n, document: {} });
  await write(sink, target, { id: 'b"2', version: 2n ** 60n, document });
  await sink.drain();
  expect(letters).toHaveLength(1);
  expect(letters[0]).toMatchObject({
    pipeline: "test",
    kind: "document",
    code: "DOCUMENT_REJECTED",
    error: { type: "document_parsing_exception", reason: "failed to parse field [a]" },
    index: "t",
    id: 'b"2',
    operation: "index",
    version: String(2n ** 60n),
  });
  expect(JSON.stringify(letters[0]!.document)).toBe(document);
  expect(sink.closed).toBe(2);
  expect(sink.stats()).toMatchObject({ applied: 1, rejected: 1 });
  expect(JSON.stringify(context.log)).not.toContain("failed to parse");
});

test("a race of mappings is sent again, and is a rejection when it does not pass", async () => {
  await using server = await openFakeBulkServer();
  const race: ItemFault = {
    status: 400,
    type: "illegal_argument_exception",
    reason: "mapper [v] cannot be changed from type [long] to [text]",
  };
  server.onBulk = ({ number }) => ({
    kind: "items",
    fault: ({ id }) => (id === "always" || (id === "once" && number === 0) ? race : null),
  });
  await using context = await openTestSink(server.url, { lanes: 1 });
  const { sink } = context;
  const target = sink.target(WHOLE);
  for (const id of ["once", "always", "never"]) {
    await write(sink, target, { id, version: 1n, document: {} });
  }
  await sink.drain();
  expect(context.letters.map(({ id }) => id)).toEqual(["always"]);
  expect([...server.documents.keys()].toSorted()).toEqual(["t/never", "t/once"]);
});

test("the letter of an upsert has its document without the wrapping", async () => {
  await using server = await openFakeBulkServer();
  server.onBulk = inTurn({ kind: "items", fault: () => UNPARSABLE });
  await using context = await openTestSink(server.url);
  const { sink, letters } = context;
  await write(sink, sink.target({ index: "t", write: "merge" }), {
    id: "1",
    version: 1n,
    document: { a: [1] },
  });
  await sink.drain();
  expect(letters[0]).toMatchObject({ operation: "update", document: { a: [1] } });
  expect(letters[0]).not.toHaveProperty("version");
});

test("with on_reject = stop the sink stops at a rejected item and leaves it open", async () => {
  await using server = await openFakeBulkServer();
  server.onBulk = inTurn({ kind: "items", fault: () => UNPARSABLE });
  await using context = await openTestSink(server.url, { onReject: "stop" });
  const { sink } = context;
  await write(sink, sink.target(WHOLE), { id: "1", version: 1n, document: {} });
  await expect(sink.drain()).rejects.toMatchObject({ code: "DOCUMENT_REJECTED" });
  await expect(sink.room()).rejects.toMatchObject({ code: "DOCUMENT_REJECTED" });
  expect(context.fatal).toHaveLength(1);
  expect(sink.closed).toBe(0);
  expect(context.letters).toHaveLength(1);
});

test("dead letters that cannot be stored are tried again, and nothing closes before", async () => {
  await using server = await openFakeBulkServer();
  server.onBulk = inTurn({ kind: "items", fault: () => UNPARSABLE });
  let tries = 0;
  const deadLetters = {
    store: () => {
      tries += 1;
      if (tries === 4) return Promise.resolve();
      return Promise.reject(new TailraceError("STATE_DEAD_LETTERS_UNWRITABLE", "disk full"));
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const openAtTry: number[] = [];
  await using context = await openTestSink(server.url, { deadLetters }, () =>
    openAtTry.push(tries),
  );
  await write(context.sink, context.sink.target(WHOLE), { id: "1", version: 1n, document: {} });
  await context.sink.drain();
  expect(openAtTry).toEqual([4]);
});

test("a request that is too large is halved, and the limit is learnt", async () => {
  await using server = await openFakeBulkServer();
  server.onBulk = ({ bytes }) => (bytes > 100_000 ? failed(413, "<html>") : null);
  await using context = await openTestSink(server.url, { lanes: 1 });
  const { sink } = context;
  const target = sink.target(WHOLE);
  const document = { text: "x".repeat(10_000) };
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 60; i++) {
      await write(sink, target, { id: `${round}.${i}`, version: 1n, document });
    }
  }
  await sink.drain();
  expect(server.documents.size).toBe(120);
  expect(context.letters).toEqual([]);
  const before = server.requests.length;
  for (let i = 0; i < 60; i++) await write(sink, target, { id: `z${i}`, version: 1n, document });
  await sink.drain();
  expect(server.requests.slice(before).every(({ bytes }) => bytes < 120_000)).toBe(true);
  expect(context.log.filter(({ level }) => level === "warn").length).toBeGreaterThan(0);
});

test("one document that is too large alone is a dead letter, its neighbours are written", async () => {
  await using server = await openFakeBulkServer();
  server.onBulk = ({ bytes }) => (bytes > 100_000 ? failed(413) : null);
  await using context = await openTestSink(server.url, { lanes: 1 });
  const { sink } = context;
  const target = sink.target(WHOLE);
  for (let i = 0; i < 9; i++) {
    const document = { text: "x".repeat(i === 4 ? 200_000 : 10) };
    await write(sink, target, { id: `${i}`, version: 1n, document });
  }
  await sink.drain();
  expect(context.letters.map(({ id, code }) => [id, code])).toEqual([["4", "DOCUMENT_TOO_LARGE"]]);
  expect(server.documents.size).toBe(8);
  expect(sink.closed).toBe(9);
});

test("a malformed action is found by halving and becomes a dead letter", async () => {
  await using server = await openFakeBulkServer();
  await using context = await openTestSink(server.url, { lanes: 1 });
  const { sink } = context;
  const target = sink.target(WHOLE);
  for (let i = 0; i < 9; i++) {
    const document = i === 3 ? '{"a":\n1}' : { i };
    await write(sink, target, { id: i === 7 ? "" : `${i}`, version: 1n, document });
  }
  await sink.drain();
  expect(context.letters.map(({ id, code }) => [id, code])).toEqual([
    ["3", "DOCUMENT_REJECTED"],
    ["", "DOCUMENT_REJECTED"],
  ]);
  expect(server.documents.size).toBe(7);
  expect(sink.closed).toBe(9);
});

test("a server that finds every request malformed is fatal, not the end of every document", async () => {
  await using server = await openFakeBulkServer();
  const error = {
    type: "illegal_argument_exception",
    reason: "explicit index in bulk is not allowed",
  };
  server.onBulk = () => failed(400, JSON.stringify({ error }));
  await using context = await openTestSink(server.url, { lanes: 1 });
  const { sink } = context;
  const target = sink.target(WHOLE);
  for (let i = 0; i < 50; i++) await write(sink, target, { id: `${i}`, version: 1n, document: {} });
  await expect(sink.drain()).rejects.toMatchObject({ code: "BULK_INDEX_UNUSABLE" });
  expect(context.letters).toEqual([]);
  expect(sink.closed).toBe(0);
});

test("a lost connection at every large request leads to smaller ones", async () => {
  await using server = await openFakeBulkServer();
  server.onBulk = ({ bytes }) => (bytes > 500_000 ? { kind: "drop", applied: false } : null);
  await using context = await openTestSink(server.url, { lanes: 1 });
  const { sink } = context;
  const target = sink.target(WHOLE);
  const document = { text: "x".repeat(10_000) };
  for (let i = 0; i < 100; i++) await write(sink, target, { id: `${i}`, version: 1n, document });
  await sink.drain();
  expect(server.documents.size).toBe(100);
});

test.each<[Fault, string]>([
  [failed(401), "HTTP 401"],
  [
    {
      kind: "items",
      fault: () => ({
        status: 403,
        type: "security_exception",
        reason: "action [write] is unauthorized",
      }),
    },
    "unauthorized",
  ],
])("missing rights are fatal", async (fault, message) => {
  await using server = await openFakeBulkServer();
  server.onBulk = inTurn(fault);
  await using context = await openTestSink(server.url);
  const { sink } = context;
  await write(sink, sink.target(WHOLE), { id: "1", version: 1n, document: {} });
  const drained = sink.drain();
  await expect(drained).rejects.toMatchObject({ code: "BULK_ACCESS_DENIED" });
  await expect(drained).rejects.toThrow(message);
});

test("an index that vanished is fatal when it is not ours to create", async () => {
  await using server = await openFakeBulkServer();
  const gone = { status: 404, type: "index_not_found_exception" };
  server.onBulk = inTurn({ kind: "items", fault: () => gone });
  await using context = await openTestSink(server.url);
  const { sink } = context;
  await write(sink, sink.target(WHOLE), { id: "1", version: 1n, document: {} });
  await expect(sink.drain()).rejects.toMatchObject({ code: "BULK_INDEX_MISSING" });
  expect(sink.closed).toBe(0);
});

test("an index of ours that vanished is created again", async () => {
  await using server = await openFakeBulkServer();
  const created: string[] = [];
  server.onOther = (method, path) => {
    if (method === "PUT") created.push(path);
    return method === "PUT" ? { status: 200, body: {} } : { status: 404, body: {} };
  };
  const gone = { status: 404, type: "index_not_found_exception" };
  server.onBulk = inTurn({ kind: "items", fault: () => gone });
  await using context = await openTestSink(server.url);
  const { sink } = context;
  const target = sink.target(WHOLE);
  await sink.prepare({ target, fields: [], create: true, dynamic: "strict" });
  await write(sink, target, { id: "1", version: 1n, document: {} });
  await sink.drain();
  expect(created).toEqual(["/t", "/t"]);
  expect(server.documents.size).toBe(1);
  expect(context.log.filter(({ level }) => level === "error")).toHaveLength(1);
});

test("closing the sink ends its retries and leaves the rest open", async () => {
  await using server = await openFakeBulkServer();
  server.onBulk = () => failed(503);
  const context = await openTestSink(server.url);
  const { sink } = context;
  await write(sink, sink.target(WHOLE), { id: "1", version: 1n, document: {} });
  sink.kick();
  await until("some tries", () => server.requests.length > 2);
  await context[Symbol.asyncDispose]();
  expect(sink.closed).toBe(0);
  expect(context.fatal).toEqual([]);
});

test("closing a sink that holds actions and stores a letter waits for the letter, and for nothing else", async () => {
  await using server = await openFakeBulkServer();
  server.onBulk = inTurn({ kind: "items", fault: () => UNPARSABLE });
  const storing = Promise.withResolvers<void>();
  let isStored = false;
  const deadLetters = {
    store: async () => {
      storing.resolve();
      await new Promise((resolve) => setTimeout(resolve, 20));
      isStored = true;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const context = await openTestSink(server.url, { deadLetters, lanes: 1 });
  const { sink } = context;
  const target = sink.target(WHOLE);
  await write(sink, target, { id: "1", version: 1n, document: {} });
  sink.kick();
  await storing.promise;
  await write(sink, target, { id: "2", version: 1n, document: {} });
  await context[Symbol.asyncDispose]();
  expect(isStored).toBe(true);
  expect(server.requests).toHaveLength(1);
});

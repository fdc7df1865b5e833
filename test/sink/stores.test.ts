import { describe, expect, test } from "vitest";
import type { Checkpoint } from "../../src/core/checkpoint.ts";
import type { DeadLetter } from "../../src/core/dead-letter.ts";
import type { JsonClient } from "../../src/core/json-client.ts";
import { openJsonClient } from "../../src/sink/client.ts";
import { openDeadLetterIndex } from "../../src/sink/dead-letters-elasticsearch.ts";
import { openCheckpointIndex } from "../../src/state/checkpoint-elasticsearch.ts";
import { openTestTarget } from "../support/elasticsearch.ts";

const checkpoint = (position: number): Checkpoint => ({
  format: 1,
  pipeline: "shop/1",
  flavor: "mysql",
  serverUuid: "uuid",
  epoch: 1,
  file: "binlog.000001",
  position,
  gtidSet: "uuid:1-5",
  fingerprint: "f",
  gaps: [],
  savedAt: "2026-11-23T10:00:00.000Z",
});

const letter = (more: Partial<DeadLetter>): DeadLetter => ({
  at: "2026-11-23T10:00:00.000Z",
  pipeline: "shop",
  kind: "document",
  code: "DOCUMENT_REJECTED",
  error: { type: "t", reason: "r", caused_by: { type: "c" } },
  index: "orders",
  id: "1",
  operation: "index",
  version: "72057594037927936",
  document: { a: 1 },
  ...more,
});

describe.each(["elasticsearch", "opensearch"] as const)("on %s", (server) => {
  test("a checkpoint in an index is saved and loaded", async () => {
    await using target = await openTestTarget(server);
    await using client = openJsonClient({ hosts: [target.url.origin] });
    const options = { client, index: `${target.prefix}state`, pipeline: "shop/1" };
    await using store = openCheckpointIndex(options);
    expect(await store.load()).toBeNull();
    await store.save(checkpoint(4));
    await store.save(checkpoint(5));
    expect(await store.load()).toEqual(checkpoint(5));
    await using later = openCheckpointIndex(options);
    expect(await later.load()).toEqual(checkpoint(5));
    await using other = openCheckpointIndex({ ...options, pipeline: "other" });
    expect(await other.load()).toBeNull();
  });

  test("of two processes with one checkpoint the older is refused", async () => {
    await using target = await openTestTarget(server);
    await using client = openJsonClient({ hosts: [target.url.origin] });
    const options = { client, index: `${target.prefix}state`, pipeline: "shop/1" };
    const [one, two, three] = [1, 2, 3].map(() => openCheckpointIndex(options));
    await one!.load();
    await one!.save(checkpoint(4));
    await two!.load();
    await two!.save(checkpoint(5));
    await expect(one!.save(checkpoint(6))).rejects.toMatchObject({ code: "STATE_FOREIGN" });
    await expect(one!.save(checkpoint(6))).rejects.toMatchObject({ code: "STATE_FOREIGN" });
    await two!.save(checkpoint(7));
    expect(await three!.load()).toEqual(checkpoint(7));
  });

  test("the save of a killed process that arrives late is overtaken", async () => {
    await using target = await openTestTarget(server);
    await using client = openJsonClient({ hosts: [target.url.origin] });
    const options = { client, index: `${target.prefix}state`, pipeline: "shop/1" };
    const [killed, next] = [1, 2].map(() => openCheckpointIndex(options));
    await killed!.load();
    await killed!.save(checkpoint(4));
    expect(await next!.load()).toEqual(checkpoint(4));
    await killed!.save(checkpoint(5));
    await next!.save(checkpoint(6));
    await next!.save(checkpoint(7));
    expect(await next!.load()).toEqual(checkpoint(7));
    await expect(killed!.save(checkpoint(8))).rejects.toMatchObject({ code: "STATE_FOREIGN" });
  });

  test("a save whose answer was lost is recognised as our own", async () => {
    await using target = await openTestTarget(server);
    await using real = openJsonClient({ hosts: [target.url.origin] });
    let losses = 0;
    const client: JsonClient = {
      request: async (method, path, body) => {
        const answer = await real.request(method, path, body);
        if (method !== "PUT" || !path.includes("_doc") || losses === 2) return answer;
        losses += 1;
        throw new Error("connection lost");
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
    const options = { client, index: `${target.prefix}state`, pipeline: "shop/1" };
    const store = openCheckpointIndex(options);
    await store.load();
    await expect(store.save(checkpoint(4))).rejects.toMatchObject({ code: "STATE_UNWRITABLE" });
    await expect(store.save(checkpoint(5))).rejects.toMatchObject({ code: "STATE_UNWRITABLE" });
    await store.save(checkpoint(6));
    await store.save(checkpoint(7));
    expect(await openCheckpointIndex(options).load()).toEqual(checkpoint(7));
  });

  test("a damaged checkpoint is unreadable, not new", async () => {
    await using target = await openTestTarget(server);
    await using client = openJsonClient({ hosts: [target.url.origin] });
    const index = `${target.prefix}state`;
    await target.request("PUT", `${index}/_doc/shop`, { checkpoint: { format: 2 } });
    const store = openCheckpointIndex({ client, index, pipeline: "shop" });
    await expect(store.load()).rejects.toMatchObject({ code: "STATE_UNREADABLE" });
  });

  test("dead letters in an index hold everything, and storing them again does not double them", async () => {
    await using target = await openTestTarget(server);
    await using client = openJsonClient({ hosts: [target.url.origin] });
    const index = `${target.prefix}letters`;
    const store = openDeadLetterIndex({ client, index });
    const letters = [
      letter({}),
      letter({ id: "2", document: [1, { a: "x" }] }),
      letter({ id: "3", document: "not JSON {" }),
      letter({ version: "72057594037927937" }),
      letter({
        kind: "gap",
        code: "SCHEMA_MISMATCH",
        error: "text",
        file: "binlog.1",
        position: 4,
      }),
    ];
    await store.store(letters);
    await store.store(letters.slice(0, 2));
    const found = (await target.all(index)).map(({ _source }) => JSON.stringify(_source));
    expect(found.toSorted()).toEqual(letters.map((one) => JSON.stringify(one)).toSorted());
  });

  test("a letter whose document no index takes is stored with the document as text", async () => {
    await using target = await openTestTarget(server);
    await using client = openJsonClient({ hosts: [target.url.origin] });
    const index = `${target.prefix}letters`;
    const store = openDeadLetterIndex({ client, index });
    const deep: unknown = JSON.parse(`${"[".repeat(3000)}${"]".repeat(3000)}`);
    await store.store([letter({ id: "good" }), letter({ id: "deep", document: deep })]);
    const found = new Map((await target.all(index)).map(({ _source }) => [_source["id"], _source]));
    expect(found.get("good")?.["document"]).toEqual({ a: 1 });
    expect(found.get("deep")?.["document"]).toBe(JSON.stringify(deep));
  });
});

test("dead letters too large for a request are stored in smaller ones, at last without the document", async () => {
  await using target = await openTestTarget();
  await using real = openJsonClient({ hosts: [target.url.origin] });
  const client: JsonClient = {
    request: async (method, path, body) => {
      if (typeof body === "string" && body.length > 5000) return { status: 413, body: undefined };
      return real.request(method, path, body);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const index = `${target.prefix}letters`;
  const letters = Array.from({ length: 20 }, (_, i) => letter({ id: `${i}` }));
  const large = letter({ id: "large", document: { text: "x".repeat(10_000) } });
  await openDeadLetterIndex({ client, index }).store([...letters, large]);
  const found = new Map((await target.all(index)).map(({ _source }) => [_source["id"], _source]));
  expect(found.size).toBe(21);
  expect(found.get("large")).toMatchObject({ document_bytes: 10_011 });
});

test("dead letters that the cluster does not take now can be tried again", async () => {
  const client: JsonClient = {
    request: () => Promise.reject(new Error("connection refused")),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const stored = openDeadLetterIndex({ client, index: "x" }).store([letter({})]);
  await expect(stored).rejects.toMatchObject({ code: "STATE_DEAD_LETTERS_UNWRITABLE" });
});

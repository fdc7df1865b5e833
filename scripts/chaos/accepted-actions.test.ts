import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { expect, test } from "vitest";
import { AcceptedActions } from "./accepted-actions.ts";
import { openBulkRecorder } from "./bulk-recorder.ts";

const action = (version: bigint, isApplied = true, isDelete = false) => ({
  index: "i",
  id: "1",
  version,
  isDelete,
  isApplied,
});

test("a version is answered for when it or a newer one is", () => {
  const accepted = new AcceptedActions();
  accepted.note(action(7n), accepted.now);
  expect(accepted.has("i", "1", 7n)).toBe(true);
  expect(accepted.has("i", "1", 6n)).toBe(true);
  expect(accepted.has("i", "1", 8n)).toBe(false);
  expect(accepted.has("i", "2", 7n)).toBe(false);
});

test("an older version is a problem when it is applied, and was sent after the newer one was answered for", () => {
  const accepted = new AcceptedActions();
  const before = accepted.now;
  accepted.note(action(7n), before);
  accepted.note(action(6n), before);
  accepted.note(action(5n, false), accepted.now);
  expect(accepted.problems).toEqual([]);
  accepted.note(action(5n), accepted.now);
  expect(accepted.problems).toEqual(["i/1 went back from version 7 to 5"]);
});

test("a deletion that a restart may have forgotten does not count", () => {
  const accepted = new AcceptedActions();
  accepted.note(action(7n, true, true), accepted.now);
  accepted.forgetDeletes();
  accepted.note(action(6n), accepted.now);
  expect(accepted.problems).toEqual([]);
});

test("the proxy notes what a bulk answer accepts, and passes both on", async () => {
  const answer = {
    errors: true,
    items: [
      { index: { status: 201 } },
      { index: { status: 409, error: {} } },
      { delete: { status: 404 } },
      { index: { status: 429, error: {} } },
    ],
  };
  const received: string[] = [];
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      received.push(`${request.method} ${request.url} ${String(body)}`);
      response.end(JSON.stringify(answer));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const accepted = new AcceptedActions();
  const target = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  try {
    await using recorder = await openBulkRecorder(target, accepted);
    const body = `{"index":{"version_type":"external_gte","version":9007199254740993,"_id":"a"}}
{"n":"{\\"index\\":{}}"}
{"index":{"_index":"other","version_type":"external_gte","version":2,"_id":"b"}}
{}
{"delete":{"version_type":"external_gte","version":3,"_id":"c:\\"1"}}
{"index":{"version_type":"external_gte","version":4,"_id":"d"}}
{}
`;
    const response = await fetch(new URL("one/_bulk?filter_path=x", recorder.url), {
      method: "POST",
      body,
    });
    expect(await response.json()).toEqual(answer);
    expect(received).toEqual([`POST /one/_bulk?filter_path=x ${body}`]);
    expect(accepted.has("one", "a", 9_007_199_254_740_993n)).toBe(true);
    expect(accepted.has("other", "b", 2n)).toBe(true);
    expect(accepted.has("one", 'c:"1', 3n)).toBe(true);
    expect(accepted.has("one", "d", 4n)).toBe(false);
    expect(accepted.conflicts).toBe(1);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

import { expect, test } from "vitest";
import type { Target } from "../core/action-writer.ts";
import { createSinkTarget, type SinkTarget } from "./action-line.ts";
import type { Batch } from "./batch.ts";
import { BulkWriter } from "./bulk-writer.ts";
import { createCounters } from "./counters.ts";
import { Lane } from "./lane.ts";
import { letterOf } from "./letter.ts";

const LIMITS = { maxActions: 100, maxBytes: 64 * 1024 };

/** A writer on one lane that sends nothing, and the ways to use it. */
function openWriter() {
  const deliver = (): Promise<boolean> => new Promise(() => undefined);
  const lane = new Lane({ limits: LIMITS, counters: createCounters() }, deliver, {
    onIdle: () => undefined,
    onFatal: () => undefined,
  });
  const writer = new BulkWriter([lane], LIMITS, () => undefined);
  const place = (id: string, routing: string): number => {
    writer.routingLength = writer.routing.write(JSON.stringify(routing).slice(1, -1));
    return writer.id.write(JSON.stringify(id).slice(1, -1));
  };
  const write = (kind: "index" | "amend", id: string, document: string, routing = ""): void => {
    const slot = writer[kind](place(id, routing), document.length)!;
    writer.finish(slot, slot.length + slot.bytes.write(document, slot.length));
  };
  return {
    writer,
    lane,
    write,
    remove: (id: string, routing = ""): void => void writer.delete(place(id, routing)),
    /** What is sent: the batch, closed, and its lines. */
    send: (): { readonly batch: Batch; readonly lines: string[] } => {
      const batch = lane.filling;
      lane.dispatchIfIdle();
      const lines = batch.bytes.toString("utf8", 0, batch.committed).trimEnd().split("\n");
      return { batch, lines };
    },
  };
}

const target = (number: number, options: Partial<Target> = {}): SinkTarget =>
  createSinkTarget(number, { index: "t", write: "whole", ...options });

test("a routing value stands behind the id, and only where there is one", () => {
  const { writer, write, remove, send } = openWriter();
  writer.begin(target(0), 0, 5);
  write("index", "1", '{"a":1}', 'r"1');
  remove("2", "r2");
  remove("3");
  expect(send().lines).toEqual([
    '{"index":{"version_type":"external_gte","version":5,"_id":"1","routing":"r\\"1"}}',
    '{"a":1}',
    '{"delete":{"version_type":"external_gte","version":5,"_id":"2","routing":"r2"}}',
    '{"delete":{"version_type":"external_gte","version":5,"_id":"3"}}',
  ]);
});

test("actions of one id collapse only where their routing is one, too", () => {
  const { writer, write, remove, send } = openWriter();
  writer.begin(target(0), 0, 5);
  write("index", "1", '{"n":1}', "a");
  write("index", "1", '{"n":2}', "b");
  write("index", "1", '{"n":3}', "a");
  remove("1", "b");
  write("index", "1", '{"n":4}');
  const { batch, lines } = send();
  expect(
    lines.map((line) => line.replace(/"version_type":"external_gte","version":5,/, "")),
  ).toEqual([
    '{"index":{"_id":"1","routing":"a"}}',
    '{"n":3}',
    '{"delete":{"_id":"1","routing":"b"}}',
    '{"index":{"_id":"1"}}',
    '{"n":4}',
  ]);
  // one hash: what follows a refused one is held back with it
  expect(new Set(batch.hashes.subarray(0, batch.count)).size).toBe(1);
});

test("documents pass the target's pipeline, deletes do not", () => {
  const { writer, write, remove, send } = openWriter();
  writer.begin(target(0, { pipeline: "geo" }), 0, 5);
  write("index", "1", "{}");
  remove("2");
  expect(send().lines).toEqual([
    '{"index":{"pipeline":"geo","version_type":"external_gte","version":5,"_id":"1"}}',
    "{}",
    '{"delete":{"version_type":"external_gte","version":5,"_id":"2"}}',
  ]);
});

test("aiming changes the index of the actions that follow, with their version", () => {
  const { writer, write, send } = openWriter();
  writer.begin(null, 0, 5);
  writer.aim(target(0, { index: "t-1" }));
  write("index", "1", "{}");
  writer.aim(target(1, { index: "t-2" }));
  write("index", "1", "{}");
  const { batch, lines } = send();
  expect(batch.opener?.index).toBe("t-1");
  expect(lines).toEqual([
    '{"index":{"version_type":"external_gte","version":5,"_id":"1"}}',
    "{}",
    '{"index":{"_index":"t-2","version_type":"external_gte","version":5,"_id":"1"}}',
    "{}",
  ]);
});

test("each way of writing has its frame, and a letter shows the document without it", () => {
  const { writer, write, send } = openWriter();
  const targets = [target(0), target(1, { write: "merge" }), target(2, { write: "replace" })];
  for (const each of targets) {
    writer.begin(each, 0, 5);
    write("index", "1", '{"n":12345678901234567890}');
  }
  write("amend", "1", '{"n":null}', "r");
  const { batch, lines } = send();
  expect(lines.slice(2)).toEqual([
    '{"update":{"_index":"t","retry_on_conflict":3,"_id":"1"}}',
    '{"doc":{"n":12345678901234567890},"doc_as_upsert":true}',
    '{"update":{"_index":"t","retry_on_conflict":3,"_id":"1"}}',
    '{"script":{"lang":"painless","source":"ctx._source.putAll(params.doc)","params":{"doc":{"n":12345678901234567890}}},"scripted_upsert":true,"upsert":{}}',
    '{"update":{"_index":"t","retry_on_conflict":3,"_id":"1","routing":"r"}}',
    '{"doc":{"n":null}}',
  ]);
  const letters = [0, 1, 2, 3].map((action) =>
    letterOf(batch, action, {
      at: "",
      pipeline: "p",
      code: "DOCUMENT_REJECTED",
      error: { type: "", reason: "" },
      target: targets[batch.targets[action]!]!,
    }),
  );
  const whole = '{"n":12345678901234567890}';
  expect(letters.map(({ document }) => JSON.stringify(document))).toEqual([
    whole,
    whole,
    whole,
    '{"n":null}',
  ]);
  expect(letters.map(({ version, routing }) => [version, routing])).toEqual([
    ["5", undefined],
    [undefined, undefined],
    [undefined, undefined],
    [undefined, "r"],
  ]);
});

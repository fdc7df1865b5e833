import { expect, test } from "vitest";
import type { ChangeEvent } from "../../core/change-event.ts";
import type { RecordConsumer } from "../../core/kafka.ts";
import type { RecordView } from "../../core/record.ts";
import { OffsetTracker } from "./offset-tracker.ts";
import { type Decoder, RecordStream } from "./record-stream.ts";

const view = (partition: number, offset: number): RecordView => ({
  topic: "t",
  partition,
  offset,
  timestampMs: 0,
  bytes: Buffer.alloc(0),
  keyStart: -1,
  keyEnd: -1,
  valueStart: -1,
  valueEnd: -1,
  headersStart: 0,
  headersEnd: 0,
});

function openStream(records: RecordView[], begin: Decoder["begin"] = () => undefined) {
  const bell = Promise.withResolvers<void>();
  const consumer: Pick<RecordConsumer, "poll" | "wait" | "isConnected"> = {
    poll: () => records.shift() ?? null,
    wait: () => bell.promise,
    isConnected: true,
  };
  let left = 0;
  const decoder: Decoder = {
    commitTimeUs: 7,
    begin: (record) => {
      left = 2;
      return begin(record);
    },
    next: () => {
      left -= 1;
      const poison = { kind: "poison", detail: "", key: null, value: null } as const;
      return left < 0 ? null : { ...poison, record: view(0, 0) };
    },
  };
  const tracker = new OffsetTracker();
  const stream = new RecordStream({ consumer, decoder: () => decoder, tracker, admit: () => {} });
  return { stream, bell, tracker };
}

function read(stream: RecordStream): ChangeEvent[] {
  const events: ChangeEvent[] = [];
  for (;;) {
    const event = stream.poll();
    if (event === null) return events;
    events.push(event);
  }
}

test("the changes of each record come before its mark", () => {
  const { stream } = openStream([view(0, 3), view(1, 8)]);
  const events = read(stream);
  expect(events.map((event) => event.kind)).toEqual([
    "poison",
    "poison",
    "offset",
    "poison",
    "poison",
    "offset",
  ]);
  expect(events.filter((event) => event.kind === "offset")).toEqual([
    { kind: "offset", topic: "t", partition: 0, nextOffset: 4, commitTimeUs: 7 },
    { kind: "offset", topic: "t", partition: 1, nextOffset: 9, commitTimeUs: 7 },
  ]);
});

test("a record whose table has to be asked for is waited for, and counts as open meanwhile", async () => {
  const asked = Promise.withResolvers<void>();
  const { stream, tracker } = openStream([view(0, 3)], () => asked.promise);
  tracker.assign({ topic: "t", partition: 0, offset: 3 }, null);
  expect(stream.poll()).toBeNull();
  expect(tracker.get({ topic: "t", partition: 0 })?.open).toBe(1);
  const waited = stream.wait();
  asked.resolve();
  await waited;
  expect(read(stream)).toHaveLength(3);
});

test("what cannot be asked for ends the stream with its reason, whenever that is waited for", async () => {
  const failing = (): Promise<void> => Promise.reject(new Error("no such server"));
  const { stream } = openStream([view(0, 3)], failing);
  expect(stream.poll()).toBeNull();
  await new Promise(setImmediate);
  await expect(stream.wait()).rejects.toThrow("no such server");
});

test("closing it wakes who waits for a record", async () => {
  const { stream } = openStream([]);
  expect(stream.poll()).toBeNull();
  const waited = stream.wait();
  await stream[Symbol.asyncDispose]();
  await waited;
  expect(stream.poll()).toBeNull();
});

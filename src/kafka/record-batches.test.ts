import { Reader, readRecordsBatch } from "@platformatic/kafka";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { RecordTopic } from "../core/record.ts";
import { COMPRESSIONS } from "./compression.ts";
import type { NewRecord } from "./open-batch.ts";
import { RecordBatches } from "./record-batches.ts";
import { RecordCursor } from "./record-cursor.ts";

const NO_HEADERS = Buffer.from([0]);
const STAMP = { producerId: 77n, producerEpoch: 5, baseSequence: 9, isTransactional: true };

function topicOf(maxBatchBytes: number): RecordTopic {
  return { name: "t", partitions: 3, maxBatchBytes };
}

function recordOf(value: string | Buffer, timestampMs = 1_700_000_000_000): NewRecord {
  return { key: null, value: Buffer.from(value), headers: NO_HEADERS, timestampMs };
}

/** The batches of each partition as they are sent. */
function sealed(batches: RecordBatches): readonly (readonly [number, readonly Buffer[]])[] {
  return batches
    .seal()
    .map((each) => [each.partition, each.batches.map((batch) => batch.seal(() => STAMP))]);
}

function read(records: Buffer): readonly NewRecord[] {
  const cursor = new RecordCursor("t", 0);
  cursor.reset({ records, fetchOffset: 0, aborted: [] });
  const seen: NewRecord[] = [];
  while (cursor.next()) {
    const { bytes, keyStart, keyEnd, valueStart, valueEnd, headersStart, headersEnd } = cursor;
    seen.push({
      key: keyStart < 0 ? null : bytes.subarray(keyStart, keyEnd),
      value: valueStart < 0 ? null : bytes.subarray(valueStart, valueEnd),
      headers: bytes.subarray(headersStart, headersEnd),
      timestampMs: cursor.timestampMs,
    });
  }
  return seen;
}

const bytes = fc.uint8Array({ maxLength: 300 }).map((each) => Buffer.from(each));
const record = fc.record({
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.constantFrom(NO_HEADERS, Buffer.from("\x02\x02h\x04bb", "latin1")),
  timestampMs: fc.integer({ min: 0, max: 4_000_000_000_000 }),
});

test("what is appended is read back by our cursor and by the library, whatever the compression", () => {
  fc.assert(
    fc.property(
      fc.array(record, { minLength: 1, maxLength: 20 }),
      fc.constantFrom(...COMPRESSIONS),
      (records, compression) => {
        const batches = new RecordBatches(compression);
        for (const each of records) expect(batches.append(topicOf(1e6), 2, each)).toBe(true);
        const [[partition, [batch]]] = sealed(batches) as [[number, [Buffer]]];
        expect(partition).toBe(2);
        expect(read(batch)).toEqual(records);
        const theirs = readRecordsBatch(Reader.from(Buffer.from(batch)));
        expect(theirs).toMatchObject({
          firstOffset: 0n,
          magic: 2,
          lastOffsetDelta: records.length - 1,
          producerId: 77n,
          producerEpoch: 5,
          firstSequence: 9,
          maxTimestamp: BigInt(Math.max(...records.map((each) => each.timestampMs))),
        });
        expect(theirs.records.map(({ key, value }) => [key, value])).toEqual(
          records.map(({ key, value }) => [key, value]),
        );
      },
    ),
    { numRuns: 200 },
  );
});

test("batches never exceed what the topic accepts and keep the order of their records", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 600, max: 2000 }),
      (lengths, maxBatchBytes) => {
        const batches = new RecordBatches("none");
        const topic = topicOf(maxBatchBytes);
        const values = lengths.map((length, index) => `${index} ${"x".repeat(length)}`);
        for (const value of values) expect(batches.append(topic, 0, recordOf(value))).toBe(true);
        expect(batches.records).toBe(values.length);
        const [[, sent]] = sealed(batches) as [[number, Buffer[]]];
        expect(Math.max(...sent.map(({ length }) => length))).toBeLessThanOrEqual(maxBatchBytes);
        expect(sent.reduce((sum, { length }) => sum + length, 0)).toBe(batches.bytes);
        expect(sent.flatMap(read).map(({ value }) => String(value))).toEqual(values);
      },
    ),
  );
});

test("a record too large for its topic goes alone and compressed, or is refused", () => {
  const batches = new RecordBatches("none");
  const topic = topicOf(10_000);
  expect(batches.append(topic, 0, recordOf("before"))).toBe(true);
  expect(batches.append(topic, 0, recordOf("x".repeat(100_000)))).toBe(true);
  const random = Buffer.from(
    Array.from({ length: 20_000 }, (_, i) => (i * i * 2_654_435_761) >>> 13),
  );
  expect(batches.append(topic, 0, recordOf(random))).toBe(false);
  expect(batches.append(topic, 0, recordOf("after"))).toBe(true);
  const [[, sent]] = sealed(batches) as [[number, Buffer[]]];
  expect(sent.map((batch) => read(batch).map(({ value }) => value?.length))).toEqual([
    [6],
    [100_000],
    [5],
  ]);
  expect(Math.max(...sent.map(({ length }) => length))).toBeLessThan(10_000);
});

test("a record too large is refused where the brokers compress in a way of their own", () => {
  const batches = new RecordBatches("gzip");
  const topic = { ...topicOf(10_000), isRecompressed: true };
  expect(batches.append(topic, 0, recordOf("x".repeat(100_000)))).toBe(false);
  expect(batches.append(topic, 0, recordOf("x".repeat(9000)))).toBe(true);
});

test("a cleared buffer is empty and writes into what it has", () => {
  const batches = new RecordBatches("none");
  for (const value of ["a", "b"]) {
    expect(batches.append(topicOf(1e6), 1, recordOf(value))).toBe(true);
    const [[, [batch]]] = sealed(batches) as [[number, [Buffer]]];
    expect(read(batch).map((each) => String(each.value))).toEqual([value]);
    batches.clear();
    expect([batches.bytes, batches.records, batches.seal()]).toEqual([0, 0, []]);
  }
});

import { crc32c, createRecordsBatch, type MessageToProduce } from "@platformatic/kafka";
import fc from "fast-check";
import { expect, test } from "vitest";
import { TailraceError } from "../core/errors.ts";
import { ATTRIBUTES, BATCH } from "./batch-layout.ts";
import { COMPRESSIONS } from "./compression.ts";
import { RecordCursor } from "./record-cursor.ts";

interface BatchSpec {
  readonly offset: number;
  readonly values: readonly string[];
  readonly producerId?: number;
  readonly control?: "commit" | "abort";
  readonly compression?: (typeof COMPRESSIONS)[number];
  readonly logAppendTime?: number;
}

/** What a broker would return, written by the library. */
function batch(spec: BatchSpec): Buffer {
  const control =
    spec.control === undefined
      ? undefined
      : Buffer.from([0, 0, 0, Number(spec.control === "commit")]);
  const messages: MessageToProduce[] =
    control === undefined
      ? spec.values.map((value, index) => ({
          topic: "t",
          key: Buffer.from(`k${index}`),
          value: Buffer.from(value),
          timestamp: BigInt(1_700_000_000_000 + index),
          headers: new Map([[Buffer.from("h"), Buffer.from(value)]]),
        }))
      : [{ topic: "t", key: control, value: Buffer.alloc(6), timestamp: 1n }];
  const bytes = createRecordsBatch(messages as never, {
    compression: spec.compression ?? "none",
    transactionalId: spec.producerId === undefined ? undefined : "t",
    producerId: BigInt(spec.producerId ?? -1),
    producerEpoch: 0,
  }).buffer;
  bytes.writeBigInt64BE(BigInt(spec.offset), BATCH.baseOffset);
  let attributes = bytes.readInt16BE(BATCH.attributes) & ATTRIBUTES.compression;
  if (spec.producerId !== undefined) attributes |= ATTRIBUTES.transactional;
  if (control !== undefined) attributes |= ATTRIBUTES.control;
  if (spec.logAppendTime !== undefined) {
    attributes |= ATTRIBUTES.logAppendTime;
    bytes.writeBigInt64BE(BigInt(spec.logAppendTime), BATCH.maxTimestamp);
  }
  bytes.writeInt16BE(attributes, BATCH.attributes);
  bytes.writeUInt32BE(crc32c(bytes.subarray(BATCH.attributes)), BATCH.crc);
  return bytes;
}

function read(
  records: Buffer,
  fetchOffset = 0,
  aborted: readonly { producerId: bigint; firstOffset: number }[] = [],
): { readonly seen: readonly string[]; readonly nextOffset: number } {
  const cursor = new RecordCursor("t", 3);
  cursor.reset({ records, fetchOffset, aborted });
  const seen: string[] = [];
  while (cursor.next()) {
    seen.push(
      `${cursor.offset}=${cursor.bytes.toString("utf8", cursor.valueStart, cursor.valueEnd)}`,
    );
  }
  return { seen, nextOffset: cursor.nextOffset };
}

test.each(COMPRESSIONS)(
  "records of batches with compression %s are seen with all they have",
  (compression) => {
    const cursor = new RecordCursor("t", 3);
    const records = batch({ offset: 7, values: ["a", "bb"], compression });
    cursor.reset({ records, fetchOffset: 7, aborted: [] });
    expect(cursor.next()).toBe(true);
    expect(cursor.next()).toBe(true);
    const { bytes } = cursor;
    expect(cursor).toMatchObject({
      topic: "t",
      partition: 3,
      offset: 8,
      timestampMs: 1_700_000_000_001,
    });
    expect(bytes.toString("utf8", cursor.keyStart, cursor.keyEnd)).toBe("k1");
    expect(bytes.toString("utf8", cursor.valueStart, cursor.valueEnd)).toBe("bb");
    // one header, zigzag: count 1, name of 1, value of 2
    expect(bytes.toString("latin1", cursor.headersStart, cursor.headersEnd)).toBe(
      "\x02\x02h\x04bb",
    );
    expect(cursor.next()).toBe(false);
    expect(cursor.nextOffset).toBe(9);
  },
);

test("records before the fetch offset and a batch that is cut off are left out", () => {
  const first = batch({ offset: 10, values: ["a", "b", "c"] });
  const second = batch({ offset: 13, values: ["d"] });
  for (const cut of [0, 1, 12, 20, second.length - 1]) {
    const records = Buffer.concat([first, second.subarray(0, cut)]);
    expect(read(records, 11)).toEqual({ seen: ["11=b", "12=c"], nextOffset: 13 });
  }
  expect(read(Buffer.concat([first, second]), 12)).toEqual({
    seen: ["12=c", "13=d"],
    nextOffset: 14,
  });
});

test("a batch that compaction has emptied at its end is passed with its last offset", () => {
  const bytes = batch({ offset: 5, values: ["a"] });
  bytes.writeInt32BE(9, BATCH.lastOffsetDelta);
  bytes.writeUInt32BE(crc32c(bytes.subarray(BATCH.attributes)), BATCH.crc);
  expect(read(bytes, 5)).toEqual({ seen: ["5=a"], nextOffset: 15 });
});

test("the broker's time counts where the topic says so", () => {
  const cursor = new RecordCursor("t", 0);
  const records = batch({ offset: 0, values: ["a"], logAppendTime: 42 });
  cursor.reset({ records, fetchOffset: 0, aborted: [] });
  expect(cursor.next()).toBe(true);
  expect(cursor.timestampMs).toBe(42);
});

test("of one producer's transactions in a response only the aborted ones are left out", () => {
  const records = Buffer.concat([
    batch({ offset: 0, values: ["committed"], producerId: 1 }),
    batch({ offset: 1, values: ["other"], producerId: 2 }),
    batch({ offset: 2, values: [], producerId: 1, control: "commit" }),
    batch({ offset: 3, values: ["aborted", "too"], producerId: 1 }),
    batch({ offset: 5, values: ["plain"] }),
    batch({ offset: 6, values: [], producerId: 1, control: "abort" }),
    batch({ offset: 7, values: ["again"], producerId: 1 }),
    batch({ offset: 8, values: [], producerId: 1, control: "commit" }),
    batch({ offset: 9, values: ["lost"], producerId: 1 }),
    batch({ offset: 10, values: [], producerId: 2, control: "commit" }),
    batch({ offset: 11, values: [], producerId: 1, control: "abort" }),
  ]);
  const aborted = [
    { producerId: 1n, firstOffset: 9 },
    { producerId: 1n, firstOffset: 3 },
  ];
  expect(read(records, 0, aborted)).toEqual({
    seen: ["0=committed", "1=other", "5=plain", "7=again"],
    nextOffset: 12,
  });
});

test("an aborted transaction whose marker comes in a later response is left out of both", () => {
  const earlier = batch({ offset: 3, values: ["x"], producerId: 1 });
  const later = Buffer.concat([
    batch({ offset: 4, values: ["y"], producerId: 1 }),
    batch({ offset: 5, values: [], producerId: 1, control: "abort" }),
    batch({ offset: 6, values: ["z"], producerId: 1 }),
  ]);
  const aborted = [{ producerId: 1n, firstOffset: 3 }];
  expect(read(earlier, 3, aborted)).toEqual({ seen: [], nextOffset: 4 });
  expect(read(later, 4, aborted)).toEqual({ seen: ["6=z"], nextOffset: 7 });
});

test("a damaged batch is said to be one, and so is one of an older form", () => {
  const records = batch({ offset: 3, values: ["x"] });
  records[records.length - 1]! ^= 1;
  expect(() => read(records)).toThrow("the checksum of a batch is wrong (batch at offset 3)");
  records[BATCH.magic] = 1;
  expect(() => read(records)).toThrow("have form 1, of before Kafka 0.11");
});

test("no bytes make the cursor read behind them, hang or fail with anything else than its errors", () => {
  const valid = Buffer.concat([
    batch({ offset: 0, values: ["a", "b"], producerId: 1 }),
    batch({ offset: 2, values: [], producerId: 1, control: "abort" }),
    batch({ offset: 3, values: ["cccccccccc"], compression: "zstd" }),
    batch({ offset: 4, values: ["dddddddddd"], compression: "gzip" }),
  ]);
  const changes = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 6 });
  fc.assert(
    fc.property(changes, fc.boolean(), fc.nat(valid.length), (places, isSealed, length) => {
      const bytes = Buffer.from(valid.subarray(0, length));
      for (const [at, value] of places) if (at < length) bytes[at] = value;
      // With its checksum made right again, the damage reaches what lies behind it.
      if (isSealed && length > BATCH.records) {
        const end = Math.min(
          length,
          12 + Math.max(BATCH.records - 12, bytes.readInt32BE(BATCH.length)),
        );
        bytes.writeUInt32BE(crc32c(bytes.subarray(BATCH.attributes, end)), BATCH.crc);
      }
      const cursor = new RecordCursor("t", 0);
      cursor.reset({
        records: bytes,
        fetchOffset: 0,
        aborted: [{ producerId: 1n, firstOffset: 0 }],
      });
      assertReadable(cursor);
    }),
    { numRuns: 2000 },
  );
});

/** Reads to the end, or to an error of ours; what is seen lies in the bytes. */
function assertReadable(cursor: RecordCursor): void {
  try {
    for (let count = 0; cursor.next(); count += 1) {
      const { keyStart, valueEnd, headersStart, headersEnd, bytes } = cursor;
      const isInside = keyStart >= -1 && valueEnd <= headersStart && headersEnd <= bytes.length;
      if (!isInside || count > 100) throw new Error("read behind the end, or without end");
    }
  } catch (error) {
    const codes = ["KAFKA_REQUEST_FAILED", "KAFKA_UNSUPPORTED"];
    if (!(error instanceof TailraceError && codes.includes(error.code))) throw error;
  }
}

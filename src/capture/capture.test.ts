import { crc32 } from "node:zlib";
import { expect, test } from "vitest";
import type { ChangeEvent } from "../core/change-event.ts";
import type { SourcePosition } from "../core/checkpoint.ts";
import { systemClock } from "../core/clock.ts";
import { TailraceError } from "../core/errors.ts";
import { Capture } from "./capture.ts";
import { ChangeReader } from "./change-reader.ts";
import { LogPosition } from "./log-position.ts";
import { TableRegistry } from "./table-registry.ts";

const FILE = "binlog.000001";
const ROTATE = 4;
const XID = 16;

/** A packet with one event that ends at `endPosition`, its checksum right or wrong. */
function packet(type: number, endPosition: number, body: Buffer, isDamaged = false): Buffer {
  const event = Buffer.alloc(19 + body.length + 4);
  event[4] = type;
  event.writeUInt32LE(event.length, 9);
  event.writeUInt32LE(endPosition, 13);
  if (endPosition === 0) event[17] = 0x20;
  body.copy(event, 19);
  const checksum = crc32(event.subarray(0, -4)) ^ (isDamaged ? 1 : 0);
  event.writeUInt32LE(checksum >>> 0, event.length - 4);
  const header = Buffer.alloc(5);
  header.writeUIntLE(event.length + 1, 0, 3);
  return Buffer.concat([header, event]);
}

function rotate(position: number): Buffer {
  const body = Buffer.alloc(8 + FILE.length);
  body.writeBigUInt64LE(BigInt(position));
  body.write(FILE, 8);
  return packet(ROTATE, 0, body);
}

test("what has arrived behind a damaged event is not read before the event is read again", async () => {
  const xid = Buffer.alloc(8);
  const resumedAt: (SourcePosition | null)[] = [];
  const connections = [
    [rotate(4), packet(XID, 100, xid), packet(XID, 200, xid, true), packet(XID, 300, xid)],
    [rotate(100), packet(XID, 200, xid), packet(XID, 300, xid)],
  ];
  const position = new LogPosition(0);
  const tables = new TableRegistry({
    isCaptured: () => true,
    flavor: "mysql",
    types: {
      collationOf: () => ({ name: "binary", charset: "binary" }),
      decodeText: (_, bytes) => bytes.toString(),
    },
    describeTable: () => Promise.resolve(null),
  });
  await using capture = new Capture({
    reader: new ChangeReader({ tables, position, isCaptured: () => true }),
    connect: (resumeAt) => {
      resumedAt.push(resumeAt);
      const chunks = [Buffer.concat(connections[resumedAt.length - 1] ?? [])];
      return Promise.resolve({
        checksum: "CRC32",
        read: () => chunks.shift() ?? null,
        wait: () => Promise.resolve(true),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      });
    },
    translateError: (_, message) => new TailraceError("SOURCE_QUERY_FAILED", message),
    clock: { ...systemClock, sleep: () => Promise.resolve() },
    logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    signal: new AbortController().signal,
  });
  const events: ChangeEvent[] = [];
  while (events.length < 3) {
    const event = capture.poll();
    if (event === null) await capture.wait();
    else events.push(event);
  }
  expect(events.map(({ kind }) => kind)).toEqual(["commit", "commit", "commit"]);
  expect(events.map((event) => "position" in event && event.position.position)).toEqual([
    100, 200, 300,
  ]);
  expect(resumedAt).toEqual([null, expect.objectContaining({ file: FILE, position: 100 })]);
});

import { randomBytes } from "node:crypto";
import { crc32, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { PacketReader, type PartedPayloads } from "../binlog/packet-reader.ts";
import { decodeTransactionPayload } from "../binlog/transaction-payload.ts";
import type { ByteSource } from "../core/byte-source.ts";
import { openArrivingPayload } from "./event-sequence.ts";
import { PartedEvent, restOfEvent } from "./parted-event.ts";

const HEADER_BYTES = 19;
const IN_PARTS: PartedPayloads = { minBytes: 100, headBytes: 80, isParted: () => true };

function event(type: number, body: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header[4] = type;
  header.writeUInt32LE(HEADER_BYTES + body.length, 9);
  return Buffer.concat([header, body]);
}

function packed(value: number): Buffer {
  const bytes = Buffer.alloc(9, 0xfe);
  bytes.writeBigUInt64LE(BigInt(value), 1);
  return bytes;
}

/** A packet with a TRANSACTION_PAYLOAD event around these events and its checksum. */
function payloadPacket(inner: readonly Buffer[], compression: "zstd" | "none"): Buffer {
  const plain = Buffer.concat(inner);
  const payload = compression === "zstd" ? zstdCompressSync(plain) : plain;
  const field = (type: number, value: number): Buffer =>
    Buffer.concat([Buffer.from([type, 9]), packed(value)]);
  const body = Buffer.concat([
    field(2, compression === "zstd" ? 0 : 255),
    field(3, plain.length),
    field(1, payload.length),
    Buffer.from([0]),
    payload,
    Buffer.alloc(4),
  ]);
  const bytes = event(40, body);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, -4)), bytes.length - 4);
  const head = Buffer.alloc(5);
  head.writeUIntLE(bytes.length + 1, 0, 3);
  return Buffer.concat([head, bytes]);
}

function byteSource(bytes: Buffer, pieceBytes: number): ByteSource {
  let at = 0;
  let isHere = true;
  return {
    // every other time nothing has arrived yet
    read: () => {
      isHere = !isHere;
      if (isHere || at >= bytes.length) return null;
      return bytes.subarray(at, (at += pieceBytes));
    },
    wait: () => Promise.resolve(at < bytes.length),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Reads the packet as the capture does, from its first part on; adds the inner events to `events` and returns them. */
async function readParts(
  packet: Buffer,
  pieceBytes: number,
  events: Buffer[] = [],
): Promise<Buffer[]> {
  const packets = new PacketReader(IN_PARTS);
  const source = byteSource(packet, pieceBytes);
  while (!packets.next()) {
    const chunk = source.read();
    if (chunk !== null) packets.push(chunk);
  }
  expect(packets.isContinued).toBe(true);
  const part = packets.bytes.subarray(packets.start + 1, packets.end);
  const parted = new PartedEvent(part.readUInt32LE(9), true);
  const first = parted.take(part, false);
  const payload = decodeTransactionPayload(first, HEADER_BYTES, first.length);
  const sequence = openArrivingPayload(payload, restOfEvent(parted, packets, source));
  for (;;) {
    const view = sequence.next();
    if (view === null) return events;
    if (view === "later") await sequence.wait();
    else events.push(Buffer.from(view.bytes.subarray(view.start, view.end)));
  }
}

test("a compressed transaction that comes in parts gives the events that are in it", async () => {
  const bodies = fc.array(fc.uint8Array({ maxLength: 400 }), { minLength: 1, maxLength: 40 });
  const compression = fc.constantFrom("zstd" as const, "none" as const);
  await fc.assert(
    fc.asyncProperty(
      bodies,
      compression,
      fc.integer({ min: 1, max: 300 }),
      async (list, kind, n) => {
        const inner = [randomBytes(400), ...list].map((body) => event(29, Buffer.from(body)));
        const packet = payloadPacket(inner, kind);
        fc.pre(n < packet.length - 10);
        expect(await readParts(packet, n)).toEqual(inner);
      },
    ),
    { numRuns: 60 },
  );
});

test("a large one is worked off while it arrives", async () => {
  const inner = Array.from({ length: 300 }, () => event(29, randomBytes(8_000)));
  const events = await readParts(payloadPacket(inner, "zstd"), 65_536);
  expect(Buffer.concat(events).equals(Buffer.concat(inner))).toBe(true);
});

test("a damaged one fails before its last event", async () => {
  const inner = [event(29, randomBytes(5_000)), event(16, Buffer.alloc(8))];
  for (const compression of ["zstd", "none"] as const) {
    const packet = payloadPacket(inner, compression);
    const last = packet.length - 1;
    packet[last] = packet[last]! ^ 1;
    for (const pieceBytes of [500, last - 3, last])
      await expect(readParts(packet, pieceBytes)).rejects.toMatchObject({
        code: "BINLOG_CHECKSUM",
      });
  }
});

test("a payload longer than its event is corrupt", async () => {
  const packet = payloadPacket([event(29, randomBytes(5_000))], "none");
  // the packed payload size, behind two other fields
  const at = 5 + HEADER_BYTES + 11 + 11 + 2 + 1;
  packet.writeBigUInt64LE(packet.readBigUInt64LE(at) + 1n, at);
  packet.writeUInt32LE(crc32(packet.subarray(5, -4)), packet.length - 4);
  await expect(readParts(packet, 500)).rejects.toMatchObject({ code: "BINLOG_CORRUPT" });
});

test("a connection that ends inside the event is unreachable", async () => {
  const packet = payloadPacket([event(29, randomBytes(5_000))], "zstd");
  const cut = packet.subarray(0, 3_000);
  await expect(readParts(cut, 500)).rejects.toMatchObject({ code: "SOURCE_UNREACHABLE" });
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { EVENT_FORMAT, Framer, PACKET_FORMAT } from "./framer.ts";
import { PacketReader } from "./packet-reader.ts";

function packet(payload: Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.from([payload.length & 0xff, (payload.length >> 8) & 0xff, payload.length >> 16, 0]),
    payload,
  ]);
}

function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted(
    (a, b) => a - b,
  );
  return [...places, bytes.length].map((end, i) =>
    bytes.subarray(i === 0 ? 0 : places[i - 1]!, end),
  );
}

test("packets come out whole wherever the bytes were cut", () => {
  const payloads = fc.array(fc.uint8Array({ minLength: 0, maxLength: 300 }), { maxLength: 8 });
  fc.assert(
    fc.property(payloads, fc.array(fc.nat(), { maxLength: 12 }), (expected, cuts) => {
      const reader = new PacketReader();
      const seen: string[] = [];
      for (const chunk of pieces(Buffer.concat(expected.map(packet)), cuts)) {
        reader.push(chunk);
        while (reader.next()) seen.push(reader.bytes.toString("hex", reader.start, reader.end));
      }
      expect(seen).toEqual(expected.map((payload) => Buffer.from(payload).toString("hex")));
    }),
  );
});

test("a payload of 16 MiB and more is joined from its packets", () => {
  const payload = Buffer.alloc(0xff_ff_ff + 5, 7);
  const bytes = Buffer.concat([
    packet(payload.subarray(0, 0xff_ff_ff)),
    packet(payload.subarray(0xff_ff_ff)),
  ]);
  const reader = new PacketReader();
  const seen: Buffer[] = [];
  for (let i = 0; i < bytes.length; i += 1_000_003) {
    reader.push(bytes.subarray(i, i + 1_000_003));
    while (reader.next()) seen.push(Buffer.from(reader.bytes.subarray(reader.start, reader.end)));
  }
  expect(seen.map((each) => each.equals(payload))).toEqual([true]);
});

test("an event that announces less than its header or more than any server writes is corrupt", () => {
  for (const size of [18, 0xffff_ffff]) {
    const event = Buffer.alloc(19);
    event.writeUInt32LE(size, 9);
    const framer = new Framer(EVENT_FORMAT);
    framer.push(event);
    expect(() => framer.next()).toThrow(expect.objectContaining({ code: "BINLOG_CORRUPT" }));
  }
});

test("bytes that end inside a frame are reported", () => {
  const framer = new Framer(PACKET_FORMAT);
  framer.push(Buffer.from([5, 0, 0, 0, 1, 2]));
  expect(framer.next()).toBe(false);
  expect(framer.isInsideFrame).toBe(true);
});

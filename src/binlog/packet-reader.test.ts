import fc from "fast-check";
import { expect, test } from "vitest";
import { PacketReader, type PartedPayloads } from "./packet-reader.ts";

const MAX_PAYLOAD_BYTES = 0xff_ff_ff;
const PARTED_MARK = 0xab;
const PARTED: PartedPayloads = {
  minBytes: 40,
  headBytes: 10,
  isParted: (bytes, start) => bytes[start] === PARTED_MARK,
};

function packets(payload: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUIntLE(Math.min(payload.length, MAX_PAYLOAD_BYTES), 0, 3);
  const packet = Buffer.concat([head, payload.subarray(0, MAX_PAYLOAD_BYTES)]);
  if (payload.length < MAX_PAYLOAD_BYTES) return packet;
  return Buffer.concat([packet, packets(payload.subarray(MAX_PAYLOAD_BYTES))]);
}

/** All payloads that come out, those in parts put together, and the sizes of the parts of each. */
function readAll(
  bytes: Buffer,
  pieceBytes: readonly number[],
): { payloads: Buffer[]; parts: number[][] } {
  const reader = new PacketReader(PARTED);
  const payloads: Buffer[] = [];
  const parts: number[][] = [];
  let open: Buffer[] = [];
  for (let at = 0, piece = 0; at < bytes.length; piece++) {
    const size = pieceBytes[piece % pieceBytes.length]!;
    // a copy: the reader may not look at a chunk after the next one was pushed
    const chunk = Buffer.from(bytes.subarray(at, at + size));
    at += size;
    reader.push(chunk);
    while (reader.next()) {
      open.push(Buffer.from(reader.bytes.subarray(reader.start, reader.end)));
      if (reader.isContinued) continue;
      payloads.push(Buffer.concat(open));
      parts.push(open.map((part) => part.length));
      open = [];
    }
    chunk.fill(0);
  }
  expect(open).toEqual([]);
  return { payloads, parts };
}

test("payloads are the same in parts or whole, wherever the bytes were cut", () => {
  const payload = fc
    .tuple(fc.boolean(), fc.uint8Array({ minLength: 0, maxLength: 200 }))
    .map(([isParted, bytes]) => Buffer.from(isParted ? [PARTED_MARK, ...bytes] : bytes));
  const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(fc.array(payload, { maxLength: 8 }), sizes, (expected, pieceBytes) => {
      const { payloads } = readAll(Buffer.concat(expected.map(packets)), pieceBytes);
      expect(payloads).toEqual(expected);
    }),
  );
});

test("only a long payload of the chosen kind that is not here whole comes in parts", () => {
  const long = Buffer.alloc(100, 1);
  const parted = Buffer.alloc(100, PARTED_MARK);
  const short = Buffer.alloc(39, PARTED_MARK);
  const bytes = Buffer.concat([long, parted, short].map(packets));
  expect(readAll(bytes, [30]).parts.map((sizes) => sizes.length)).toEqual([1, 4, 1]);
  expect(readAll(bytes, [1000]).parts.map((sizes) => sizes.length)).toEqual([1, 1, 1]);
});

test.each([1, 0, MAX_PAYLOAD_BYTES])(
  "parts go on over packets of 16 MiB − 1, with %d bytes in the last but one",
  (more) => {
    const payload = Buffer.alloc(MAX_PAYLOAD_BYTES + more, 7);
    payload[0] = PARTED_MARK;
    const after = Buffer.from("after");
    const bytes = Buffer.concat([payload, after].map(packets));
    for (const pieceBytes of [1_000_003, MAX_PAYLOAD_BYTES + 3]) {
      const { payloads } = readAll(bytes, [pieceBytes]);
      expect(payloads.map((each, i) => each.equals(i === 0 ? payload : after))).toEqual([
        true,
        true,
      ]);
    }
  },
);

import fc from "fast-check";
import { expect, test } from "vitest";
import { sizeOfVarint, VarintReader, writeVarint } from "./varint.ts";

const integers = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer({ min: -200, max: 200 }),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
);

test("a number is written in the size announced, as Kafka writes it, and read back", () => {
  fc.assert(
    fc.property(integers, (value) => {
      // zigzag of the largest needs 54 bits
      fc.pre(Math.abs(value) < 2 ** 52);
      const bytes = Buffer.alloc(12, 0xff);
      const end = writeVarint(bytes, 1, value);
      expect(end - 1).toBe(sizeOfVarint(value));
      expect(bytes.subarray(1, end)).toEqual(expectedVarint(BigInt(value)));
      const reader = new VarintReader(bytes, 1, end);
      expect(reader.next()).toBe(value);
      expect(reader.at).toBe(end);
    }),
  );
});

test("a varint that does not end before the end is refused, and nothing is read behind it", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 12 }), fc.nat(12), (bytes, end) => {
      const reader = new VarintReader(Buffer.from(bytes), 0, Math.min(end, bytes.length));
      expect(readable(reader)).toBe(true);
    }),
  );
});

function readable(reader: VarintReader): boolean {
  try {
    reader.next();
  } catch (error) {
    return error instanceof RangeError;
  }
  return reader.at <= reader.end;
}

/** As https://protobuf.dev/programming-guides/encoding has it, in 64 bits. */
function expectedVarint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}

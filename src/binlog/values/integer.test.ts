import fc from "fast-check";
import { expect, test } from "vitest";
import * as integer from "./integer.ts";

type Writer = (b: Buffer, p: number, out: Buffer, o: number) => number;

const out = Buffer.alloc(64);

/** What `write` makes of the low `size` bytes of `value`; the bytes around it must not matter, nor may it write past its text. */
function written(write: Writer, value: bigint, size: number): string {
  const b = Buffer.alloc(size + 2, 0xa5);
  for (let i = 0; i < size; i++) b[1 + i] = Number((value >> BigInt(8 * i)) & 0xffn);
  out.fill("#");
  const end = write(b, 1, out, 3);
  expect(end - 3).toBeLessThanOrEqual(6 * size + integer.INTEGER_JSON_BOUND);
  expect(out[end]).toBe(0x23);
  return out.toString("latin1", 3, end);
}

const TYPES: readonly [string, number, Writer, Writer][] = [
  ["TINYINT", 1, integer.writeTiny, integer.writeTinyUnsigned],
  ["SMALLINT", 2, integer.writeShort, integer.writeShortUnsigned],
  ["MEDIUMINT", 3, integer.writeInt24, integer.writeInt24Unsigned],
  ["INT", 4, integer.writeLong, integer.writeLongUnsigned],
  ["BIGINT", 8, integer.writeLongLong, integer.writeLongLongUnsigned],
];

/** Powers of two and ten and their neighbours: where digits and halves begin. */
const EDGES: readonly bigint[] = [
  ...Array.from({ length: 64 }, (_, i) => 1n << BigInt(i)),
  ...Array.from({ length: 20 }, (_, i) => 10n ** BigInt(i)),
].flatMap((value) => [-2n, -1n, 0n, 1n, 2n].map((step) => value + step));

test.each(TYPES)("%s is printed as BigInt prints it", (_, size, signed, unsigned) => {
  const check = (value: bigint): void => {
    expect(written(signed, value, size)).toBe(String(BigInt.asIntN(8 * size, value)));
    expect(written(unsigned, value, size)).toBe(String(BigInt.asUintN(8 * size, value)));
  };
  for (const edge of EDGES) {
    check(edge);
    check(-edge);
  }
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: (1n << BigInt(8 * size)) - 1n }), check));
});

test("every value of 16 bits is printed exactly", () => {
  const wrong: number[] = [];
  for (let value = 0; value < 0x10000; value++) {
    const end = integer.writeUint32(value, out, 0);
    if (out.toString("latin1", 0, end) !== String(value)) wrong.push(value);
  }
  expect(wrong).toEqual([]);
});

test("integers below 2^53 are printed exactly, also next to multiples of 10^8", () => {
  const check = (value: number): void => {
    expect(out.toString("latin1", 0, integer.writeUint53(value, out, 0))).toBe(String(value));
  };
  check(Number.MAX_SAFE_INTEGER);
  fc.assert(fc.property(fc.maxSafeNat(), check));
  fc.assert(
    fc.property(fc.integer({ min: 43, max: 90071992 }), (high) => {
      check(high * 1e8);
      check(high * 1e8 - 1);
      check(high * 1e8 + 1);
    }),
  );
});

test("64-bit halves may be signed or unsigned numbers", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), (value) => {
      const low = Number(value & 0xffffffffn);
      const high = Number(value >> 32n);
      const end = integer.writeUint64(low, high, out, 0);
      expect(out.toString("latin1", 0, end)).toBe(String(value));
      const sameEnd = integer.writeInt64(low | 0, high | 0, out, 0);
      expect(out.toString("latin1", 0, sameEnd)).toBe(String(BigInt.asIntN(64, value)));
    }),
  );
});

test("YEAR counts from 1900, and 0 is the year 0", () => {
  expect(written(integer.writeYear, 0n, 1)).toBe("0");
  expect(written(integer.writeYear, 1n, 1)).toBe("1901");
  expect(written(integer.writeYear, 126n, 1)).toBe("2026");
  expect(written(integer.writeYear, 255n, 1)).toBe("2155");
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { formatUint64, writeUint64 } from "./uint64-digits.ts";

function digits(value: bigint): string {
  const out = Buffer.alloc(24);
  const end = writeUint64(Number(value >> 32n), Number(value & 0xffffffffn), out, 2);
  return out.toString("latin1", 2, end);
}

test("prints every 64-bit number as BigInt does", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
      expect(digits(value)).toBe(value.toString());
      expect(formatUint64(Number(value >> 32n), Number(value & 0xffffffffn))).toBe(String(value));
    }),
  );
});

test("prints the numbers around powers of ten and of two", () => {
  const edges = [];
  for (let power = 0n; power < 20n; power++) edges.push(10n ** power);
  for (let power = 0n; power < 64n; power++) edges.push(2n ** power);
  for (const edge of [...edges, 2n ** 64n - 2n]) {
    for (const value of [edge - 1n, edge, edge + 1n]) expect(digits(value)).toBe(value.toString());
  }
});

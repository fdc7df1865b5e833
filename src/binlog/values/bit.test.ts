import fc from "fast-check";
import { expect, test } from "vitest";
import { BIT_JSON_BOUND, bitSize, writeBit } from "./bit.ts";

test("a BIT of any width is an unsigned number", () => {
  const values = fc
    .integer({ min: 1, max: 64 })
    .chain((bits) =>
      fc.tuple(fc.constant(bits), fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n })),
    );
  fc.assert(
    fc.property(values, ([bits, value]) => {
      const hex = value.toString(16).padStart(2 * bitSize(bits), "0");
      const out = Buffer.alloc(64, "#");
      const end = writeBit(Buffer.from(`a5${hex}5a`, "hex"), 1, bits, out, 3);
      expect(out.toString("latin1", 3, end)).toBe(String(value));
      expect(out[end]).toBe(0x23);
      expect(end - 3).toBeLessThanOrEqual(6 * bitSize(bits) + BIT_JSON_BOUND);
    }),
    { numRuns: 1000 },
  );
});

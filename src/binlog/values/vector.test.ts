import fc from "fast-check";
import { expect, test } from "vitest";
import { TailraceError } from "../../core/errors.ts";
import { writeVector } from "./vector.ts";

test("a vector is the array of its floats and keeps to the bound", () => {
  fc.assert(
    fc.property(fc.float32Array({ noNaN: true, noDefaultInfinity: true }), (floats) => {
      const b = Buffer.from(floats.buffer, floats.byteOffset, floats.byteLength);
      const out = Buffer.alloc(6 * b.length + 10, 0xee);
      const end = writeVector(b, 0, b.length, out, 0);
      expect(end).toBeLessThanOrEqual(6 * b.length + 2);
      const numbers = JSON.parse(out.toString("utf8", 0, end)) as number[];
      expect(numbers.map(Math.fround)).toEqual(Array.from(floats, (value) => value + 0));
    }),
  );
});

test("floats print in their fewest digits", () => {
  const b = Buffer.from(Float32Array.of(1, 0.1, -2.5, 3.4028234663852886e38).buffer);
  const out = Buffer.alloc(200);
  expect(out.toString("latin1", 0, writeVector(b, 0, b.length, out, 0))).toBe(
    "[1,0.1,-2.5,3.4028235e+38]",
  );
});

test("bytes that are no whole floats are refused", () => {
  expect(() => writeVector(Buffer.alloc(7), 0, 7, Buffer.alloc(100), 0)).toThrow(TailraceError);
});

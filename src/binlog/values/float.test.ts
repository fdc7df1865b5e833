import fc from "fast-check";
import { expect, test } from "vitest";
import { float32Text } from "../../core/float-text.ts";
import { FLOAT_JSON_BOUND, writeDouble, writeFloat } from "./float.ts";

function written(
  write: (b: Buffer, p: number, out: Buffer, o: number) => number,
  b: Buffer,
): string {
  const out = Buffer.alloc(64, "#");
  const end = write(Buffer.concat([Buffer.of(0xa5), b, Buffer.of(0x5a)]), 1, out, 3);
  expect(end - 3).toBeLessThanOrEqual(6 * b.length + FLOAT_JSON_BOUND);
  expect(out[end]).toBe(0x23);
  return out.toString("latin1", 3, end);
}

function double(value: number): string {
  const b = Buffer.alloc(8);
  b.writeDoubleLE(value);
  return written(writeDouble, b);
}

function float(value: number): string {
  const b = Buffer.alloc(4);
  b.writeFloatLE(value);
  return written(writeFloat, b);
}

/** Integers, amounts, coordinates and the rest. */
const doubles = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.maxSafeInteger(),
  fc.tuple(fc.maxSafeInteger(), fc.integer({ min: 0, max: 17 })).map(([n, e]) => n / 10 ** e),
);

test("a DOUBLE is printed as JavaScript prints the number", () => {
  fc.assert(
    fc.property(doubles, (value) => {
      expect(double(value)).toBe(String(value));
    }),
    { numRuns: 3000 },
  );
  for (const value of [0, 0.05, 12.5, -0.01, 1e21, 1e-7, 5e-324, 1.7976931348623157e308, 1e15]) {
    expect(double(value)).toBe(String(value));
    expect(double(-value)).toBe(value === 0 ? "0" : String(-value));
  }
});

/** Shortest of 6 to 9 digits that reads back as the same FLOAT. */
function shortest(value: number): string {
  for (let digits = 6; digits <= 9; digits++) {
    const text = String(Number(value.toPrecision(digits)));
    if (Math.fround(Number(text)) === value) return text;
  }
  return expect.fail(`no text for ${value}`);
}

test("a FLOAT is printed with the fewest digits that read back as the same FLOAT", () => {
  const floats = fc.oneof(
    fc.float({ noNaN: true, noDefaultInfinity: true }),
    doubles.map(Math.fround).filter(Number.isFinite),
  );
  fc.assert(
    fc.property(floats, (value) => {
      expect(float(value)).toBe(shortest(value));
      expect(float32Text(value)).toBe(shortest(value));
    }),
    { numRuns: 3000 },
  );
  expect(float(Math.fround(0.1))).toBe("0.1");
  expect(float(16777216)).toBe("16777216");
  expect(float(3.4028234663852886e38)).toBe("3.4028235e+38");
  expect(float(1.401298464324817e-45)).toBe("1.4013e-45");
});

test("FLOATs around the powers of ten are printed as the others", () => {
  const bits = new Uint32Array(1);
  const value = new Float32Array(bits.buffer);
  for (let exponent = -6; exponent <= 8; exponent++) {
    value[0] = 10 ** exponent;
    const middle = bits[0]!;
    for (let step = -20; step <= 20; step++) {
      bits[0] = middle + step;
      expect(float(value[0])).toBe(shortest(value[0]));
    }
  }
});

test("what is not a number in JSON is null", () => {
  for (const value of [NaN, Infinity, -Infinity]) {
    expect(double(value)).toBe("null");
    expect(float(value)).toBe("null");
  }
});

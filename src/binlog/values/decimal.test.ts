import fc from "fast-check";
import { expect, test } from "vitest";
import { DECIMAL_JSON_BOUND, decimalSize, writeDecimal } from "./decimal.ts";

/** MySQL's encoding, computed on the whole number: `unscaled` / 10^`scale`. */
function encode(unscaled: bigint, precision: number, scale: number): Buffer {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(precision, "0");
  const whole = digits.slice(0, precision - scale);
  const lead = whole.length % 9;
  const groups = [
    whole.slice(0, lead),
    ...(whole.slice(lead).match(/.{9}/g) ?? []),
    ...(digits.slice(precision - scale).match(/.{1,9}/g) ?? []),
  ].filter((group) => group !== "");
  const hex = groups.map((group) => {
    const bytes = Math.min(4, Math.ceil(group.length / 2));
    return Number(group)
      .toString(16)
      .padStart(2 * bytes, "0");
  });
  const b = Buffer.from(hex.join(""), "hex");
  if (unscaled < 0n) for (let i = 0; i < b.length; i++) b[i]! ^= 0xff;
  b[0]! ^= 0x80;
  return b;
}

function print(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, "0");
  const point = digits.length - scale;
  const fraction = scale === 0 ? "" : `.${digits.slice(point)}`;
  return `${unscaled < 0n ? "-" : ""}${digits.slice(0, point)}${fraction}`;
}

function written(b: Buffer, precision: number, scale: number): string {
  const out = Buffer.alloc(200, "#");
  const row = Buffer.concat([Buffer.of(0xa5), b, Buffer.of(0x5a)]);
  const end = writeDecimal(row, 1, precision, scale, out, 3);
  expect(end - 3 + 2).toBeLessThanOrEqual(6 * b.length + DECIMAL_JSON_BOUND);
  expect(out[end]).toBe(0x23);
  return out.toString("latin1", 3, end);
}

const shapes = fc
  .integer({ min: 1, max: 65 })
  .chain((precision) =>
    fc.tuple(fc.constant(precision), fc.integer({ min: 0, max: Math.min(30, precision) })),
  );

test("a DECIMAL of any shape is printed digit for digit", () => {
  const values = shapes.chain(([precision, scale]) => {
    const most = 10n ** BigInt(precision) - 1n;
    return fc.tuple(fc.constant([precision, scale] as const), fc.bigInt({ min: -most, max: most }));
  });
  const check = (precision: number, scale: number, unscaled: bigint): void => {
    const b = encode(unscaled, precision, scale);
    expect(b.length).toBe(decimalSize(precision, scale));
    expect(written(b, precision, scale)).toBe(print(unscaled, scale));
  };
  fc.assert(
    fc.property(values, ([[precision, scale], unscaled]) => {
      check(precision, scale, unscaled);
      // Fewer digits: leading groups of zeros.
      check(precision, scale, unscaled / 10n ** BigInt(precision >> 1));
    }),
    { numRuns: 1000 },
  );
});

test("every shape prints zero, its least and its greatest value", () => {
  const wrong: string[] = [];
  for (let precision = 1; precision <= 65; precision++) {
    for (let scale = 0; scale <= Math.min(30, precision); scale++) {
      const most = 10n ** BigInt(precision) - 1n;
      for (const unscaled of [0n, 1n, -1n, most, -most]) {
        const text = written(encode(unscaled, precision, scale), precision, scale);
        if (text !== print(unscaled, scale)) wrong.push(text);
      }
    }
  }
  expect(wrong).toEqual([]);
});

test("the example of the server's source is read", () => {
  expect(written(Buffer.from("810dfb38d204d2", "hex"), 14, 4)).toBe("1234567890.1234");
  expect(written(Buffer.from("7ef204c72dfb2d", "hex"), 14, 4)).toBe("-1234567890.1234");
});

test("a group with more digits than it has room for is corrupt", () => {
  for (const [precision, scale] of [
    [9, 0],
    [9, 9],
    [10, 2],
    [20, 0],
    [30, 30],
    [40, 20],
    [12, 11],
  ] as const) {
    const b = Buffer.alloc(decimalSize(precision, scale), 0xff);
    expect(() => written(b, precision, scale)).toThrow(
      expect.objectContaining({ code: "BINLOG_CORRUPT" }),
    );
  }
});

import fc from "fast-check";
import { expect, test } from "vitest";
import {
  BINARY_JSON_BOUND,
  fixedBinaryJsonBound,
  writeBinary,
  writeFixedBinary,
} from "./binary.ts";

test("bytes of any length are a base64 string", () => {
  const check = (bytes: Uint8Array): void => {
    const b = Buffer.concat([Buffer.of(0xa5), bytes, Buffer.of(0x5a)]);
    const bound = 6 * bytes.length + BINARY_JSON_BOUND;
    const out = Buffer.alloc(bound + 4, "#");
    const end = writeBinary(b, 1, bytes.length, out, 3);
    expect(end - 3).toBeLessThanOrEqual(bound);
    expect(out[end]).toBe(0x23);
    expect(out.toString("latin1", 3, end)).toBe(`"${Buffer.from(bytes).toString("base64")}"`);
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), check));
  for (const length of [0, 1, 2, 3, 63, 64, 65, 24575, 24576, 24577, 100000]) {
    check(Uint8Array.from({ length }, (_, i) => (i * 167 + 13) & 0xff));
  }
});

test("a BINARY gets its trailing zero bytes back", () => {
  fc.assert(
    fc.property(
      fc
        .integer({ min: 0, max: 255 })
        .chain((fixed) => fc.tuple(fc.constant(fixed), fc.uint8Array({ maxLength: fixed }))),
      ([fixedLength, bytes]) => {
        const whole = Buffer.concat([bytes, Buffer.alloc(fixedLength - bytes.length)]);
        const out = Buffer.alloc(fixedBinaryJsonBound(fixedLength) + 4, "#");
        const end = writeFixedBinary(Buffer.from(bytes), 0, bytes.length, fixedLength, out, 3);
        expect(end - 3).toBeLessThanOrEqual(fixedBinaryJsonBound(fixedLength));
        expect(out.toString("latin1", 3, end)).toBe(`"${whole.toString("base64")}"`);
      },
    ),
    { numRuns: 500 },
  );
});

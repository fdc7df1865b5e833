import { expect, test } from "vitest";
import { readDecimal, readShortDecimal } from "./values/read-scalar.ts";
import { decimalSize, writeDecimal } from "./values/decimal.ts";
import { readTime } from "./values/read-temporal.ts";
import { writeTime } from "./values/temporal.ts";
import { createRandom } from "../../scripts/support/random.ts";

test("a DECIMAL's value is what its text says, whatever its digits", () => {
  const random = createRandom(7, "decimals");
  const out = Buffer.alloc(200);
  let compared = 0;
  for (let i = 0; i < 4_000; i++) {
    const precision = random.integer(1, random.pick([15, 65]));
    const scale = random.integer(0, Math.min(30, precision));
    const flip = random.pick([0, 0xff]);
    const b = Buffer.from(
      Array.from({ length: decimalSize(precision, scale) }, () => random.integer(0, 3) ^ flip),
    );
    b[0]! ^= 0x80;
    let text: string;
    try {
      text = out.toString("latin1", 0, writeDecimal(b, 0, precision, scale, out, 0));
    } catch {
      continue;
    }
    const value = BigInt(text.replace(".", ""));
    const short = precision > 15 ? value : readShortDecimal(b, 0, precision - scale, scale);
    expect(readDecimal(b, 0, precision, scale)).toBe(value);
    expect(short).toBe(precision > 15 ? value : Number(value));
    compared += 1;
  }
  expect(compared).toBeGreaterThan(500);
});

test("a TIME's value is what its text says", () => {
  const out = Buffer.alloc(40);
  for (const [bytes, fraction] of [
    [[0x7f, 0xff, 0xff, 0xce], 2],
    [[0x80, 0x10, 0x83], 0],
    [[0x4b, 0x91, 0x05], 0],
    [[0x7f, 0xff, 0xff, 0xf8, 0x5e, 0xe0], 6],
  ] as const) {
    const b = Buffer.from(bytes);
    const text = out.toString("latin1", 1, writeTime(b, 0, fraction, out, 0) - 1);
    const { hour, minute, second, microsecond, isNegative } = readTime(b, 0, fraction);
    const parts = [hour, minute, second].map((part) => String(part).padStart(2, "0"));
    const shown = String(microsecond).padStart(6, "0").slice(0, fraction);
    expect(`${isNegative ? "-" : ""}${parts.join(":")}${fraction > 0 ? `.${shown}` : ""}`).toBe(
      text,
    );
  }
});

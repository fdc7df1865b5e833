import { expect, test } from "vitest";
import { writeCanalOrdinal, writeCanalYear, writeFixedLatin1, writeLatin1 } from "./canal.ts";
import { writeCanalDate, writeCanalOldDatetime, writeCanalOldTimestamp } from "./canal-temporal.ts";

/** What a writer makes of the bytes, given as hex. */
function written(hex: string, write: (b: Buffer, out: Buffer) => number): unknown {
  const out = Buffer.alloc(256);
  return JSON.parse(out.toString("utf8", 0, write(Buffer.from(hex, "hex"), out)));
}

test.each([
  ["000000", "0000-00-00"],
  ["00b80f", "2012-00-00"],
  ["5eb80f", "2012-02-30"],
  ["77d50f", "2026-11-23"],
])("the DATE %s is %s", (hex, text) => {
  expect(written(hex, (b, out) => writeCanalDate(b, 0, out, 0))).toBe(text);
});

test.each([
  [0n, "0000-00-00 00:00:00"],
  [20_120_000_010_203n, "2012-00-00 01:02:03"],
  [20_261_123_102_030n, "2026-11-23 10:20:30"],
])("the DATETIME from before MySQL 5.6 %d is %s", (number, text) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(number);
  const write = (b: Buffer, out: Buffer): number => writeCanalOldDatetime(b, 0, out, 0);
  expect(written(bytes.toString("hex"), write)).toBe(text);
});

test.each([
  ["00000000", "0000-00-00 00:00:00"],
  ["01000000", "1970-01-01 00:00:01"],
])("the TIMESTAMP from before MySQL 5.6 %s is %s", (hex, text) => {
  expect(written(hex, (b, out) => writeCanalOldTimestamp(b, 0, out, 0))).toBe(text);
});

test("bytes are Latin-1, a BINARY with the zeros that its row lacks", () => {
  expect(written("00225c7fff41", (b, out) => writeLatin1(b, 0, b.length, out, 0))).toBe(
    '\0"\\\x7f\xffA',
  );
  expect(written("41ff", (b, out) => writeFixedLatin1(b, 0, 2, 4, out, 0))).toBe("A\xff\0\0");
});

test("ordinals and masks are unsigned", () => {
  expect(written("ffff", (b, out) => writeCanalOrdinal(b, 0, 2, out, 0))).toBe("65535");
  expect(written("ffffffff", (b, out) => writeCanalOrdinal(b, 0, 4, out, 0))).toBe("4294967295");
  expect(written("ff".repeat(8), (b, out) => writeCanalOrdinal(b, 0, 8, out, 0))).toBe(
    "18446744073709551615",
  );
});

test("the year 0000 has four digits", () => {
  expect(written("00", (b, out) => writeCanalYear(b, 0, out, 0))).toBe("0000");
  expect(written("7e", (b, out) => writeCanalYear(b, 0, out, 0))).toBe("2026");
});

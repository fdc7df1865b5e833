import { expect, test } from "vitest";
import { isWithin, versionOf } from "./version.ts";

test("the version of a place is that of the event that ends there", () => {
  const version = versionOf(3, { file: "binlog.000002", position: 2 ** 33 + 1234 });
  expect((BigInt(version.high) << 32n) | BigInt(version.low)).toBe(
    (3n << 55n) | (2n << 35n) | (2n ** 33n + 1234n),
  );
});

test("places compare by the number of their file, then by position", () => {
  const place = { file: "binlog.999999", position: 400 };
  expect(isWithin(place, place)).toBe(true);
  expect(isWithin(place, { file: "binlog.999999", position: 399 })).toBe(false);
  expect(isWithin(place, { file: "binlog.1000000", position: 4 })).toBe(true);
  expect(isWithin({ file: "binlog.1000000", position: 4 }, place)).toBe(false);
});

test("a place that no version has room for is refused", () => {
  expect(() => versionOf(0, { file: "binlog", position: 4 })).toThrow(/BINLOG_UNSUPPORTED|fit/);
  expect(() => versionOf(0, { file: "binlog.1", position: 2 ** 35 })).toThrow(/fit/);
});

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { formatDuration, formatSize, parseDuration, parseSize } from "./units.ts";

test.each([
  ["200ms", 200],
  ["5s", 5_000],
  ["1.5m", 90_000],
  ["2 h", 7_200_000],
  ["1d", 86_400_000],
  ["0s", 0],
])("the duration %s is %d ms", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each([
  ["512B", 512],
  ["4MiB", 4 * 1024 * 1024],
  ["10MB", 10_000_000],
  ["1.5KiB", 1536],
])("the size %s is %d bytes", (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test.each([
  "",
  "5",
  "5 seconds",
  "-5s",
  "s",
  "5S",
  "1e3s",
  "5s5",
  "5constructor",
  "9".repeat(30) + "d",
])("%j is no duration", (text) => {
  expect(parseDuration(text)).toBeNull();
});

test("what is formatted reads back as itself", () => {
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 40 }), (value) => {
      expect(parseDuration(formatDuration(value))).toBe(value);
      expect(parseSize(formatSize(value))).toBe(value);
    }),
  );
  expect([formatDuration(200), formatDuration(60_000), formatDuration(0)]).toEqual([
    "200ms",
    "1m",
    "0ms",
  ]);
  expect([formatSize(4 * 1024 * 1024), formatSize(1000), formatSize(0)]).toEqual([
    "4MiB",
    "1000B",
    "0B",
  ]);
});

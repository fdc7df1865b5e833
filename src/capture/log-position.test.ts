import { expect, test } from "vitest";
import { LogPosition } from "./log-position.ts";

function version(position: LogPosition): bigint {
  return (BigInt(position.versionHigh) << 32n) | BigInt(position.versionLow);
}

test("a version is epoch, file number and end position", () => {
  const position = new LogPosition(3);
  position.rotate("binlog.000002", 4);
  position.advance(1234);
  expect(version(position)).toBe((3n << 55n) | (2n << 35n) | 1234n);
});

test("versions grow over the roll from 999999 to 1000000, and over epochs", () => {
  const position = new LogPosition(0);
  position.rotate("binlog.999999", 4);
  position.advance(0xffff_fff0);
  const before = version(position);
  position.rotate("binlog.1000000", 4);
  expect(version(position)).toBeGreaterThan(before);
  const next = new LogPosition(1);
  next.rotate("binlog.000001", 4);
  expect(version(next)).toBeGreaterThan(version(position));
});

test("positions go on past 4 GiB although events hold 32 bits of them", () => {
  const position = new LogPosition(0);
  position.rotate("binlog.000001", 4);
  position.advance(0xffff_ff00);
  position.advance(0x10);
  expect(position.position).toBe(2 ** 32 + 0x10);
  position.advance(0x20);
  expect(position.position).toBe(2 ** 32 + 0x20);
  expect(version(position)).toBe((1n << 35n) | (1n << 32n) | 0x20n);
});

test("the greatest epoch still gives a positive 64-bit version", () => {
  const position = new LogPosition(255);
  position.rotate("binlog.1048575", 4);
  expect(version(position)).toBeLessThan(2n ** 63n);
});

test("a file name without a number is refused", () => {
  expect(() => new LogPosition(0).rotate("binlog", 4)).toThrow(
    expect.objectContaining({ code: "BINLOG_UNSUPPORTED" }),
  );
});

test("a position that would run into the file number of a version is refused", () => {
  const position = new LogPosition(0);
  position.rotate("binlog.000001", 2 ** 35 - 100);
  expect(() => position.advance(10)).toThrow(
    expect.objectContaining({ code: "BINLOG_UNSUPPORTED" }),
  );
});

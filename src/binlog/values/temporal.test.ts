import fc from "fast-check";
import { expect, test } from "vitest";
import {
  TEMPORAL_JSON_BOUND,
  datetimeSize,
  timeSize,
  timestampSize,
  writeDate,
  writeDatetime,
  writeTime,
  writeTimestamp,
} from "./temporal.ts";
import { writeOldDatetime, writeOldTime, writeOldTimestamp } from "./temporal-old.ts";

type Writer = (b: Buffer, p: number, out: Buffer, o: number) => number;
type FractionWriter = (b: Buffer, p: number, fraction: number, out: Buffer, o: number) => number;

function written(write: Writer, bytes: string): string {
  const out = Buffer.alloc(64, "#");
  const end = write(Buffer.from(`a5${bytes}5a`, "hex"), 1, out, 3);
  expect(end - 3).toBeLessThanOrEqual(3 * bytes.length + TEMPORAL_JSON_BOUND);
  return out.toString("latin1", 3, end);
}

function withFraction(write: FractionWriter, fraction: number): Writer {
  return (b, p, out, o) => write(b, p, fraction, out, o);
}

function hex(value: number, bytes: number): string {
  return value.toString(16).padStart(2 * bytes, "0");
}

function littleEndian(value: number, bytes: number): string {
  return Buffer.from(Buffer.from(hex(value, bytes), "hex").toReversed()).toString("hex");
}

/** The fraction's bytes of `micros`, cut to `fraction` digits as the server does. */
function fractionHex(micros: number, fraction: number): string {
  const cut = micros - (micros % 10 ** (6 - fraction));
  const bytes = (fraction + 1) >> 1;
  return bytes === 0 ? "" : hex(cut / 10 ** (6 - 2 * bytes), bytes);
}

function fractionText(micros: number, fraction: number): string {
  return fraction === 0 ? "" : `.${String(micros).padStart(6, "0").slice(0, fraction)}`;
}

const fractions = fc.integer({ min: 0, max: 6 });
const micros = fc.integer({ min: 0, max: 999999 });
const dates = fc.date({
  min: new Date("0000-01-01T00:00:00Z"),
  max: new Date("9999-12-31T23:59:59Z"),
  noInvalidDate: true,
});

function dateHex(year: number, month: number, day: number): string {
  return littleEndian((year << 9) | (month << 5) | day, 3);
}

function datetimeHex(year: number, month: number, day: number, clock: number): string {
  const value = ((0x20000 + year * 13 + month) * 32 + day) * 2 ** 17 + clock;
  return hex(value, 5);
}

test("a DATE is the calendar's", () => {
  fc.assert(
    fc.property(dates, (date) => {
      const bytes = dateHex(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate());
      expect(written(writeDate, bytes)).toBe(`"${date.toISOString().slice(0, 10)}"`);
    }),
  );
});

test("a DATETIME has exactly its digits of fraction", () => {
  fc.assert(
    fc.property(dates, micros, fractions, (date, us, fraction) => {
      const clock = (date.getUTCHours() << 12) | (date.getUTCMinutes() << 6) | date.getUTCSeconds();
      const bytes =
        datetimeHex(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate(), clock) +
        fractionHex(us, fraction);
      expect(bytes.length).toBe(2 * datetimeSize(fraction));
      expect(written(withFraction(writeDatetime, fraction), bytes)).toBe(
        `"${date.toISOString().slice(0, 19)}${fractionText(us, fraction)}"`,
      );
    }),
  );
});

test("a TIMESTAMP is an instant in UTC, to 2106", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 0xffffffff }), micros, fractions, (s, us, fraction) => {
      const bytes = hex(s, 4) + fractionHex(us, fraction);
      expect(bytes.length).toBe(2 * timestampSize(fraction));
      expect(written(withFraction(writeTimestamp, fraction), bytes)).toBe(
        `"${new Date(s * 1000).toISOString().slice(0, 19)}${fractionText(us, fraction)}Z"`,
      );
    }),
  );
});

test("every day that a TIMESTAMP can have is the calendar's", () => {
  const write = withFraction(writeTimestamp, 0);
  const wrong: string[] = [];
  for (let day = 0; day * 86400 < 2 ** 32; day++) {
    const seconds = Math.max(1, day * 86400);
    const text = `"${new Date(seconds * 1000).toISOString().slice(0, 19)}Z"`;
    if (written(write, hex(seconds, 4)) !== text) wrong.push(text);
  }
  expect(wrong).toEqual([]);
});

test("dates that no calendar has are null", () => {
  for (const [year, month, day] of [
    [0, 0, 0],
    [2012, 0, 0],
    [2012, 5, 0],
    [0, 0, 5],
    [2013, 2, 29],
    [1900, 2, 29],
    [2012, 4, 31],
    [2012, 2, 30],
    [10000, 1, 1],
  ] as const) {
    expect(written(writeDate, dateHex(year, month, day))).toBe("null");
    expect(written(withFraction(writeDatetime, 3), `${datetimeHex(year, month, day, 0)}0000`)).toBe(
      "null",
    );
  }
  expect(written(withFraction(writeTimestamp, 6), "00000000000000")).toBe("null");
  expect(written(writeDate, dateHex(2000, 2, 29))).toBe('"2000-02-29"');
});

test("a TIME of either sign has exactly its digits of fraction", () => {
  const write = (seconds: number, us: number, fraction: number, negative: boolean): string => {
    const hours = Math.floor(seconds / 3600);
    const head = (hours << 12) | (Math.floor((seconds % 3600) / 60) << 6) | (seconds % 60);
    const tail = 8 * ((fraction + 1) >> 1);
    // One number with the fraction as its low bits, then the offset: as my_time_packed_to_binary does.
    const whole = BigInt(head) * (1n << BigInt(tail)) + BigInt(`0x0${fractionHex(us, fraction)}`);
    const packed = (0x800000n << BigInt(tail)) + (negative ? -whole : whole);
    const bytes = packed.toString(16).padStart(2 * timeSize(fraction), "0");
    return written(withFraction(writeTime, fraction), bytes);
  };
  const print = (seconds: number, us: number, fraction: number): string => {
    const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
    const clock = parts.map((part) => String(part).padStart(2, "0")).join(":");
    return clock + fractionText(us, fraction);
  };
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3020399 }), micros, fractions, (s, us, fraction) => {
      const text = print(s, us, fraction);
      expect(write(s, us, fraction, false)).toBe(`"${text}"`);
      const sign = /[1-9]/.test(text) ? "-" : "";
      expect(write(s, us, fraction, true)).toBe(`"${sign}${text}"`);
    }),
    { numRuns: 1000 },
  );
  expect(write(3020399, 0, 0, true)).toBe('"-838:59:59"');
  expect(written(withFraction(writeTime, 2), "7fffffce")).toBe('"-00:00:00.50"');
});

test("a fraction of a second or more is corrupt", () => {
  const corrupt = expect.objectContaining({ code: "BINLOG_CORRUPT" });
  expect(() => written(withFraction(writeTime, 2), "80000064")).toThrow(corrupt);
  expect(() => written(withFraction(writeTimestamp, 3), "000000012710")).toThrow(corrupt);
  expect(() => written(withFraction(writeDatetime, 6), "99ad2e00000f4240")).toThrow(corrupt);
});

test("the forms from before MySQL 5.6 are read", () => {
  expect(
    written(writeOldTimestamp, littleEndian(Date.UTC(2026, 10, 23, 10, 0, 30) / 1000, 4)),
  ).toBe('"2026-11-23T10:00:30Z"');
  expect(written(writeOldTimestamp, "00000000")).toBe("null");
  expect(written(writeOldDatetime, littleEndian(20261123102030, 8))).toBe('"2026-11-23T10:20:30"');
  expect(written(writeOldDatetime, littleEndian(99991231235959, 8))).toBe('"9999-12-31T23:59:59"');
  expect(written(writeOldDatetime, littleEndian(20120000000000, 8))).toBe("null");
  expect(written(writeOldDatetime, "ffffffffffffffff")).toBe("null");
  expect(written(writeOldTime, littleEndian(8385959, 3))).toBe('"838:59:59"');
  expect(written(writeOldTime, littleEndian(0x1000000 - 8385959, 3))).toBe('"-838:59:59"');
  expect(written(writeOldTime, littleEndian(0x1000000 - 5, 3))).toBe('"-00:00:05"');
  expect(written(writeOldTime, "000000")).toBe('"00:00:00"');
});

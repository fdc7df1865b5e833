import assert from "node:assert/strict";
import fc from "fast-check";
import { expect, test } from "vitest";
import { TailraceError } from "../../core/errors.ts";
import { writeJsonDouble } from "./json-double.ts";
import { writeJson } from "./json.ts";

const GUARD = 16;
const UNTOUCHED = Buffer.alloc(GUARD, 0xee);

/** What is written for a value between other bytes; fails when it writes beyond the bound. */
function written(value: Buffer): string {
  const b = Buffer.concat([Buffer.alloc(3, 0x02), value, Buffer.alloc(300, 0x01)]);
  const bound = 6 * value.length + 64;
  const out = Buffer.alloc(bound + GUARD, 0xee);
  try {
    return out.toString("utf8", 0, writeJson(b, 3, value.length, out, 0));
  } finally {
    assert.ok(out.subarray(bound).equals(UNTOUCHED), "wrote beyond the bound");
  }
}

/** The value of the text written, or undefined where the bytes are refused as they should be. Fails for a text that is no JSON. */
function parseWritten(value: Buffer): unknown {
  try {
    return JSON.parse(written(value));
  } catch (error) {
    if (error instanceof TailraceError && error.code === "BINLOG_CORRUPT") return undefined;
    throw error;
  }
}

function jsonDoubleText(value: number): string {
  const out = Buffer.alloc(64);
  return out.toString("latin1", 0, writeJsonDouble(value, out, 0));
}

const bytes = (hexadecimal: string): Buffer => Buffer.from(hexadecimal.replaceAll(" ", ""), "hex");

test.for([
  ["null literal", "04 00", "null"],
  ["int16", "05 feff", "-2"],
  ["uint64", "0a ffffffffffffffff", "18446744073709551615"],
  ["int64", "09 0000000000000080", "-9223372036854775808"],
  ["double of an integer", "0b 000000000000f03f", "1.0"],
  ["string", "0c 03 61220a", String.raw`"a\"\n"`],
  ["empty object", "00 0000 0400", "{}"],
  ["array of inlined values", "02 0300 0d00 05 0100 04 0100 04 0000", "[1,true,null]"],
  ["object", "00 0100 0e00 0b00 0100 0c 0c00 61 01 78", '{"a":"x"}'],
])("binary JSON becomes text: %s", ([, hexadecimal, text]) => {
  expect(written(bytes(hexadecimal!))).toBe(text);
});

test("no bytes are null", () => {
  expect(written(Buffer.alloc(0))).toBe("null");
});

test.for([
  ["unknown type", "10 00"],
  ["unknown literal", "04 03"],
  ["type without a value", "0a 00000000"],
  ["more elements than bytes", "02 ffff 0800 05 0100"],
  ["size beyond the value", "00 0000 ff00"],
  ["array that contains itself", "02 0100 0700 02 0000"],
  ["value before the entries", "02 0100 0800 0c 0400 00"],
  ["value behind its array", "02 0100 0700 0c 0700"],
  ["string longer than the value", "0c 05 61"],
  ["length without end", "0c ffffffffff"],
  ["infinite double", "0b 000000000000f07f"],
  ["decimal of no digits", "0f f6 02 0000"],
  ["date of seven bytes", "0f 0a 07 00000000000000"],
  ["time of a hundred seconds", "0f 0b 08 ffffffff00000000"],
])("corrupt binary JSON is refused: %s", ([, hexadecimal]) => {
  expect(() => written(bytes(hexadecimal!))).toThrow(TailraceError);
});

/** An array in an array, `depth` times. */
function nestedArrays(depth: number): Buffer {
  let array: Buffer = bytes("0000 0400");
  for (let i = 1; i < depth; i++) {
    const entry = bytes("0100 0000 02 0700");
    entry.writeUInt16LE(entry.length + array.length, 2);
    array = Buffer.concat([entry, array]);
  }
  return Buffer.concat([bytes("02"), array]);
}

test("documents nested deeper than MySQL's hundred are refused", () => {
  expect(written(nestedArrays(100))).toBe("[".repeat(100) + "]".repeat(100));
  expect(() => written(nestedArrays(101))).toThrow(TailraceError);
});

test("shared values that would multiply are refused before they fill the output", () => {
  // Each array has two entries for the same array behind it.
  const arrays = Array.from({ length: 40 }, (_, i) => {
    const array = bytes("0200 0000 02 0a00 02 0a00");
    array.writeUInt16LE(10 * (40 - i) + 4, 2);
    return array;
  });
  const value = Buffer.concat([bytes("02"), ...arrays, bytes("0000 0400")]);
  expect(() => written(value)).toThrow(TailraceError);
});

test("random bytes give JSON or are refused", () => {
  const types = fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15);
  // Small numbers make entries that fit now and then.
  const byte = fc.oneof(fc.nat(12), fc.constant(0), fc.nat(255));
  const value = fc
    .tuple(types, fc.array(byte, { maxLength: 80 }))
    .map(([type, rest]) => Buffer.from([type, ...rest]));
  const accepted = fc
    .sample(value, 5000)
    .filter((document) => parseWritten(document) !== undefined);
  expect(accepted.length).toBeGreaterThan(100);
});

// The row image of JSON_OBJECT('a', JSON_ARRAY(1, -70000, true, null, 1.5e0, 'text'), 'bb', 1.50, 'c', DATE'2020-02-03',
// 'd', CAST('xy' AS BINARY), 'e', JSON_OBJECT('f', 5000000000)) and what MySQL 9.7 selects.
const RECORDED = bytes(
  "0005007c002700010028000100290001002a0001002b000200022d000f54000f5e000062000f760061636465626206002700" +
    "0501000716000401000400000b1a000c220090eefeff000000000000f83f04746578740a08000000000086a5190f02787901" +
    "0014000b000100090c006600f2052a01000000f60403028132",
);

test("a recorded document reads as MySQL prints it", () => {
  expect(written(RECORDED)).toBe(
    '{"a":[1,-70000,true,null,1.5,"text"],"c":"2020-02-03","d":"base64:type15:eHk=","e":{"f":5000000000},"bb":1.50}',
  );
});

test("a recorded document with bytes changed or cut off gives JSON or is refused", () => {
  const place = fc.nat(RECORDED.length - 1);
  fc.assert(
    fc.property(place, fc.nat(255), fc.boolean(), (at, byte, cut) => {
      const changed = Buffer.from(RECORDED);
      changed[at] = byte;
      parseWritten(cut ? changed.subarray(0, at) : changed);
    }),
    { numRuns: 3000 },
  );
});

test("the text of a double reads back as the same number, always with a point or an exponent", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const text = jsonDoubleText(value);
      expect(JSON.parse(text)).toBe(value);
      expect(text).toMatch(/[.e]/);
      expect(text.length).toBeLessThanOrEqual(40);
    }),
  );
});

test.for([
  [1, "1.0"],
  [-0, "-0.0"],
  [1e14, "100000000000000.0"],
  [1e15, "1e15"],
  [1_234_567_890_123_456.5, "1234567890123456.5"],
  [1e-7, "0.0000001"],
  [1e-15, "0.000000000000001"],
  [1e-16, "1e-16"],
  [1.5e300, "1.5e300"],
  [5e-324, "5e-324"],
] as const)("doubles have MySQL's notation: %d", ([value, text]) => {
  expect(jsonDoubleText(value)).toBe(text);
});

import assert from "node:assert/strict";
import fc from "fast-check";
import { expect, test } from "vitest";
import { TailraceError } from "../../core/errors.ts";
import { appendJsonString, escapeJsonBytes, type TextWriter } from "./json-string.ts";
import { createTextWriter, decodeText, writeUtf8 } from "./text.ts";

const UNTOUCHED = Buffer.alloc(8, 0xee);

/** What a writer writes for bytes that lie at an odd place among others; fails when it writes beyond its bound. */
function written(write: TextWriter, bytes: Buffer): string {
  const b = Buffer.concat([Buffer.from('"\\x'), bytes, Buffer.from([0xff, 0x22])]);
  const bound = 6 * bytes.length + 64;
  const out = Buffer.alloc(1 + bound + UNTOUCHED.length, 0xee);
  const end = write(b, 3, bytes.length, out, 1);
  assert.equal(out[0], 0xee);
  assert.ok(out.subarray(1 + bound).equals(UNTOUCHED), "wrote beyond the bound");
  return out.toString("utf8", 1, end);
}

const anyText = fc.string({ unit: "binary", maxLength: 200 });
/** Texts in which runs of plain letters, escapes and multi-byte characters alternate. */
const mixedText = fc
  .array(
    fc.constantFrom(
      "plain text ",
      '"',
      "\\",
      "\n",
      "\u0001",
      "\u001f",
      "\u007f",
      "é",
      "漢字",
      "😀",
    ),
    {
      maxLength: 40,
    },
  )
  .map((parts) => parts.join(""));

test("UTF-8 text becomes the JSON string that JSON.stringify makes of it", () => {
  fc.assert(
    fc.property(fc.oneof(anyText, mixedText), (text) => {
      expect(written(writeUtf8, Buffer.from(text, "utf8"))).toBe(JSON.stringify(text));
    }),
  );
});

test("bytes that are not UTF-8 become U+FFFD where TextDecoder puts it", () => {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (array, high) => {
      const bytes = Buffer.from(high ? array.map((byte) => byte | 0xc0) : array);
      expect(JSON.parse(written(writeUtf8, bytes))).toBe(decoder.decode(bytes));
    }),
  );
});

test.for([
  ["overlong", "c080"],
  ["overlong of three", "e08080"],
  ["surrogate", "eda080"],
  ["above U+10FFFF", "f4908080"],
  ["cut after the lead", "41c3"],
  ["cut after the second", "e6bc"],
  ["continuation alone", "80"],
  ["lead then ASCII", "c341"],
  ["impossible lead", "ff"],
])("invalid UTF-8 keeps the row: %s", ([, hexadecimal]) => {
  const bytes = Buffer.from(hexadecimal!, "hex");
  const long = Buffer.concat([Buffer.alloc(64, 0x61), bytes]);
  expect(JSON.parse(written(writeUtf8, bytes))).toBe(bytes.toString("utf8"));
  expect(JSON.parse(written(writeUtf8, long))).toBe(long.toString("utf8"));
});

test("every text writer keeps to its bound and writes JSON, whatever the bytes", () => {
  const names =
    "latin1 swe7 cp932 sjis ujis eucjpms big5 euckr gb2312 gbk gb18030 ucs2 utf16 utf16le utf32 utf8mb3 ascii tis620";
  const charset = fc.constantFrom(...names.split(" "));
  fc.assert(
    fc.property(charset, fc.uint8Array({ maxLength: 50 }), (name, bytes) => {
      expect(JSON.parse(written(createTextWriter(name), Buffer.from(bytes)))).toBeTypeOf("string");
    }),
    { numRuns: 1000 },
  );
});

test("a character set has one writer, an unknown one and binary have none", () => {
  expect(createTextWriter("latin1")).toBe(createTextWriter("latin1"));
  expect(createTextWriter("utf8mb3")).toBe(writeUtf8);
  for (const name of ["binary", "klingon", "constructor", ""]) {
    expect(() => createTextWriter(name)).toThrow(TailraceError);
  }
});

test("MySQL's latin1 is cp1252, its undefined bytes are C1 controls", () => {
  expect(decodeText("latin1", Buffer.from("8041e9818d8f909d22", "hex"))).toBe(
    '€Aé\u0081\u008d\u008f\u0090\u009d"',
  );
});

test("text is read from several buffers into several documents in turn", () => {
  const sources = Array.from({ length: 6 }, (_, i) => Buffer.from(`text number ${i}`));
  const outs = Array.from({ length: 6 }, () => Buffer.alloc(200));
  for (let round = 0; round < 50; round++) {
    const b = sources[round % 5]!;
    const out = outs[(round * 5 + 1) % 6]!;
    const end = writeUtf8(b, 0, b.length, out, 0);
    expect(out.toString("utf8", 0, end)).toBe(JSON.stringify(b.toString()));
  }
});

test("a JavaScript string becomes a JSON string, a lone surrogate U+FFFD", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 50 }), (text) => {
      const out = Buffer.alloc(6 * text.length + 8);
      const end = appendJsonString(text, out, 2);
      expect(out.toString("utf8", 2, end)).toBe(JSON.stringify(text));
      expect(escapeJsonBytes(text).toString("utf8")).toBe(JSON.stringify(text).slice(1, -1));
    }),
  );
  expect(escapeJsonBytes("a\ud800b").toString("utf8")).toBe("a\ufffdb");
});

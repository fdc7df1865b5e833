import fc from "fast-check";
import { expect, test } from "vitest";
import { compactJsonText, writeJsonText } from "./json-text.ts";

test("JSON text loses its white space and nothing else", () => {
  expect(compactJsonText(' {"b" : 1.0 ,\t"a": [ 1E+5 , -0 , 1e400 ],\r\n"b": " x  y "} ')).toBe(
    '{"b":1.0,"a":[1E+5,-0,1e400],"b":" x  y "}',
  );
  expect(compactJsonText(Buffer.from(String.raw`[ "\u00e9\/\"\\" , {} , [ ] ]`))).toBe(
    String.raw`["\u00e9\/\"\\",{},[]]`,
  );
});

test("JSON.stringify's text, indented or not, comes out compact", () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: "grapheme" }), fc.nat(4), (value, indent) => {
      expect(compactJsonText(JSON.stringify(value, null, indent))).toBe(JSON.stringify(value));
    }),
  );
});

test.for([
  "",
  " ",
  "hello",
  "{",
  "[1,]",
  "[1 2]",
  '{"a"}',
  "{a: 1}",
  '{"a": 1,}',
  '"a',
  '"\\',
  '"\\x"',
  '"\\u12g4"',
  '"\\u123',
  '"tab\tinside"',
  "01",
  "-",
  "1.",
  ".5",
  "1e",
  "+1",
  "NaN",
  "tru",
  "nullx",
  "1 1",
  "\ufeff1",
  "[".repeat(300) + "]".repeat(300),
])("a text that is no JSON becomes a JSON string: %s", (text) => {
  expect(compactJsonText(text)).toBe(JSON.stringify(text));
});

test("a text is judged as JSON.parse judges it and stays in its bound", () => {
  const parts = fc.constantFrom(
    ...'{ } [ ] , : " \\ 1 0 - . e + true null a \\u0041 \n'.split(" "),
    " ",
    '"k":',
    "é",
    "\u0001",
  );
  const text = fc.oneof(
    fc.array(parts, { maxLength: 12 }).map((list) => list.join("")),
    fc
      .json()
      .chain((json) => fc.nat(json.length).map((at) => json.slice(0, at) + json.slice(at + 1))),
  );
  fc.assert(
    fc.property(text, (input) => {
      const bytes = Buffer.from(`#${input}1`);
      const length = bytes.length - 2;
      const out = Buffer.alloc(6 * length + 20, 0xee);
      const end = writeJsonText(bytes, 1, length, out, 0);
      expect(end).toBeLessThanOrEqual(6 * length + 2);
      const output = out.toString("utf8", 0, end);
      let value: unknown = input;
      try {
        value = JSON.parse(input);
      } catch {
        // No JSON: the text itself.
      }
      expect(JSON.parse(output)).toEqual(value);
    }),
    { numRuns: 1000 },
  );
});

test("JSON text that is not UTF-8 becomes a string with U+FFFD", () => {
  expect(compactJsonText(Buffer.from("22ff22", "hex"))).toBe('"\\"\ufffd\\""');
});

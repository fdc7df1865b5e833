import {
  copyClassified,
  escapeBytes,
  QUOTE,
  SPECIAL,
  writeCodePoint,
} from "../binlog/values/json-string.ts";
import { Ascii, hexQuad } from "./json-scanner.ts";
import type { ReadValue } from "./record-layout.ts";

/**
 * A JSON string in its one canonical form: what JSON must escape and nothing else, the way documents have it, so that the same text always is the same bytes.
 * Any other value becomes a string of its JSON text: no column loses a value because it came with an unexpected type.
 */
export const readText: ReadValue = (b, p, end, out, o) => {
  const isString = b[p] === QUOTE;
  const from = isString ? p + 1 : p;
  const length = (isString ? end - 1 : end) - from;
  const seen = copyClassified(b, from, length, out, o + 1);
  out[o++] = QUOTE;
  if ((seen & SPECIAL) === 0) o += length;
  else if (isString) o = transcode(b, from, from + length, out, o);
  else o = escapeBytes(b, from, length, out, o);
  out[o] = QUOTE;
  return o + 1;
};

/** What the letter behind a backslash stands for, by letter. */
const ESCAPED = new Uint8Array(128);
for (const [letter, byte] of [
  ['"', 0x22],
  ["\\", 0x5c],
  ["/", 0x2f],
  ["b", 0x08],
  ["f", 0x0c],
  ["n", 0x0a],
  ["r", 0x0d],
  ["t", 0x09],
] as const)
  ESCAPED[letter.charCodeAt(0)] = byte;

/** Writes the content `b[p, end)` of a JSON string with canonical escapes. */
function transcode(b: Buffer, p: number, end: number, out: Buffer, o: number): number {
  while (p < end) {
    const byte = b[p]!;
    if (byte !== Ascii.BACKSLASH) {
      out[o++] = byte;
      p++;
    } else {
      const point = escapedPoint(b, p, end);
      p += escapeLength(b, p, point);
      o = writeCodePoint(point, out, o);
    }
  }
  return o;
}

/** The code point of the escape at `p`; two escapes that are the halves of one are read together. */
function escapedPoint(b: Buffer, p: number, end: number): number {
  const letter = b[p + 1]!;
  if (letter !== Ascii.LETTER_U) return ESCAPED[letter]!;
  const point = hexQuad(b, p + 2);
  const isHigh = (point & 0xfc00) === 0xd800;
  if (!isHigh || p + 12 > end || b[p + 6] !== Ascii.BACKSLASH || b[p + 7] !== Ascii.LETTER_U)
    return point;
  const low = hexQuad(b, p + 8);
  return (low & 0xfc00) === 0xdc00 ? 0x10000 + ((point & 0x3ff) << 10) + (low & 0x3ff) : point;
}

function escapeLength(b: Buffer, p: number, point: number): number {
  if (b[p + 1] !== Ascii.LETTER_U) return 2;
  return point >= 0x10000 ? 12 : 6;
}

/** The content of a string as bytes: `bytes[start, end)`, valid until the next string with escapes is read. */
export interface Content {
  bytes: Buffer;
  start: number;
  end: number;
}

const utf8: Content = { bytes: Buffer.alloc(0), start: 0, end: 0 };
let utf8Scratch = Buffer.allocUnsafeSlow(4096);

/** The content of the JSON string in `b[p, end)` in UTF-8, or the text itself of any other value. The object is reused. */
export function readContent(b: Buffer, p: number, end: number): Content {
  const isString = b[p] === QUOTE;
  utf8.bytes = b;
  utf8.start = isString ? p + 1 : p;
  utf8.end = isString ? end - 1 : end;
  if (!isString || !hasEscape(b, utf8.start, utf8.end)) return utf8;
  if (utf8Scratch.length < end - p) utf8Scratch = Buffer.allocUnsafeSlow(2 * (end - p));
  let o = 0;
  for (let q = utf8.start; q < utf8.end;) {
    if (b[q] !== Ascii.BACKSLASH) {
      utf8Scratch[o++] = b[q++]!;
    } else {
      const point = escapedPoint(b, q, utf8.end);
      q += escapeLength(b, q, point);
      if (point < 0x80) utf8Scratch[o++] = point;
      else o = writeCodePoint(point, utf8Scratch, o);
    }
  }
  utf8.bytes = utf8Scratch;
  utf8.start = 0;
  utf8.end = o;
  return utf8;
}

function hasEscape(b: Buffer, p: number, end: number): boolean {
  while (p < end) if (b[p++] === Ascii.BACKSLASH) return true;
  return false;
}

/** The content of a JSON string, or the text of any other value, as a string. */
export function contentText(b: Buffer, p: number, end: number): string {
  const content = readContent(b, p, end);
  return content.bytes.toString("utf8", content.start, content.end);
}

const latin1: Content = { bytes: Buffer.allocUnsafeSlow(4096), start: 0, end: 0 };

/**
 * The bytes whose numbers are the characters of the JSON string in `b[p, end)`, Canal's form of binary values; null when it is no string or has characters
 * beyond U+00FF. The object is reused.
 */
export function readLatin1(b: Buffer, p: number, end: number): Content | null {
  if (b[p] !== QUOTE) return null;
  if (latin1.bytes.length < end - p) latin1.bytes = Buffer.allocUnsafeSlow(2 * (end - p));
  const { bytes } = latin1;
  let o = 0;
  for (let q = p + 1; q < end - 1;) {
    const byte = b[q]!;
    if (byte === Ascii.BACKSLASH) {
      const point = escapedPoint(b, q, end - 1);
      if (point > 0xff) return null;
      q += escapeLength(b, q, point);
      bytes[o++] = point;
    } else if (byte < 0x80) {
      bytes[o++] = byte;
      q++;
    } else if (byte === 0xc2 || byte === 0xc3) {
      bytes[o++] = ((byte & 3) << 6) | (b[q + 1]! & 0x3f);
      q += 2;
    } else {
      return null;
    }
  }
  latin1.end = o;
  return latin1;
}

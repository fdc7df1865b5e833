import { QUOTE, type TextWriter, writeCodePoint } from "./json-string.ts";

/** The writer for `ucs2`, `utf16`, `utf16le` or `utf32`; undefined for any other character set. */
export function createUnicodeWriter(charset: string): TextWriter | undefined {
  switch (charset) {
    case "utf16":
      return writeUtf16;
    case "utf16le":
      return writeUtf16le;
    case "ucs2":
      return writeUcs2;
    case "utf32":
      return writeUtf32;
    default:
      return undefined;
  }
}

/** {@link TextWriter} for utf16: big-endian; a surrogate without its other half becomes U+FFFD. */
function writeUtf16(b: Buffer, p: number, length: number, out: Buffer, o: number): number {
  return writeUtf16Units(b, p, length, out, o, 0);
}

/** {@link TextWriter} for utf16le: little-endian; a surrogate without its other half becomes U+FFFD. */
function writeUtf16le(b: Buffer, p: number, length: number, out: Buffer, o: number): number {
  return writeUtf16Units(b, p, length, out, o, 1);
}

/** `low` is the place of a unit's high byte: 0 = big-endian, 1 = little-endian. */
function writeUtf16Units(
  b: Buffer,
  p: number,
  length: number,
  out: Buffer,
  o: number,
  high: 0 | 1,
): number {
  const end = p + (length & ~1);
  out[o++] = QUOTE;
  while (p < end) {
    let point = (b[p + high]! << 8) | b[p + 1 - high]!;
    p += 2;
    if ((point & 0xfc00) === 0xd800 && p < end) {
      const next = (b[p + high]! << 8) | b[p + 1 - high]!;
      if ((next & 0xfc00) === 0xdc00) {
        point = 0x10000 + ((point & 0x3ff) << 10) + (next & 0x3ff);
        p += 2;
      }
    }
    o = writeCodePoint(point, out, o);
  }
  out[o++] = QUOTE;
  return o;
}

/**
 * {@link TextWriter} for ucs2: big-endian, every unit a character of its own. MySQL stores surrogates in it and its SELECT sends them as three
 * bytes that are no UTF-8; three U+FFFD are what those become.
 */
function writeUcs2(b: Buffer, p: number, length: number, out: Buffer, o: number): number {
  const end = p + (length & ~1);
  out[o++] = QUOTE;
  for (; p < end; p += 2) {
    const point = (b[p]! << 8) | b[p + 1]!;
    o = writeCodePoint(point, out, o);
    if ((point & 0xf800) === 0xd800) o = writeCodePoint(point, out, writeCodePoint(point, out, o));
  }
  out[o++] = QUOTE;
  return o;
}

/** {@link TextWriter} for utf32: big-endian; what is no code point becomes U+FFFD. */
function writeUtf32(b: Buffer, p: number, length: number, out: Buffer, o: number): number {
  const end = p + (length & ~3);
  out[o++] = QUOTE;
  for (; p < end; p += 4) {
    const point = b.readUInt32BE(p);
    o = writeCodePoint(point <= 0x10ffff ? point : 0xfffd, out, o);
  }
  out[o++] = QUOTE;
  return o;
}

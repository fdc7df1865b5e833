/**
 * Text in character sets other than UTF-8.
 *
 * The tables are MySQL's own conversion, asked from a server for every code (`scripts/charset-tables.ts`), because nothing else agrees
 * with it: the runtime's Big5, EUC-KR, EUC-JP and GB 18030 differ from MySQL's in hundreds to thousands of codes, and from one
 * release to the next. MariaDB 10.11 converts every code as MySQL 9.7 does. A code without a meaning becomes `?`, as a SELECT has it.
 */
import { brotliDecompressSync } from "node:zlib";
import { TailraceError } from "../../core/errors.ts";
import {
  GB18030_FOUR_BYTE_CODES,
  MULTI_BYTE_TABLES,
  PACKED_MULTI_BYTE_TABLES,
  SINGLE_BYTE_TABLES,
} from "./charset-tables.ts";
import { copyClassified, QUOTE, type TextWriter, writeCodePoint } from "./json-string.ts";
import { createUnicodeWriter } from "./unicode.ts";

const UNMAPPED = 0x3f;
/** A table of double-byte codes begins here: no lead byte is below 0x80. */
const FIRST_CODE = 0x8000;
const TABLE_CODES = 0x8000;

/** Lead bytes as pairs of first and last; bytes of 0x80 and above that are none stand alone. */
const LEAD_BYTES: Readonly<Record<string, readonly (readonly [number, number])[]>> = {
  big5: [[0xa1, 0xf9]],
  cp932: [
    [0x81, 0x9f],
    [0xe0, 0xfc],
  ],
  eucjpms: [
    [0x8e, 0x8f],
    [0xa1, 0xfe],
  ],
  euckr: [[0x81, 0xfe]],
  gb2312: [[0xa1, 0xf7]],
  gbk: [[0x81, 0xfe]],
  sjis: [
    [0x81, 0x9f],
    [0xe0, 0xfc],
  ],
  ujis: [
    [0x8e, 0x8f],
    [0xa1, 0xfe],
  ],
};

/** EUC's "single shift 3": the code is in the two bytes that follow. */
const SINGLE_SHIFT_3 = 0x8f;

/** The writer for a character set other than UTF-8. Throws BINLOG_UNSUPPORTED for a name that neither MySQL nor MariaDB has. */
export function createCharsetWriter(charset: string): TextWriter {
  if (Object.hasOwn(SINGLE_BYTE_TABLES, charset)) {
    return createSingleByteWriter(SINGLE_BYTE_TABLES[charset]!);
  }
  if (charset === "gb18030") return createGb18030Writer();
  if (Object.hasOwn(LEAD_BYTES, charset)) return createMultiByteWriter(charset);
  const unicode = createUnicodeWriter(charset);
  if (unicode !== undefined) return unicode;
  throw new TailraceError("BINLOG_UNSUPPORTED", `No conversion for character set "${charset}".`);
}

/** `points` has the code points of the bytes 0x80 to 0xff, or of all 256 where the lower half is not ASCII. */
function createSingleByteWriter(points: string): TextWriter {
  const asciiBelow = points.length === 128;
  const first = 256 - points.length;
  /** By byte: the JSON string's bytes, lowest first, and their number on top; 0 where they are more than three. */
  const packed = new Uint32Array(256);
  const scratch = Buffer.alloc(8);
  for (let byte = 0; byte < 256; byte++) {
    const point = byte < first ? byte : points.charCodeAt(byte - first);
    const length = writeCodePoint(point, scratch, 0);
    if (length <= 3) packed[byte] = (length << 24) | scratch.readUIntLE(0, length);
  }
  return (b, p, length, out, o) => {
    if (asciiBelow && copyClassified(b, p, length, out, o + 1) === 0) {
      out[o] = QUOTE;
      out[o + 1 + length] = QUOTE;
      return o + length + 2;
    }
    out[o++] = QUOTE;
    for (const end = p + length; p < end; p++) {
      const bytes = packed[b[p]!]!;
      if (bytes === 0) {
        o = writeCodePoint(b[p]!, out, o);
      } else {
        out[o] = bytes;
        out[o + 1] = bytes >>> 8;
        out[o + 2] = bytes >>> 16;
        o += bytes >>> 24;
      }
    }
    out[o++] = QUOTE;
    return o;
  };
}

function createMultiByteWriter(charset: string): TextWriter {
  const doubles = unpackTable(charset);
  const triples = MULTI_BYTE_TABLES.includes(`${charset}-3`)
    ? unpackTable(`${charset}-3`)
    : doubles;
  const isLead = new Uint8Array(256);
  for (const [from, to] of LEAD_BYTES[charset]!) isLead.fill(1, from, to + 1);
  const hasTriples = triples !== doubles;
  const hasKatakana = charset === "sjis" || charset === "cp932";
  return (b, p, length, out, o) => {
    const end = p + length;
    const seen = copyClassified(b, p, length, out, o + 1);
    out[o++] = QUOTE;
    if (seen === 0) {
      p = end;
      o += length;
    }
    while (p < end) {
      const byte = b[p]!;
      let point: number;
      if (byte < 0x80) {
        point = byte;
        p += 1;
      } else if (isLead[byte] === 0 || p + 1 >= end) {
        // JIS X 0201: 0xa1 to 0xdf alone are half-width katakana.
        point = hasKatakana && byte >= 0xa1 && byte <= 0xdf ? byte + 0xfec0 : 0;
        p += 1;
      } else if (hasTriples && byte === SINGLE_SHIFT_3) {
        const code = p + 2 < end ? (b[p + 1]! << 8) | b[p + 2]! : 0;
        point = code >= FIRST_CODE ? triples[code - FIRST_CODE]! : 0;
        p += 3;
      } else {
        point = doubles[((byte << 8) | b[p + 1]!) - FIRST_CODE]!;
        p += 2;
      }
      o = writeCodePoint(byte >= 0x80 && point === 0 ? UNMAPPED : point, out, o);
    }
    out[o++] = QUOTE;
    return o;
  };
}

/** First linear number of the codes of U+10000 and above: they follow the formula of GB 18030. */
const GB18030_SUPPLEMENTARY = 189_000;

function createGb18030Writer(): TextWriter {
  const doubles = unpackTable("gb18030");
  const fours = unpackTable("gb18030-4");
  return (b, p, length, out, o) => {
    const end = p + length;
    const seen = copyClassified(b, p, length, out, o + 1);
    out[o++] = QUOTE;
    if (seen === 0) {
      p = end;
      o += length;
    }
    while (p < end) {
      const byte = b[p]!;
      let point = byte;
      if (byte < 0x80) {
        p += 1;
      } else if (p + 1 >= end) {
        point = UNMAPPED;
        p += 1;
      } else if (b[p + 1]! >= 0x40) {
        point = doubles[((byte << 8) | b[p + 1]!) - FIRST_CODE]! || UNMAPPED;
        p += 2;
      } else {
        point = p + 3 < end ? fourBytePoint(b, p, fours) : UNMAPPED;
        p += 4;
      }
      o = writeCodePoint(point, out, o);
    }
    out[o++] = QUOTE;
    return o;
  };
}

/** 0x81…0xfe, 0x30…0x39, 0x81…0xfe, 0x30…0x39: a number with digits of base 126, 10, 126 and 10. */
function fourBytePoint(b: Buffer, p: number, table: Uint16Array): number {
  const linear =
    (((b[p]! - 0x81) * 10 + (b[p + 1]! - 0x30)) * 126 + (b[p + 2]! - 0x81)) * 10 +
    (b[p + 3]! - 0x30);
  if (linear >= 0 && linear < GB18030_FOUR_BYTE_CODES) return table[linear]! || UNMAPPED;
  const point = linear - GB18030_SUPPLEMENTARY + 0x10000;
  return point >= 0x10000 && point <= 0x10ffff ? point : UNMAPPED;
}

/**
 * A table of {@link MULTI_BYTE_TABLES}: code points by code, 0 for a code without a meaning. Packed are differences modulo 2^16, little-endian,
 * from one to the next; all tables in one Brotli stream, because they repeat each other.
 */
function unpackTable(name: string): Uint16Array {
  const bytes = brotliDecompressSync(Buffer.from(PACKED_MULTI_BYTE_TABLES, "base64"));
  const table = new Uint16Array(name === "gb18030-4" ? GB18030_FOUR_BYTE_CODES : TABLE_CODES);
  const start = 2 * TABLE_CODES * MULTI_BYTE_TABLES.indexOf(name);
  let point = 0;
  for (let i = 0; i < table.length; i++) {
    point += bytes.readUInt16LE(start + 2 * i);
    table[i] = point;
  }
  return table;
}

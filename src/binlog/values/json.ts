/**
 * MySQL's binary JSON as compact JSON text: keys in the order stored, numbers exact, no white space. What a SELECT prints, compacted by
 * `compactJsonText`, is the same bytes.
 *
 * The format (`sql-common/json_binary.h`); offsets count from the first byte of the object or array they stand in:
 *
 *     document     = type (1) value
 *     object/array = element-count size key-entry* value-entry* key* value*      counts, sizes and offsets: 2 bytes small, 4 bytes large
 *     key-entry    = key-offset key-length (2)                                   objects only
 *     value-entry  = type (1) offset-or-value                                    literals, 16-bit and, if large, 32-bit integers are inlined
 *     string       = length (1 to 5 bytes of 7 bits, lowest first) UTF-8
 *     opaque       = column type (1) length (as for strings) bytes
 *
 * An update in place leaves holes between the values and sizes as they were; both are harmless. Bytes that follow no document cannot make this
 * read outside the value, nor write beyond the bound: a nested value begins behind its parent's entries, ends with its parent, and whatever
 * is written has been checked against the bound before.
 */
import { corruptValue } from "./corrupt.ts";
import { readInt32, writeInt32, writeInt64, writeUint32, writeUint64 } from "./integer.ts";
import { writeJsonDouble } from "./json-double.ts";
import { writeOpaque } from "./json-opaque.ts";
import { writeUtf8 } from "./text.ts";

/** Value types, with the names of `json_binary.h` (`JSONB_TYPE_…`). */
const JsonType = {
  SMALL_OBJECT: 0x00,
  LARGE_OBJECT: 0x01,
  SMALL_ARRAY: 0x02,
  LARGE_ARRAY: 0x03,
  LITERAL: 0x04,
  INT16: 0x05,
  UINT16: 0x06,
  INT32: 0x07,
  UINT32: 0x08,
  INT64: 0x09,
  UINT64: 0x0a,
  DOUBLE: 0x0b,
  STRING: 0x0c,
  OPAQUE: 0x0f,
} as const;

/** Literals, by their byte. */
const LITERALS = [Buffer.from("null"), Buffer.from("true"), Buffer.from("false")];
/** `JSON_DOCUMENT_MAX_DEPTH` of the server. */
const MAX_DEPTH = 100;
/** Bytes written for a value of fixed size, or around one of variable size, at most. */
const SCALAR_BYTES = 40;

/** Where the value being written must end, and whether a space follows each comma and colon; set for the time of one call. */
let outputEnd = 0;
let isSpaced = false;

/**
 * Writes the binary JSON in `b[p, p + length)` as compact JSON text at `out[o…]` and returns the new `o`. Writes at most 6 × length + 64 bytes.
 * No bytes at all are `null`: what old servers store for a NULL. Throws BINLOG_CORRUPT.
 */
export function writeJson(b: Buffer, p: number, length: number, out: Buffer, o: number): number {
  isSpaced = false;
  return writeDocument(b, p, length, out, o);
}

/** The same as the text that MySQL prints: a space behind each comma and colon. The bound is the same: a member or element has at least three bytes. */
export function writeJsonAsPrinted(
  b: Buffer,
  p: number,
  length: number,
  out: Buffer,
  o: number,
): number {
  isSpaced = true;
  return writeDocument(b, p, length, out, o);
}

function writeDocument(b: Buffer, p: number, length: number, out: Buffer, o: number): number {
  if (length === 0) return writeLiteral(0, out, o);
  outputEnd = o + 6 * length + 64;
  return writeValue(b, p + 1, p + length, b[p]!, out, o, 0);
}

/** Writes the value of type `type` at `b[p]`, which has no byte at or behind `end`. */
function writeValue(
  b: Buffer,
  p: number,
  end: number,
  type: number,
  out: Buffer,
  o: number,
  depth: number,
): number {
  switch (type) {
    case JsonType.SMALL_OBJECT:
    case JsonType.LARGE_OBJECT:
    case JsonType.SMALL_ARRAY:
    case JsonType.LARGE_ARRAY:
      return writeContainer(b, p, end, type, out, o, depth + 1);
    case JsonType.STRING:
      return writeString(b, p, end, out, o);
    case JsonType.OPAQUE: {
      if (p >= end) corrupt();
      const length = readLength(b, p + 1, end);
      const start = skipLength(b, p + 1);
      if (start + length > end) corrupt();
      needRoom(o, 2 * length + 2 * SCALAR_BYTES);
      return writeOpaque(b[p]!, b, start, length, out, o);
    }
    default:
      return writeScalar(b, p, end, type, out, o);
  }
}

function writeScalar(
  b: Buffer,
  p: number,
  end: number,
  type: number,
  out: Buffer,
  o: number,
): number {
  needRoom(o, SCALAR_BYTES);
  if (p + scalarBytes(type) > end) corrupt();
  switch (type) {
    case JsonType.LITERAL:
      return writeLiteral(b[p]!, out, o);
    case JsonType.INT16:
      return writeInt32(b.readInt16LE(p), out, o);
    case JsonType.UINT16:
      return writeUint32(b.readUInt16LE(p), out, o);
    case JsonType.INT32:
      return writeInt32(readInt32(b, p), out, o);
    case JsonType.UINT32:
      return writeUint32(b.readUInt32LE(p), out, o);
    case JsonType.INT64:
      return writeInt64(readInt32(b, p), readInt32(b, p + 4), out, o);
    case JsonType.UINT64:
      return writeUint64(readInt32(b, p), readInt32(b, p + 4), out, o);
    default: {
      const value = b.readDoubleLE(p);
      if (!Number.isFinite(value)) corrupt();
      return writeJsonDouble(value, out, o);
    }
  }
}

function writeLiteral(index: number, out: Buffer, o: number): number {
  const literal = LITERALS[index] ?? corrupt();
  for (let i = 0; i < literal.length; i++) out[o++] = literal[i]!;
  return o;
}

/** Size of a value of fixed size, bytes. Throws BINLOG_CORRUPT for a type that does not exist. */
function scalarBytes(type: number): number {
  switch (type) {
    case JsonType.LITERAL:
      return 1;
    case JsonType.INT16:
    case JsonType.UINT16:
      return 2;
    case JsonType.INT32:
    case JsonType.UINT32:
      return 4;
    case JsonType.INT64:
    case JsonType.UINT64:
    case JsonType.DOUBLE:
      return 8;
    default:
      return corrupt();
  }
}

function writeContainer(
  b: Buffer,
  p: number,
  end: number,
  type: number,
  out: Buffer,
  o: number,
  depth: number,
): number {
  const isObject = type <= JsonType.LARGE_OBJECT;
  const isLarge = (type & 1) === 1;
  const width = isLarge ? 4 : 2;
  if (depth > MAX_DEPTH || p + 2 * width > end) corrupt();
  const count = readOffset(b, p, isLarge);
  const size = readOffset(b, p + width, isLarge);
  const keyEntries = p + 2 * width;
  const valueEntries = keyEntries + (isObject ? count * (width + 2) : 0);
  const content = valueEntries + count * (1 + width);
  const contentEnd = p + size;
  if (contentEnd > end || content > contentEnd) corrupt();

  needRoom(o, 2);
  out[o++] = isObject ? 0x7b : 0x5b;
  for (let i = 0; i < count; i++) {
    if (i > 0) {
      out[o++] = 0x2c;
      if (isSpaced) out[o++] = 0x20;
    }
    if (isObject) {
      const entry = keyEntries + i * (width + 2);
      const key = p + readOffset(b, entry, isLarge);
      const length = b.readUInt16LE(entry + width);
      if (key < content || key + length > contentEnd) corrupt();
      needRoom(o, 6 * length + 4);
      o = writeUtf8(b, key, length, out, o);
      out[o++] = 0x3a;
      if (isSpaced) out[o++] = 0x20;
    }
    const entry = valueEntries + i * (1 + width);
    const valueType = b[entry]!;
    if (isInlined(valueType, isLarge)) {
      o = writeScalar(b, entry + 1, entry + 1 + width, valueType, out, o);
    } else {
      const value = p + readOffset(b, entry + 1, isLarge);
      if (value < content || value >= contentEnd) corrupt();
      o = writeValue(b, value, contentEnd, valueType, out, o, depth);
    }
    needRoom(o, 3);
  }
  out[o++] = isObject ? 0x7d : 0x5d;
  return o;
}

function isInlined(type: number, isLarge: boolean): boolean {
  return (
    (type >= JsonType.LITERAL && type <= JsonType.UINT16) ||
    (isLarge && (type === JsonType.INT32 || type === JsonType.UINT32))
  );
}

function writeString(b: Buffer, p: number, end: number, out: Buffer, o: number): number {
  const length = readLength(b, p, end);
  const start = skipLength(b, p);
  if (start + length > end) corrupt();
  needRoom(o, 6 * length + 2);
  return writeUtf8(b, start, length, out, o);
}

/** A length of 7 bits a byte, lowest first, the top bit set while more follow. */
function readLength(b: Buffer, p: number, end: number): number {
  let length = 0;
  for (let i = 0; i < 5 && p + i < end; i++) {
    const byte = b[p + i]!;
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return length;
  }
  return corrupt();
}

/** Behind the length at `b[p]`, which {@link readLength} has read. */
function skipLength(b: Buffer, p: number): number {
  while (b[p]! >= 0x80) p++;
  return p + 1;
}

function readOffset(b: Buffer, p: number, isLarge: boolean): number {
  return isLarge ? b.readUInt32LE(p) : b.readUInt16LE(p);
}

function needRoom(o: number, bytes: number): void {
  if (o + bytes > outputEnd) corrupt();
}

function corrupt(): never {
  return corruptValue("JSON");
}

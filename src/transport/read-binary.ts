import { writeBinary, writeFixedBinary, fixedBinaryJsonBound } from "../binlog/values/binary.ts";
import { writeGeometry } from "../binlog/values/geometry.ts";
import { writeFloat32 } from "../binlog/values/float.ts";
import { writeVector } from "../binlog/values/vector.ts";
import type { ColumnType } from "../core/schema.ts";
import { Ascii } from "./json-scanner.ts";
import type { ColumnReader, ReadValue } from "./record-layout.ts";
import { type Content, contentText, readLatin1, readText } from "./read-text.ts";

/** The bytes that a value stands for; null when it stands for none. The object is valid until the next call. */
export type ReadBytes = (b: Buffer, p: number, end: number) => Content | null;

const BOUND = 64;

/** BINARY, VARBINARY and the BLOB types: bytes that a record gives in some form, as base64; a BINARY's trailing zero bytes are restored. */
export function binaryReader(
  type: Extract<ColumnType, { kind: "binary" }>,
  readBytes: ReadBytes,
): ColumnReader {
  const length = type.fixedLength;
  return {
    read: (b, p, end, out, o) => {
      const content = readBytes(b, p, end);
      if (content === null) return readText(b, p, end, out, o);
      const { bytes, start } = content;
      const size = content.end - start;
      return length === undefined
        ? writeBinary(bytes, start, size, out, o)
        : writeFixedBinary(bytes, start, size, length, out, o);
    },
    bound: BOUND + (length === undefined ? 0 : fixedBinaryJsonBound(length)),
  };
}

/** A geometry from MySQL's own bytes, reference system and well-known binary, as GeoJSON. */
export function geometryReader(readBytes: ReadBytes): ColumnReader {
  return { read: bytesReader(readBytes, writeGeometry), bound: BOUND };
}

/** A VECTOR, from its bytes or from an array of numbers. */
export function vectorReader(readBytes: ReadBytes): ColumnReader {
  const readFloats = bytesReader((b, p, end) => {
    const content = readBytes(b, p, end);
    return content === null || (content.end - content.start) % 4 !== 0 ? null : content;
  }, writeVector);
  return {
    read: (b, p, end, out, o) => {
      const text =
        b[p] === Ascii.QUOTE && b[p + 1] !== Ascii.OPEN_ARRAY ? null : contentText(b, p, end);
      const numbers = text === null ? null : parseNumbers(text);
      return numbers === null ? readFloats(b, p, end, out, o) : writeNumbers(numbers, out, o);
    },
    bound: BOUND,
  };
}

function parseNumbers(text: string): readonly number[] | null {
  if (!/^\[[-+\d.eE,\s]*\]$/.test(text)) return null;
  const inner = text.slice(1, -1).trim();
  const numbers = inner === "" ? [] : inner.split(",").map(Number);
  return numbers.every((number) => Number.isFinite(number)) ? numbers : null;
}

function writeNumbers(numbers: readonly number[], out: Buffer, o: number): number {
  out[o++] = Ascii.OPEN_ARRAY;
  for (const [i, number] of numbers.entries()) {
    if (i > 0) out[o++] = Ascii.COMMA;
    o = writeFloat32(Math.fround(number), out, o);
  }
  out[o] = Ascii.CLOSE_ARRAY;
  return o + 1;
}

type WriteBytes = (b: Buffer, p: number, length: number, out: Buffer, o: number) => number;

function bytesReader(readBytes: ReadBytes, write: WriteBytes): ReadValue {
  return (b, p, end, out, o) => {
    const content = readBytes(b, p, end);
    if (content === null) return readText(b, p, end, out, o);
    return write(content.bytes, content.start, content.end - content.start, out, o);
  };
}

/** Bytes as Latin-1 text: Canal's form. */
export const latin1Bytes: ReadBytes = readLatin1;

const decoded: Content = { bytes: Buffer.allocUnsafeSlow(4096), start: 0, end: 0 };

/** Bytes as base64, in either alphabet, with or without padding: Maxwell's form, and Debezium's. */
export const base64Bytes: ReadBytes = (b, p, end) => {
  if (b[p] !== Ascii.QUOTE) return null;
  const text = contentText(b, p, end);
  if (!/^[\w+/-]*={0,2}$/.test(text)) return null;
  if (decoded.bytes.length < text.length) decoded.bytes = Buffer.allocUnsafeSlow(2 * text.length);
  decoded.end = decoded.bytes.write(text, 0, "base64");
  return decoded;
};

/** Bytes as hexadecimal digits: Debezium's with `binary.handling.mode=hex`. */
const hexBytes: ReadBytes = (b, p, end) => {
  if (b[p] !== Ascii.QUOTE) return null;
  const text = contentText(b, p, end);
  if (text.length % 2 !== 0 || !/^[\da-fA-F]*$/.test(text)) return null;
  if (decoded.bytes.length < text.length) decoded.bytes = Buffer.allocUnsafeSlow(2 * text.length);
  decoded.end = decoded.bytes.write(text, 0, "hex");
  return decoded;
};

/**
 * Bytes as hexadecimal digits or as base64, where only the length of a BINARY tells, or digits that no base64 of such length has: texts of lower-case hexadecimal digits
 * alone are taken for such.
 */
export function guessedBytes(type: Extract<ColumnType, { kind: "binary" }>): ReadBytes {
  const { fixedLength } = type;
  return (b, p, end) => {
    const characters = end - p - 2;
    if (fixedLength !== undefined && characters !== 2 * fixedLength) return base64Bytes(b, p, end);
    const isHex = characters % 2 === 0 && /^[\da-f]*$/.test(b.toString("latin1", p + 1, end - 1));
    return isHex ? hexBytes(b, p, end) : base64Bytes(b, p, end);
  };
}

/**
 * Values in Canal's flat JSON where they are not a document's in quotes (`CanalForm` in core says how each type is written). All are JSON strings.
 */
import { javaNumberText } from "../../core/java-number.ts";
import { corruptValue } from "./corrupt.ts";
import { float32Text } from "../../core/float-text.ts";
import { readInt32, writeFourDigits, writeUint64 } from "./integer.ts";
import { writeJsonAsPrinted } from "./json.ts";
import { BYTE_CLASS, copyClassified, HIGH, QUOTE, SPECIAL, writeEscape } from "./json-string.ts";

/** Bytes that a value in Canal's form takes beyond eight times its bytes in the row image and beyond what it takes in a document. */
export const CANAL_JSON_BOUND = 32;

/** Writes a YEAR with four digits, '0000' too. */
export function writeCanalYear(b: Buffer, p: number, out: Buffer, o: number): number {
  const year = b[p]!;
  out[o] = QUOTE;
  o = writeFourDigits(year === 0 ? 0 : 1900 + year, out, o + 1);
  out[o] = QUOTE;
  return o + 1;
}

/** Writes a FLOAT as Java does. */
export function writeCanalFloat(b: Buffer, p: number, out: Buffer, o: number): number {
  return writeJavaNumber(Number(float32Text(b.readFloatLE(p))), out, o);
}

/** Writes a DOUBLE as Java does. */
export function writeCanalDouble(b: Buffer, p: number, out: Buffer, o: number): number {
  return writeJavaNumber(b.readDoubleLE(p), out, o);
}

function writeJavaNumber(value: number, out: Buffer, o: number): number {
  if (!Number.isFinite(value)) corruptValue("floating-point number");
  return o + out.write(`"${javaNumberText(value)}"`, o, "latin1");
}

/** Writes the number of an ENUM's member, or a SET's bits as an unsigned number: `size` bytes, little-endian. */
export function writeCanalOrdinal(
  b: Buffer,
  p: number,
  size: number,
  out: Buffer,
  o: number,
): number {
  let low = 0;
  if (size >= 4) low = readInt32(b, p);
  else for (let i = 0; i < size; i++) low |= b[p + i]! << (8 * i);
  out[o] = QUOTE;
  o = writeUint64(low, size > 4 ? readInt32(b, p + 4) : 0, out, o + 1);
  out[o] = QUOTE;
  return o + 1;
}

/** Writes the `length` bytes at `b[p]` as text in ISO 8859-1: each byte the character of its number. */
export function writeLatin1(b: Buffer, p: number, length: number, out: Buffer, o: number): number {
  out[o++] = QUOTE;
  const seen = copyClassified(b, p, length, out, o);
  o = (seen & (SPECIAL | HIGH)) === 0 ? o + length : escapeLatin1(b, p, length, out, o);
  out[o++] = QUOTE;
  return o;
}

/** The same for a BINARY(`fixedLength`), whose zero bytes at the end the row image lacks. */
export function writeFixedLatin1(
  b: Buffer,
  p: number,
  length: number,
  fixedLength: number,
  out: Buffer,
  o: number,
): number {
  o = writeLatin1(b, p, length, out, o) - 1;
  for (let i = length; i < fixedLength; i++) o = writeEscape(0, out, o);
  out[o++] = QUOTE;
  return o;
}

function escapeLatin1(b: Buffer, p: number, length: number, out: Buffer, o: number): number {
  for (const end = p + length; p < end; p++) {
    const byte = b[p]!;
    if (byte >= 0x80) {
      out[o++] = 0xc0 | (byte >> 6);
      out[o++] = 0x80 | (byte & 0x3f);
    } else if (BYTE_CLASS[byte] === SPECIAL) o = writeEscape(byte, out, o);
    else out[o++] = byte;
  }
  return o;
}

let scratch = Buffer.alloc(0);
/** Beyond this a scratch buffer is not kept. */
const KEPT_BYTES = 4 * 1024 * 1024;

/** Writes binary JSON as the text that MySQL prints, in a JSON string. Throws BINLOG_CORRUPT. */
export function writeCanalJson(
  b: Buffer,
  p: number,
  length: number,
  out: Buffer,
  o: number,
): number {
  const bytes = 6 * length + 64;
  const text = bytes <= scratch.length ? scratch : Buffer.allocUnsafeSlow(Math.max(bytes, 65536));
  if (text.length <= KEPT_BYTES) scratch = text;
  const end = writeJsonAsPrinted(b, p, length, text, 0);
  out[o++] = QUOTE;
  for (let i = 0; i < end; i++) {
    const byte = text[i]!;
    if (BYTE_CLASS[byte] === SPECIAL) o = writeEscape(byte, out, o);
    else out[o++] = byte;
  }
  out[o++] = QUOTE;
  return o;
}

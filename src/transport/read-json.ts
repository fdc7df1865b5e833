/**
 * JSON columns: what another program made of a JSON value, as documents have it (`src/binlog/values/json.ts`). White space outside strings goes, strings get their
 * canonical escapes, and numbers that were doubles in MySQL get its notation again: `1.0E100`, or 10^100 written out, is `1e100`.
 */
import { writeJsonDouble } from "../binlog/values/json-double.ts";
import { writeJsonText } from "../binlog/values/json-text.ts";
import {
  Ascii,
  RecordFault,
  skipNumber,
  skipSpace,
  skipString,
  skipValue,
} from "./json-scanner.ts";
import type { ColumnReader, ReadValue } from "./record-layout.ts";
import { readContent, readText } from "./read-text.ts";

const JSON_BOUND = 64;

/** JSON that a record holds as a value of its own: Maxwell's form. */
export const embeddedJsonReader: ColumnReader = { read: writeDocument, bound: JSON_BOUND };

/**
 * JSON that a record holds as a string of its text: the form of Canal and Debezium. `isText` = the source keeps the text as it was typed (MariaDB), and only
 * white space goes. A text that is no JSON stays a string.
 */
export function jsonTextReader(isText: boolean): ColumnReader {
  return { read: isText ? readTypedText : readJsonText, bound: JSON_BOUND };
}

const readTypedText: ReadValue = (b, p, end, out, o) => {
  const { bytes, start, end: to } = readContent(b, p, end);
  return writeJsonText(bytes, start, to - start, out, o);
};

const readJsonText: ReadValue = (b, p, end, out, o) => {
  const { bytes, start, end: to } = readContent(b, p, end);
  const from = skipSpace(bytes, start, to);
  if (!isDocument(bytes, from, to)) return readText(b, p, end, out, o);
  return writeDocument(bytes, from, to, out, o);
};

function isDocument(b: Buffer, p: number, end: number): boolean {
  try {
    return skipSpace(b, skipValue(b, p, end), end) === end;
  } catch (error) {
    if (error instanceof RecordFault) return false;
    throw error;
  }
}

/** Writes the valid JSON text in `b[p, end)`. */
function writeDocument(b: Buffer, p: number, end: number, out: Buffer, o: number): number {
  while (p < end) {
    const byte = b[p]!;
    if (byte === Ascii.QUOTE) {
      const next = skipString(b, p, end);
      o = readText(b, p, next, out, o);
      p = next;
    } else if (byte === Ascii.MINUS || (byte >= Ascii.ZERO && byte <= Ascii.NINE)) {
      const next = skipNumber(b, p, end);
      o = writeNumber(b, p, next, out, o);
      p = next;
    } else {
      if (byte > 0x20) out[o++] = byte;
      p++;
    }
  }
  return o;
}

/** Integers of up to this many characters are of 64 bits. */
const SURE_INTEGER_LENGTH = 18;
/** No integer of 64 bits has more. */
const MAX_INTEGER_LENGTH = 20;
const LEAST_INTEGER = -(1n << 63n);
const GREATEST_INTEGER = (1n << 64n) - 1n;

function writeNumber(b: Buffer, p: number, end: number, out: Buffer, o: number): number {
  let isExponent = false;
  let isFraction = false;
  for (let q = p; q < end; q++) {
    if ((b[q]! | 0x20) === 0x65) isExponent = true;
    else if (b[q] === Ascii.POINT) isFraction = true;
  }
  const text = b.toString("latin1", p, end);
  const isPlain = !isExponent && (isFraction || isInteger64(text));
  const value = isPlain ? 0 : Number(text);
  if (isPlain || !Number.isFinite(value)) return o + out.write(text, o, "latin1");
  return writeJsonDouble(value, out, o);
}

/** An integer beyond 64 bits is a double to MySQL. */
function isInteger64(text: string): boolean {
  if (text.length <= SURE_INTEGER_LENGTH) return true;
  if (text.length > MAX_INTEGER_LENGTH) return false;
  const value = BigInt(text);
  return value >= LEAST_INTEGER && value <= GREATEST_INTEGER;
}

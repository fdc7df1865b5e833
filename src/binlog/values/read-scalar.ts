/** Values of row images for expressions (the forms of `ColumnValue`), read from the bytes that the writers beside print. */
import { parseJsonValue } from "../../core/json-value.ts";
import type { JsonValue } from "../../core/sql-value.ts";
import { corruptValue } from "./corrupt.ts";
import { readInt32 } from "./integer.ts";
import { writeJsonAsPrinted } from "./json.ts";
import { decodeText } from "./text.ts";

const halves = new Int32Array(2);
const signed = new BigInt64Array(halves.buffer);
const unsigned = new BigUint64Array(halves.buffer);
const asFloat32 = new Float32Array(halves.buffer);
const asFloat64 = new Float64Array(halves.buffer);

/** A BIGINT. */
export function readBigInt(b: Buffer, p: number): bigint {
  halves[0] = readInt32(b, p);
  halves[1] = readInt32(b, p + 4);
  return signed[0]!;
}

/** A BIGINT UNSIGNED. */
export function readBigUint(b: Buffer, p: number): bigint {
  halves[0] = readInt32(b, p);
  halves[1] = readInt32(b, p + 4);
  return unsigned[0]!;
}

/** A FLOAT, as the double that equals it. */
export function readFloat(b: Buffer, p: number): number {
  halves[0] = readInt32(b, p);
  return asFloat32[0]!;
}

/** A DOUBLE. */
export function readDouble(b: Buffer, p: number): number {
  halves[0] = readInt32(b, p);
  halves[1] = readInt32(b, p + 4);
  return asFloat64[0]!;
}

/** A BIT of `size` bytes, big-endian. */
export function readBit(b: Buffer, p: number, size: number): bigint {
  let low = 0;
  let high = 0;
  for (let i = p; i < p + size; i++) {
    high = (high << 8) | (low >>> 24);
    low = (low << 8) | b[i]!;
  }
  halves[0] = low;
  halves[1] = high;
  return unsigned[0]!;
}

/** The bits of a SET of `size` bytes, little-endian. */
export function readBits(b: Buffer, p: number, size: number): bigint {
  halves.fill(0);
  for (let i = 0; i < size; i++) halves[i >> 2]! |= b[p + i]! << (8 * (i & 3));
  return unsigned[0]!;
}

/** Bytes of a group with this many digits, 0 to 9 (`decimal.ts`). */
const GROUP_BYTES = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4] as const;
const POWERS = Array.from({ length: 10 }, (_, digits) => 10 ** digits);
/** Up to this many digits a number is exact, and faster than a bigint. */
const EXACT_DIGITS = 15;

/** A DECIMAL(`precision`, `scale`) times 10^`scale`. */
export function readDecimal(b: Buffer, p: number, precision: number, scale: number): bigint {
  const mask = b[p]! < 0x80 ? 0xff : 0;
  const isSmall = precision <= EXACT_DIGITS;
  // the highest bit is inverted, in the group that is read first
  let flip = 0x80;
  let small = 0;
  let large = 0n;
  let whole = precision - scale;
  let fraction = scale;
  while (whole + fraction > 0) {
    const digits = whole > 0 ? whole % 9 || 9 : Math.min(9, fraction);
    let group = 0;
    for (let size = GROUP_BYTES[digits]!; size > 0; size--, p++, flip = 0)
      group = group * 256 + (b[p]! ^ mask ^ flip);
    const limit = POWERS[digits]!;
    if (group >= limit) corruptValue("DECIMAL");
    if (isSmall) small = small * limit + group;
    else large = large * BigInt(limit) + BigInt(group);
    if (whole > 0) whole -= digits;
    else fraction -= digits;
  }
  const value = isSmall ? BigInt(small) : large;
  return mask === 0 ? value : -value;
}

/** A DECIMAL with so many digits before the point and behind it, 15 at most together: its value times 10^`scale`, never -0. */
export function readShortDecimal(b: Buffer, p: number, whole: number, scale: number): number {
  if (whole === 0 || whole > 9 || scale > 9) return Number(readDecimal(b, p, whole + scale, scale));
  const mask = b[p]! < 0x80 ? 0xff : 0;
  let middle = p + GROUP_BYTES[whole]!;
  let group = b[p]! ^ mask ^ 0x80;
  for (let i = p + 1; i < middle; i++) group = group * 256 + (b[i]! ^ mask);
  let fraction = 0;
  for (const end = middle + GROUP_BYTES[scale]!; middle < end; middle++)
    fraction = fraction * 256 + (b[middle]! ^ mask);
  const limit = POWERS[scale]!;
  if (group >= POWERS[whole]! || fraction >= limit) corruptValue("DECIMAL");
  const value = group * limit + fraction;
  return mask === 0 ? value : 0 - value;
}

/** Character sets whose bytes are UTF-8 already. */
export const UTF8_CHARSETS: ReadonlySet<string> = new Set(["utf8mb4", "utf8mb3", "utf8", "ascii"]);

/** The reader of texts in a character set. */
export function createTextReader(
  charset: string,
): (b: Buffer, p: number, length: number) => string {
  return UTF8_CHARSETS.has(charset)
    ? (b, p, length) => b.toString("utf8", p, p + length)
    : (b, p, length) => decodeText(charset, b.subarray(p, p + length));
}

/** Bytes as they lie there: a view. */
export function readBytes(b: Buffer, p: number, length: number): Uint8Array {
  return b.subarray(p, p + length);
}

/** A BINARY(`fixedLength`), with the zero bytes at its end that the row image lacks. */
export function readFixedBytes(
  b: Buffer,
  p: number,
  length: number,
  fixedLength: number,
): Uint8Array {
  if (length >= fixedLength) return b.subarray(p, p + length);
  const bytes = Buffer.alloc(fixedLength);
  b.copy(bytes, 0, p, p + length);
  return bytes;
}

let scratch = Buffer.allocUnsafeSlow(4096);
/** Beyond this a scratch buffer is not kept. */
const KEPT_BYTES = 4 * 1024 * 1024;

function room(bytes: number): Buffer {
  const out = bytes <= scratch.length ? scratch : Buffer.allocUnsafeSlow(2 * bytes);
  if (out.length <= KEPT_BYTES) scratch = out;
  return out;
}

/** MySQL's binary JSON. Throws BINLOG_CORRUPT. */
export function readJson(b: Buffer, p: number, length: number): JsonValue {
  const out = room(6 * length + 64);
  return parseJsonValue(out.toString("utf8", 0, writeJsonAsPrinted(b, p, length, out, 0)));
}

/** JSON stored as text (MariaDB). Throws BINLOG_CORRUPT. */
export function readJsonText(b: Buffer, p: number, length: number): JsonValue {
  try {
    return parseJsonValue(b.toString("utf8", p, p + length));
  } catch {
    return corruptValue("JSON");
  }
}

/** The text that `write` prints as a JSON string without anything to escape. */
export function readPrinted(
  write: (b: Buffer, p: number, length: number, out: Buffer, o: number) => number,
): (b: Buffer, p: number, length: number) => string {
  return (b, p, length) => {
    const out = room(6 * length + 64);
    return out.toString("latin1", 1, write(b, p, length, out, 0) - 1);
  };
}

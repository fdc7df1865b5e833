/**
 * DECIMAL as plain number text, digit by digit, as SELECT prints it: `-0.05`, `0.00`, `12345.60`.
 *
 * The server's binary format (`strings/decimal.cc`, decimal2bin): the digits before the point and those behind it, in groups of nine counted
 * from the point, each group a big-endian integer of four bytes; the group at either far end holds what is left over in as few bytes as
 * it needs. The highest bit is inverted, and a negative number has all bits inverted, so that bytes compare as numbers do.
 *
 *     DECIMAL(14,4):  1234567890.1234  =  81 | 0D FB 38 D2 | 04 D2
 *                                          1   234567890     1234
 */
import { corruptValue } from "./corrupt.ts";
import { writeEightDigits, writeFourDigits, writeTwoDigits, writeUint32 } from "./integer.ts";

/** Bytes that a DECIMAL's JSON, quotes included, takes beyond six times its bytes in the row image. */
export const DECIMAL_JSON_BOUND = 2;

const ZERO = 0x30;
const MINUS = 0x2d;
const POINT = 0x2e;

/** Bytes of a group with this many digits, 0 to 9. */
const GROUP_BYTES = Uint8Array.of(0, 1, 1, 2, 2, 3, 3, 4, 4, 4);
/** The least number that does not fit in this many digits. */
const GROUP_LIMIT = Uint32Array.from({ length: 10 }, (_, digits) => 10 ** digits);

/** Size of a DECIMAL(`precision`, `scale`) in a row image, bytes. */
export function decimalSize(precision: number, scale: number): number {
  return digitsSize(precision - scale) + digitsSize(scale);
}

function digitsSize(digits: number): number {
  const groups = (digits / 9) | 0;
  return groups * 4 + GROUP_BYTES[digits - groups * 9]!;
}

/** Writes a DECIMAL(`precision`, `scale`) as a number without quotes. Throws BINLOG_CORRUPT for a group of more digits than it has. */
export function writeDecimal(
  b: Buffer,
  p: number,
  precision: number,
  scale: number,
  out: Buffer,
  o: number,
): number {
  const whole = precision - scale;
  if (whole > 0 && whole <= 9 && scale <= 9) return writeShort(b, p, whole, scale, out, o);
  return writeLong(b, p, whole, scale, out, o);
}

/** One group, or one on each side of the point: most columns. */
function writeShort(
  b: Buffer,
  p: number,
  whole: number,
  scale: number,
  out: Buffer,
  o: number,
): number {
  let mask = 0;
  if (b[p]! < 0x80) {
    mask = -1;
    out[o++] = MINUS;
  }
  const bytes = GROUP_BYTES[whole]!;
  const group = readGroup(b, p, bytes, mask) ^ (0x80 << (8 * bytes - 8));
  if (group >>> 0 >= GROUP_LIMIT[whole]!) corruptValue("DECIMAL");
  o = writeUint32(group, out, o);
  if (scale === 0) return o;
  out[o++] = POINT;
  const fraction = readGroup(b, p + bytes, GROUP_BYTES[scale]!, mask);
  if (fraction >>> 0 >= GROUP_LIMIT[scale]!) corruptValue("DECIMAL");
  return writeDigits(fraction, scale, out, o);
}

function writeLong(
  b: Buffer,
  p: number,
  whole: number,
  scale: number,
  out: Buffer,
  o: number,
): number {
  const mask = b[p]! >= 0x80 ? 0 : -1;
  /** The inverted highest bit, in the group that is read first. */
  let signBit = 0x80;
  let started = false;
  if (mask !== 0) out[o++] = MINUS;

  const leading = whole % 9;
  if (leading > 0) {
    const bytes = GROUP_BYTES[leading]!;
    const group = readGroup(b, p, bytes, mask) ^ (signBit << (8 * bytes - 8));
    if (group >>> 0 >= GROUP_LIMIT[leading]!) corruptValue("DECIMAL");
    signBit = 0;
    p += bytes;
    started = group > 0;
    if (started) o = writeUint32(group, out, o);
  }
  for (let digits = whole - leading; digits > 0; digits -= 9, p += 4) {
    const group = readGroup(b, p, 4, mask) ^ (signBit << 24);
    if (group >>> 0 >= 1e9) corruptValue("DECIMAL");
    signBit = 0;
    if (started) o = writeNineDigits(group, out, o);
    else if (group > 0) {
      started = true;
      o = writeUint32(group, out, o);
    }
  }
  if (!started) out[o++] = ZERO;
  if (scale === 0) return o;

  out[o++] = POINT;
  let digits = scale;
  for (; digits >= 9; digits -= 9, p += 4) {
    const group = readGroup(b, p, 4, mask) ^ (signBit << 24);
    if (group >>> 0 >= 1e9) corruptValue("DECIMAL");
    signBit = 0;
    o = writeNineDigits(group, out, o);
  }
  if (digits === 0) return o;
  const bytes = GROUP_BYTES[digits]!;
  const group = readGroup(b, p, bytes, mask) ^ (signBit << (8 * bytes - 8));
  if (group >>> 0 >= GROUP_LIMIT[digits]!) corruptValue("DECIMAL");
  return writeDigits(group, digits, out, o);
}

/** The group of 1 to 4 `bytes` at `b[p]`, its bits inverted when `mask` is -1. */
function readGroup(b: Buffer, p: number, bytes: number, mask: number): number {
  let group = mask;
  for (let i = p; i < p + bytes; i++) group = (group << 8) | b[i]!;
  return group ^ mask;
}

function writeNineDigits(value: number, out: Buffer, o: number): number {
  const high = (value / 1e8) | 0;
  out[o] = ZERO + high;
  return writeEightDigits(value - high * 1e8, out, o + 1);
}

/** Writes `value` as exactly `digits` digits, 1 to 9. */
function writeDigits(value: number, digits: number, out: Buffer, o: number): number {
  if (digits === 2) return writeTwoDigits(value, out, o);
  if (digits === 4) return writeFourDigits(value, out, o);
  for (let i = o + digits - 1; i >= o; i--) {
    const rest = (value / 10) | 0;
    out[i] = ZERO + value - rest * 10;
    value = rest;
  }
  return o + digits;
}

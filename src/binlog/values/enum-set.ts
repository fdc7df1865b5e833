import { corruptValue } from "./corrupt.ts";
import { readInt32 } from "./integer.ts";
import { escapeJsonBytes } from "./json-string.ts";

/** The members of an ENUM or SET as JSON text, made once a column: member `i` is `bytes[offsets[i], offsets[i + 1])`. */
export interface Labels {
  readonly bytes: Buffer;
  readonly offsets: Int32Array;
  /** Most bytes of JSON that a value takes. */
  readonly bound: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;

/** The labels of an ENUM with these members, in order: JSON strings, `""` (MySQL's invalid value) at index 0. */
export function createEnumLabels(members: readonly string[]): Labels {
  const quote = Buffer.of(QUOTE);
  const texts = ["", ...members].map((label) =>
    Buffer.concat([quote, escapeJsonBytes(label), quote]),
  );
  return { ...join(texts), bound: texts.reduce((most, text) => Math.max(most, text.length), 0) };
}

/** The labels of a SET with these members, in order: the content of JSON strings. */
export function createSetLabels(members: readonly string[]): Labels {
  const labels = join(members.map(escapeJsonBytes));
  return { ...labels, bound: labels.bytes.length + members.length + 2 };
}

function join(texts: readonly Buffer[]): Omit<Labels, "bound"> {
  const offsets = new Int32Array(texts.length + 1);
  for (const [i, text] of texts.entries()) offsets[i + 1] = offsets[i]! + text.length;
  return { bytes: Buffer.concat(texts), offsets };
}

/** Size of an ENUM with `memberCount` members in a row image, bytes. */
export function enumSize(memberCount: number): 1 | 2 {
  return memberCount < 256 ? 1 : 2;
}

/** Size of a SET with `memberCount` members in a row image, bytes. */
export function setSize(memberCount: number): number {
  const bytes = (memberCount + 7) >> 3;
  return bytes > 4 ? 8 : bytes;
}

/** Writes an ENUM of `size` bytes, the member's number from 1, as its label. Throws BINLOG_CORRUPT for a number without a member. */
export function writeEnum(
  b: Buffer,
  p: number,
  size: number,
  labels: Labels,
  out: Buffer,
  o: number,
): number {
  const index = size === 1 ? b[p]! : b[p]! | (b[p + 1]! << 8);
  if (index + 1 >= labels.offsets.length) corruptValue("ENUM");
  return copyLabel(labels, index, out, o);
}

/**
 * Writes a SET of `size` bytes, a bit a member, the first in the lowest, as a JSON string of the labels joined by commas.
 * Throws BINLOG_CORRUPT for a bit without a member.
 */
export function writeSet(
  b: Buffer,
  p: number,
  size: number,
  labels: Labels,
  out: Buffer,
  o: number,
): number {
  out[o++] = QUOTE;
  const start = o;
  if (size < 4) {
    let bits = 0;
    for (let i = 0; i < size; i++) bits |= b[p + i]! << (8 * i);
    o = writeMembers(bits, 0, labels, out, o);
  } else {
    o = writeMembers(readInt32(b, p), 0, labels, out, o);
    if (size > 4) o = writeMembers(readInt32(b, p + 4), 32, labels, out, o);
  }
  // Each label was written with a comma behind it.
  if (o > start) o--;
  out[o++] = QUOTE;
  return o;
}

/** Writes the members of `bits`, the lowest bit being member `first`, each with a comma behind it. */
function writeMembers(bits: number, first: number, labels: Labels, out: Buffer, o: number): number {
  for (let rest = bits; rest !== 0; rest &= rest - 1) {
    const index = first + 31 - Math.clz32(rest & -rest);
    if (index + 1 >= labels.offsets.length) corruptValue("SET");
    o = copyLabel(labels, index, out, o);
    out[o++] = COMMA;
  }
  return o;
}

function copyLabel(labels: Labels, index: number, out: Buffer, o: number): number {
  const { bytes, offsets } = labels;
  const end = offsets[index + 1]!;
  for (let i = offsets[index]!; i < end; i++) out[o++] = bytes[i]!;
  return o;
}

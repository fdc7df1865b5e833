import { escapeJsonBytes } from "../binlog/values/json-string.ts";
import { Ascii } from "./json-scanner.ts";
import type { ColumnReader } from "./record-layout.ts";
import { contentText, readText } from "./read-text.ts";

/** An ENUM as its ordinal, from 1 (0 = MySQL's invalid value, `""`), or as its label. Digits that are an ordinal of the type are taken as one. */
export function ordinalEnumReader(members: readonly string[]): ColumnReader {
  const labels = ["", ...members].map(quoted);
  return {
    read: (b, p, end, out, o) => {
      const ordinal = ordinalAt(b, p, end);
      const label = ordinal < 0 ? undefined : labels[ordinal];
      return label === undefined ? readText(b, p, end, out, o) : copyLabel(label, out, o);
    },
    bound: 64 + Math.max(...labels.map((label) => label.length)),
  };
}

/** A mask has 64 bits. */
const MAX_MASK_DIGITS = 20;

/** A SET as its bit mask, the first member in the lowest bit, or as labels joined by commas. Digits that are a mask of the type are taken as one. */
export function maskSetReader(members: readonly string[]): ColumnReader {
  const limit = 1n << BigInt(members.length);
  return {
    read: (b, p, end, out, o) => {
      const ordinal = ordinalAt(b, p, end);
      const text = ordinal === -2 ? contentText(b, p, end) : "";
      const mask = text.length > MAX_MASK_DIGITS || ordinal === -1 ? -1n : BigInt(text || ordinal);
      if (mask < 0n || mask >= limit) return readText(b, p, end, out, o);
      const labels = members.filter((_, i) => ((mask >> BigInt(i)) & 1n) === 1n);
      return o + quoted(labels.join(",")).copy(out, o);
    },
    bound: 64 + quoted(members.join(",")).length,
  };
}

/** A SET as an array of its labels, Maxwell's form, or as labels joined by commas. */
export const arraySetReader: ColumnReader = {
  read: (b, p, end, out, o) => {
    if (b[p] !== Ascii.OPEN_ARRAY) return readText(b, p, end, out, o);
    const labels = JSON.parse(b.toString("utf8", p, end)) as readonly unknown[];
    return o + quoted(labels.map(String).join(",")).copy(out, o);
  },
  bound: 64,
};

function quoted(label: string): Buffer {
  const quote = Buffer.of(Ascii.QUOTE);
  return Buffer.concat([quote, escapeJsonBytes(label), quote]);
}

/** The number below 2^32 that the digits in `b[p, end)`, with or without quotes, are; -1 when they are none, -2 when it is larger. */
function ordinalAt(b: Buffer, p: number, end: number): number {
  const from = b[p] === Ascii.QUOTE ? p + 1 : p;
  const to = from > p ? end - 1 : end;
  if (from === to) return -1;
  let number = 0;
  for (let q = from; q < to; q++) {
    const digit = b[q]! - Ascii.ZERO;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number < TWO_TO_32 ? number : -2;
}

const TWO_TO_32 = 4_294_967_296;

function copyLabel(label: Buffer, out: Buffer, o: number): number {
  for (let i = 0; i < label.length; i++) out[o + i] = label[i]!;
  return o + label.length;
}

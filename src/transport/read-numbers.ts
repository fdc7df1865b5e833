import { writeFloat32, writeFloat64 } from "../binlog/values/float.ts";
import { Ascii } from "./json-scanner.ts";
import type { ColumnReader, ReadValue } from "./record-layout.ts";
import { contentText, readText } from "./read-text.ts";

/** Numbers of 64 bits have at most this many digits and a sign. */
const NUMBER_BOUND = 24;
/** No decimal of MySQL needs a greater one; it would only make a text long. */
const MAX_EXPONENT = 100;

/** Is `b[p, end)` an integer, with or without quotes? */
export function isInteger(b: Buffer, p: number, end: number): boolean {
  if (b[p] === Ascii.QUOTE) {
    p++;
    end--;
  }
  if (p < end && b[p] === Ascii.MINUS) p++;
  return p < end && behindDigits(b, p, end) === end;
}

function behindDigits(b: Buffer, p: number, end: number): number {
  while (p < end && b[p]! >= Ascii.ZERO && b[p]! <= Ascii.NINE) p++;
  return p;
}

/** An integer, with or without quotes, `true` as 1 and `false` as 0; without the zeros that ZEROFILL puts in front. What is none becomes a string. */
export const readInteger: ReadValue = (b, p, end, out, o) => {
  const from = b[p] === Ascii.QUOTE ? p + 1 : p;
  const to = from > p ? end - 1 : end;
  let q = from;
  const start = o;
  if (q < to && b[q] === Ascii.MINUS) {
    out[o++] = Ascii.MINUS;
    q++;
  }
  while (q < to - 1 && b[q] === Ascii.ZERO) q++;
  const digits = q;
  for (; q < to; q++) {
    const byte = b[q]!;
    if (byte < Ascii.ZERO || byte > Ascii.NINE) break;
    out[o++] = byte;
  }
  if (q === to && q > digits) return o;
  if (b[p] === Ascii.LETTER_T || b[p] === Ascii.LETTER_F) {
    out[start] = b[p] === Ascii.LETTER_T ? 0x31 : 0x30;
    return start + 1;
  }
  return readText(b, p, end, out, start);
};

/** {@link readInteger} as a column's reader. */
export const integerReader: ColumnReader = { read: readInteger, bound: NUMBER_BOUND };

/** A YEAR: as {@link readInteger}, and 1900, which no YEAR is and which Debezium and Maxwell make of 0000, as 0. */
export const yearReader: ColumnReader = {
  read: (b, p, end, out, o) => {
    const to = readInteger(b, p, end, out, o);
    if (to - o !== 4 || out.toString("latin1", o, to) !== "1900") return to;
    out[o] = Ascii.ZERO;
    return o + 1;
  },
  bound: NUMBER_BOUND,
};

/** A FLOAT: the shortest text of the number of single precision. */
export const floatReader: ColumnReader = {
  read: (b, p, end, out, o) => {
    const value = Math.fround(Number(contentText(b, p, end)));
    return Number.isFinite(value) ? writeFloat32(value, out, o) : readText(b, p, end, out, o);
  },
  bound: NUMBER_BOUND + 8,
};

/** A DOUBLE: the shortest text of the number of double precision. */
export const doubleReader: ColumnReader = {
  read: (b, p, end, out, o) => {
    const value = Number(contentText(b, p, end));
    return Number.isFinite(value) ? writeFloat64(value, out, o) : readText(b, p, end, out, o);
  },
  bound: NUMBER_BOUND + 8,
};

/** A DECIMAL given as a number's text: plain, with all digits of its scale, none rounded away. */
export function decimalReader(scale: number): ColumnReader {
  return {
    read: (b, p, end, out, o) => {
      const from = b[p] === Ascii.QUOTE ? p + 1 : p;
      const to = from > p ? end - 1 : end;
      if (isPlainDecimal(b, from, to, scale)) {
        for (let q = from; q < to; q++) out[o++] = b[q]!;
        return o;
      }
      const text = plainDecimal(contentText(b, p, end), scale);
      return text === null ? readText(b, p, end, out, o) : o + out.write(text, o, "latin1");
    },
    bound: MAX_EXPONENT + scale + NUMBER_BOUND,
  };
}

/** Has the text just the form that documents have? */
function isPlainDecimal(b: Buffer, p: number, end: number, scale: number): boolean {
  if (p < end && b[p] === Ascii.MINUS) p++;
  const point = behindDigits(b, p, end);
  if (point === p || (b[p] === Ascii.ZERO && point > p + 1)) return false;
  if (scale === 0) return point === end;
  return (
    b[point] === Ascii.POINT && end - point === scale + 1 && behindDigits(b, point + 1, end) === end
  );
}

/** The text of a number in plain notation with at least `scale` digits behind the point; null when it is no number. */
function plainDecimal(text: string, scale: number): string | null {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/.exec(text);
  if (match === null) return null;
  const [, sign = "", whole = "", fraction = "", exponentText = "0"] = match;
  const exponent = Number(exponentText);
  if (whole + fraction === "" || Math.abs(exponent) > MAX_EXPONENT) return null;
  return placePoint(sign === "-", whole + fraction, fraction.length - exponent, scale);
}

/** The number `digits` / 10^`places`, in plain notation with at least `scale` digits behind the point. */
export function placePoint(
  isNegative: boolean,
  digits: string,
  places: number,
  scale: number,
): string {
  const shifted = places < 0 ? digits + "0".repeat(-places) : digits.padStart(places + 1, "0");
  const behind = Math.max(places, 0);
  const whole = shifted.slice(0, shifted.length - behind).replace(/^0+(?=\d)/, "");
  let fraction = shifted.slice(shifted.length - behind).padEnd(scale, "0");
  while (fraction.length > scale && fraction.endsWith("0")) fraction = fraction.slice(0, -1);
  const isZero = /^0*$/.test(whole + fraction);
  return `${isNegative && !isZero ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}

/**
 * Doubles inside JSON as MySQL prints them, so that a SELECT and the binlog give the same bytes (`my_gcvt` in the server's `strings/dtoa.cc` with
 * all the width it wants): the shortest digits that read back as the same number; plain notation with a point (`1.0`, `0.0000001`) while the
 * point lies at most 14 zeros before the digits and at most 15 places behind their start, or inside them; else `1e15`, `1.5e300`, `1e-20`.
 * JavaScript finds the same digits and differs in notation alone.
 */

import { writeFloat64 } from "./float.ts";

/** Places that the point may be away from the first digit, `MAX_DECPT_FOR_F_FORMAT` of the server. */
const PLAIN_PLACES = 15;
/** In this range JavaScript's notation is MySQL's but for the `.0` of integers. */
const LEAST_COMMON = 1e-6;
const ABOVE_COMMON = 1e15;

/** Writes a finite double; at most 40 bytes. */
export function writeJsonDouble(value: number, out: Buffer, o: number): number {
  const size = Math.abs(value);
  if (size < LEAST_COMMON || size >= ABOVE_COMMON) {
    return o + out.write(uncommonText(value), o, "latin1");
  }
  o = writeFloat64(value, out, o);
  if (Number.isInteger(value)) {
    out[o++] = 0x2e;
    out[o++] = 0x30;
  }
  return o;
}

function uncommonText(value: number): string {
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const [mantissa, exponent] = Math.abs(value).toExponential().split("e");
  const text = scientificText(mantissa!.replace(".", ""), Number(exponent));
  return value < 0 ? `-${text}` : text;
}

/** The number with these digits and the point after the first of them, times 10^`exponent`. */
function scientificText(digits: string, exponent: number): string {
  const point = exponent + 1;
  const isPlain = point > -PLAIN_PLACES && (point <= PLAIN_PLACES || digits.length > point);
  if (!isPlain) return `${digits[0]}${digits.length > 1 ? "." : ""}${digits.slice(1)}e${exponent}`;
  if (point <= 0) return `0.${"0".repeat(-point)}${digits}`;
  if (digits.length > point) return `${digits.slice(0, point)}.${digits.slice(point)}`;
  return `${digits}${"0".repeat(point - digits.length)}.0`;
}

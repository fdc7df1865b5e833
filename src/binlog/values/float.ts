/**
 * FLOAT and DOUBLE as JSON numbers: the shortest text that reads back as the same number, in the form that JavaScript prints.
 *
 * Most stored values are integers or have a few decimals; they are printed as scaled integers without a string. That gives the
 * shortest text: at most 15 digits (for a FLOAT 6) tell any two decimals apart, so no other decimal as short reads back as the number.
 */
import { float32Text, float64Text } from "../../core/float-text.ts";
import { readInt32, writeUint53 } from "./integer.ts";

/** Bytes that a FLOAT's or DOUBLE's JSON takes beyond six times its bytes in the row image. */
export const FLOAT_JSON_BOUND = 0;
/** Size of a FLOAT in a row image, bytes. */
export const FLOAT_SIZE = 4;
/** Size of a DOUBLE in a row image, bytes. */
export const DOUBLE_SIZE = 8;

const ZERO = 0x30;
const MINUS = 0x2d;
const POINT = 0x2e;

const POWERS = Float64Array.from({ length: 13 }, (_, exponent) => 10 ** exponent);
/** Below this every integer is a number of single precision. */
const EXACT_FLOAT32_INTEGERS = 0x1000000;

const bits = new Int32Array(2);
const asFloat32 = new Float32Array(bits.buffer);
const asFloat64 = new Float64Array(bits.buffer);

/** Writes a FLOAT, 4 bytes little-endian. */
export function writeFloat(b: Buffer, p: number, out: Buffer, o: number): number {
  bits[0] = readInt32(b, p);
  return writeFloat32(asFloat32[0]!, out, o);
}

/** Writes a DOUBLE, 8 bytes little-endian. */
export function writeDouble(b: Buffer, p: number, out: Buffer, o: number): number {
  bits[0] = readInt32(b, p);
  bits[1] = readInt32(b, p + 4);
  return writeFloat64(asFloat64[0]!, out, o);
}

/** Writes a number of single precision; `null` when it is not finite. At most 24 bytes. */
export function writeFloat32(value: number, out: Buffer, o: number): number {
  const size = Math.abs(value);
  if (size < EXACT_FLOAT32_INTEGERS && Math.floor(size) === size) {
    return writeScaled(value < 0, size, 0, out, o);
  }
  if (size >= 1e-4 && size < 1e6) {
    // What float32Text does, without texts: 24 bits times 10^12 (28 bits without its twos) is exact, and so is the division's rounding.
    let places = 5;
    for (let scale = size; scale < 1; scale *= 10) places++;
    for (let scale = size; scale >= 10; scale /= 10) places--;
    for (const most = places + 3; places <= most; places++) {
      const power = POWERS[places]!;
      const scaled = Math.round(size * power);
      if (Math.fround(scaled / power) === size)
        return writeScaled(value < 0, scaled, places, out, o);
    }
  }
  return writeAscii(float32Text(value), out, o);
}

/** Writes a number of double precision; `null` when it is not finite. At most 25 bytes. */
export function writeFloat64(value: number, out: Buffer, o: number): number {
  const size = Math.abs(value);
  if (size <= Number.MAX_SAFE_INTEGER && Math.floor(size) === size) {
    return writeScaled(value < 0, size, 0, out, o);
  }
  if (size >= 1e-5 && size < 1e8) {
    let scaled = Math.round(size * 100);
    if (scaled / 100 === size) return writeScaled(value < 0, scaled, 2, out, o);
    scaled = Math.round(size * 1e7);
    if (scaled / 1e7 === size) return writeScaled(value < 0, scaled, 7, out, o);
  }
  return writeAscii(float64Text(value), out, o);
}

/** Writes `scaled` / 10^`places`, without trailing zeros behind the point. `scaled` is below 10^15, the digits behind the point below 10^9. */
function writeScaled(
  negative: boolean,
  scaled: number,
  places: number,
  out: Buffer,
  o: number,
): number {
  if (negative) out[o++] = MINUS;
  const power = POWERS[places]!;
  const whole = Math.floor(scaled / power);
  o = writeUint53(whole, out, o);
  let fraction = (scaled - whole * power) | 0;
  if (fraction === 0) return o;
  while (fraction % 10 === 0) {
    fraction = (fraction / 10) | 0;
    places--;
  }
  out[o++] = POINT;
  for (let i = o + places - 1; i >= o; i--) {
    const rest = (fraction / 10) | 0;
    out[i] = ZERO + fraction - rest * 10;
    fraction = rest;
  }
  return o + places;
}

function writeAscii(text: string, out: Buffer, o: number): number {
  for (let i = 0; i < text.length; i++) out[o++] = text.charCodeAt(i);
  return o;
}

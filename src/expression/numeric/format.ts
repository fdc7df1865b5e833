/** Text of approximate numbers, as MySQL prints them (`my_gcvt`). */

import type { DoubleType } from "../sql-type.ts";

/** How a DOUBLE or FLOAT of this type is shown in a SELECT's list. */
export function shownDouble(type: DoubleType): (value: number) => string {
  return type.isFloat === true ? (value) => formatFloat(value) : (value) => formatDouble(value);
}

/** What text functions take it for: shorter, and of a FLOAT that was computed with (COALESCE) all digits. */
export function textOfDouble(type: DoubleType): (value: number) => string {
  const { isFloat, textWidth = 22 } = type;
  return isFloat === true && textWidth === 12
    ? (value) => formatFloat(value, 12)
    : (value) => formatDouble(value, textWidth);
}

/** Digits behind and before the point up to which no exponent is written. */
const MAX_PLAIN_DIGITS = 15;

/** A DOUBLE with as many digits as tell it from its neighbours: `0.1`, `1e20`, `0.00000015`, `-0`; fewer if they do not fit into `width` characters. */
export function formatDouble(value: number, width = Infinity): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) {
    return Object.is(value, -0) ? "-0" : String(value);
  }
  return layOut(value, value.toExponential(), width);
}

/** A FLOAT: six digits. */
export function formatFloat(value: number, width = Infinity): string {
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  return layOut(value, toSixDigits(value), width);
}

/** Lays out the digits of `d.ddde±x`: without exponent if the number is neither too great nor too small for that and it fits. */
function layOut(value: number, scientific: string, width: number): string {
  const [, sign = "", first = "", rest = "", exponentText = ""] =
    /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(scientific) ?? [];
  const digits = `${first}${rest}`.replace(/0+$/, "");
  const exponent = Number(exponentText);
  const point = exponent + 1;
  if (point > -MAX_PLAIN_DIGITS && (point <= MAX_PLAIN_DIGITS || digits.length > point)) {
    const plain = sign + layOutPlain(digits, point);
    if (plain.length <= width) return plain;
  }
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : "";
  const text = `${sign}${digits[0]}${fraction}e${exponent}`;
  const surplus = text.length - width;
  return surplus > 0
    ? layOut(value, value.toExponential(digits.length - 1 - surplus), width)
    : text;
}

function layOutPlain(digits: string, point: number): string {
  if (point <= 0) return `0.${"0".repeat(-point)}${digits}`;
  if (digits.length <= point) return digits.padEnd(point, "0");
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** Six digits in scientific notation, half to even. */
function toSixDigits(value: number): string {
  const rounded = value.toExponential(5);
  const exact = value.toExponential(20);
  const [mantissa = "", exponent = "0"] = exact.split("e");
  const point = mantissa.indexOf(".");
  const isTie = /^50*$/.test(mantissa.slice(point + 6));
  if (!isTie) return rounded;
  // `exact` ends in …d5: of its neighbours the one with the even last digit
  const isEven = Number(mantissa[point + 5]) % 2 === 0;
  return isEven ? `${mantissa.slice(0, point + 6)}e${exponent}` : rounded;
}

/** A DOUBLE with a fixed number of digits behind the point (`my_fcvt`): those that tell it from its neighbours, then zeros. */
export function formatFixed(value: number, scale: number): string {
  const magnitude = Math.abs(value);
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const [digits = "", exponent = "0"] = magnitude.toExponential().replace(".", "").split("e");
  const plain = layOutPlain(digits, Number(exponent) + 1);
  const [whole = "", fraction = ""] = plain.split(".");
  if (fraction.length > scale) return sign + magnitude.toFixed(scale);
  return scale === 0 ? sign + whole : `${sign}${whole}.${fraction.padEnd(scale, "0")}`;
}

/**
 * SQL values as JSON texts, the same that documents have of columns: DATETIME `"2026-11-23T10:20:30"`, a date that no calendar has `null`, TIME as MySQL prints it,
 * binary strings in base64, JSON without white space.
 */
import { float32Text, float64Text } from "../core/float-text.ts";
import type { Moment } from "../core/sql-value.ts";

/** The JSON text of a value that is not NULL; of a `decimal` the text of its shown digits. */
export type JsonText<Value> = (value: Value) => string;

/** An integer's. */
export function integerText(value: number | bigint): string {
  return String(value);
}

/** A DOUBLE's. */
export const doubleText: JsonText<number> = float64Text;

/** A FLOAT's: the shortest that single precision takes for it. */
export function floatText(value: number): string {
  return float32Text(Math.fround(value));
}

/** The text of a decimal that carries `frac` digits behind the point and shows `scale` of them, rounded half away from zero. */
export function createDecimalText(frac: number, scale: number): JsonText<bigint> {
  const cut = 10n ** BigInt(Math.max(0, frac - scale));
  return (value) => {
    const isNegative = value < 0n;
    const size = isNegative ? -value : value;
    const shown = cut === 1n ? size : (size + cut / 2n) / cut;
    const sign = isNegative && shown !== 0n ? "-" : "";
    if (scale === 0) return `${sign}${shown}`;
    const digits = String(shown).padStart(scale + 1, "0");
    return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  };
}

/** A character string's. */
export function stringText(value: string): string {
  return JSON.stringify(value);
}

/** A binary string's, in base64. */
export function bytesText(value: Uint8Array): string {
  return `"${Buffer.from(value.buffer, value.byteOffset, value.length).toString("base64")}"`;
}

/** A DATE's. */
export function dateText(value: Moment): string {
  return isCalendarDay(value) ? `"${dayText(value)}"` : "null";
}

/** Texts of DATETIMEs with so many digits behind the seconds. */
export function createDatetimeText(fraction: number): JsonText<Moment> {
  return (value) =>
    isCalendarDay(value) ? `"${dayText(value)}T${clockText(value, fraction)}"` : "null";
}

/** Texts of TIMEs with so many digits behind the seconds. */
export function createTimeText(fraction: number): JsonText<Moment> {
  return (value) => `"${value.isNegative ? "-" : ""}${clockText(value, fraction)}"`;
}

/** Texts of an ENUM with these members, by ordinal; `""` for 0. */
export function createEnumText(members: readonly string[]): JsonText<number> {
  const texts = ["", ...members].map((label) => JSON.stringify(label));
  return (value) => texts[value] ?? '""';
}

/** Texts of a SET with these members: the labels joined by commas. */
export function createSetText(members: readonly string[]): JsonText<bigint> {
  return (value) =>
    JSON.stringify(members.filter((_, i) => ((value >> BigInt(i)) & 1n) === 1n).join(","));
}

/** Does the calendar have this day, with a year of four digits? False for zero and partial dates and days like February 30. */
export function isCalendarDay({ year, month, day }: Moment): boolean {
  if (day < 1 || month < 1 || month > 12) return false;
  if (day <= 28) return true;
  if (month === 2) return day === 29 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= 30 + ((month + (month >> 3)) & 1);
}

/** `2026-11-23`. */
export function dayText({ year, month, day }: Moment): string {
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;
}

/** `10:20:30`, with `fraction` digits behind the point where that is not 0. */
export function clockText(moment: Moment, fraction: number): string {
  const text = `${two(moment.hour)}:${two(moment.minute)}:${two(moment.second)}`;
  if (fraction === 0) return text;
  return `${text}.${String(moment.microsecond).padStart(6, "0").slice(0, fraction)}`;
}

function two(part: number): string {
  return part < 10 ? `0${part}` : String(part);
}

import { applyStrict, type Place } from "../apply.ts";
import type { BytesType, SqlType, TextType } from "../sql-type.ts";
import type { Typed } from "../typed.ts";
import { coercibilityOfBytes, isAsciiText, mergedTextType, type MergedStrings } from "./merge.ts";

/** Most characters that a type may say: MySQL's LONGTEXT. */
export const MAX_CHARACTERS = 2 ** 32 - 1;
/** `max_allowed_packet` as MySQL has it by default, in bytes: functions that would make a longer string are NULL. */
export const MAX_PACKET = 67_108_864;

/** What {@link applyStrings} makes. */
export interface StringResult {
  readonly type: SqlType;
  readonly mayBeNull?: boolean;
}

/** A function of strings, and of numbers behind them: of a binary string a character is a byte. */
export type StringFunction<Result> = (...values: never[]) => Result;

/**
 * A function that is NULL if an argument is, over strings of one kind and whatever follows them. Written for character strings, it does for binary ones, too, whose bytes it gets
 * as characters.
 */
export function applyStrings<Result>(
  strings: { readonly kind: "text" | "bytes"; readonly args: readonly Typed[] },
  rest: readonly Typed[],
  place: Place,
  { result, run }: { readonly result: StringResult; readonly run: StringFunction<Result> },
): Typed {
  const makesBytes = result.type.kind === "bytes";
  const called =
    strings.kind === "text"
      ? run
      : overBytes(run as (...values: unknown[]) => unknown, strings.args.length, makesBytes);
  const name = place.scope.bind(called);
  return applyStrict([...strings.args, ...rest], place, result, (...sources) => {
    return `${name}(${sources.join(", ")})`;
  });
}

/** A function that is NULL if an argument is, and otherwise what a function of ours makes of the values. */
export function applyBound(
  args: readonly Typed[],
  place: Place,
  result: StringResult,
  run: (...values: never[]) => unknown,
): Typed {
  const name = place.scope.bind(run);
  return applyStrict(args, place, result, (...sources) => `${name}(${sources.join(", ")})`);
}

/** The type of what is made of a string, perhaps with parts of others: one of the same kind and collation. */
export function sameKind(
  string: Typed,
  maxCharacters: number,
  others: readonly Typed[] = [],
): TextType | BytesType {
  const bound = Math.min(maxCharacters, MAX_CHARACTERS);
  const { type } = string;
  if (type.kind === "bytes") {
    return { kind: "bytes", maxBytes: bound, coercibility: coercibilityOfBytes(type) };
  }
  if (type.kind !== "text") throw new TypeError("not a string");
  const { collation, coercibility } = type;
  const text = { kind: "text", collation, coercibility, maxCharacters: bound } as const;
  return [string, ...others].every(isAsciiText) ? { ...text, isAscii: true } : text;
}

/** The type of what is made of strings that go together. */
export function mergedType(merged: MergedStrings, maxCharacters: number): TextType | BytesType {
  const bound = Math.min(maxCharacters, MAX_CHARACTERS);
  if (merged.kind === "text") return mergedTextType(merged, bound);
  return { kind: "bytes", maxBytes: bound, coercibility: merged.coercibility };
}

/** Most characters (bytes of a binary string) that a string has. */
export function maxLength({ type }: Typed): number {
  if (type.kind === "text") return type.maxCharacters;
  return type.kind === "bytes" ? type.maxBytes : 0;
}

/** Can the string be longer than a packet, so that what is made of it may be NULL? */
export function mayExceedPacket(maxCharacters: number): boolean {
  return maxCharacters * 4 > MAX_PACKET;
}

/** The string, or null where it is longer than a packet. */
export function withinPacket(text: string): string | null {
  if (text.length * 3 <= MAX_PACKET) return text;
  return Buffer.byteLength(text) > MAX_PACKET ? null : text;
}

function overBytes(
  run: (...values: unknown[]) => unknown,
  strings: number,
  makesBytes: boolean,
): (...values: unknown[]) => unknown {
  return (...values) => {
    for (let i = 0; i < strings; i++) values[i] = charactersOfBytes(values[i] as Uint8Array);
    const made = run(...values);
    return makesBytes && typeof made === "string" ? Buffer.from(made, "latin1") : made;
  };
}

/** A binary string with a character for each byte. */
export function charactersOfBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

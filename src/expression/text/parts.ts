import type { Call, FunctionTable, SqlFunction } from "../functions.ts";
import { toCount } from "../numeric/convert.ts";
import type { Typed } from "../typed.ts";
import { one } from "./concat.ts";
import { alignTo, stringArgument } from "./merge.ts";
import {
  applyStrings,
  maxLength,
  mayExceedPacket,
  sameKind,
  type StringFunction,
  withinPacket,
} from "./strings.ts";

/** Functions that take strings apart and change parts of them. */
export const PART_FUNCTIONS: FunctionTable = {
  left: withCounts([2, 2], (text, count) => substring(text, 1, count)),
  right: withCounts([2, 2], right),
  substring: withCounts([2, 3], substring),
  substr: withCounts([2, 3], substring),
  mid: withCounts([2, 3], substring),
  reverse: withCounts([1, 1], (text) => Array.from(text).toReversed().join("")),
  insert: { arity: [4, 4], compile: compileInsert },
  replace: { arity: [3, 3], compile: compileReplace },
  substring_index: { arity: [3, 3], compile: compileSubstringIndex },
  trim: trimFunction({ leading: true, trailing: true }),
  ltrim: trimFunction({ leading: true, trailing: false }),
  rtrim: trimFunction({ leading: false, trailing: true }),
  trim_both: trimFunction({ leading: true, trailing: true }),
  trim_leading: trimFunction({ leading: true, trailing: false }),
  trim_trailing: trimFunction({ leading: false, trailing: true }),
};

/** A part of the first argument, found by numbers. */
function withCounts(
  arity: readonly [number, number],
  run: (text: string, ...counts: number[]) => string,
): SqlFunction {
  return {
    arity,
    compile([text, ...counts], call) {
      const string = stringArgument(text!, call.scope);
      const numbers = counts.map((count) => toCount(count, call.scope));
      const result = { type: sameKind(string, maxLength(string)) };
      return applyStrings(one(string), numbers, call, { result, run });
    },
  };
}

/** From a place, the first being 1 or the last -1, so many characters or all. */
function substring(text: string, from: number, count = Infinity): string {
  if (count <= 0 || from === 0) return "";
  const length = charactersOf(text);
  const start = from < 0 ? length + from : from - 1;
  if (start < 0 || start >= length) return "";
  if (length === text.length) return text.slice(start, start + count);
  return Array.from(text)
    .slice(start, start + count)
    .join("");
}

function right(text: string, count: number): string {
  const length = charactersOf(text);
  if (count <= 0 || length === 0) return "";
  return substring(text, Math.max(1, length - count + 1));
}

function charactersOf(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit < 0xdc00) count--;
  }
  return count;
}

function compileInsert([text, place, count, part]: readonly Typed[], call: Call): Typed {
  const { scope } = call;
  const string = stringArgument(text!, scope);
  const inserted = alignTo(string, part!, scope);
  const length = maxLength(string) + maxLength(inserted);
  const result = { type: sameKind(string, length, [inserted]), mayBeNull: mayExceedPacket(length) };
  const numbers = [toCount(place!, scope), toCount(count!, scope)];
  const strings = { ...one(string), args: [string, inserted] };
  return applyStrings(strings, numbers, call, { result, run: insert });
}

function insert(text: string, part: string, place: number, count: number): string | null {
  const characters = Array.from(text);
  if (place < 1 || place > characters.length) return text;
  const end = count < 0 ? characters.length : place - 1 + count;
  const head = characters.slice(0, place - 1).join("");
  return withinPacket(head + part + characters.slice(end).join(""));
}

function compileReplace([text, from, to]: readonly Typed[], call: Call): Typed {
  const { scope } = call;
  const string = stringArgument(text!, scope);
  const sought = alignTo(string, from!, scope);
  const put = alignTo(string, to!, scope);
  const length = maxLength(string) * Math.max(1, maxLength(put));
  const result = { type: sameKind(string, length, [put]), mayBeNull: mayExceedPacket(length) };
  const strings = { ...one(string), args: [string, sought, put] };
  return applyStrings(strings, [], call, { result, run: replace });
}

/** By code points, whatever the collation. */
function replace(text: string, from: string, to: string): string | null {
  return from === "" ? text : withinPacket(text.replaceAll(from, () => to));
}

function compileSubstringIndex([text, part, count]: readonly Typed[], call: Call): Typed {
  const { scope } = call;
  const string = stringArgument(text!, scope);
  const delimiter = alignTo(string, part!, scope);
  const result = { type: sameKind(string, maxLength(string)) };
  const strings = { ...one(string), args: [string, delimiter] };
  const run: StringFunction<string> = hasWideCharacters(string)
    ? substringIndex
    : substringIndexOfBytes;
  return applyStrings(strings, [toCount(count!, scope)], call, { result, run });
}

/** Are its characters of several bytes? Of others the last delimiters are looked for from the end. */
function hasWideCharacters({ type }: Typed): boolean {
  return (
    type.kind === "text" &&
    !/^(?:latin|ascii|cp|koi8|greek|hebrew)/.test(type.collation?.charset ?? "")
  );
}

/** Delimiters are counted from the beginning, none within another, also for the last ones. */
function substringIndex(text: string, delimiter: string, count: number): string {
  if (count === 0 || delimiter === "") return "";
  const parts = text.split(delimiter);
  return (count > 0 ? parts.slice(0, count) : parts.slice(count)).join(delimiter);
}

function substringIndexOfBytes(text: string, delimiter: string, count: number): string {
  if (count >= 0 || delimiter === "") return substringIndex(text, delimiter, count);
  let at = text.length;
  for (let left = -count; left > 0; left--) {
    const from = at - delimiter.length;
    at = from < 0 ? -1 : text.lastIndexOf(delimiter, from);
    if (at < 0) return text;
  }
  return text.slice(at + delimiter.length);
}

interface Sides {
  readonly leading: boolean;
  readonly trailing: boolean;
}

function trimFunction(sides: Sides): SqlFunction {
  return {
    arity: [1, 2],
    compile([text, part], call) {
      const string = stringArgument(text!, call.scope);
      const result = { type: sameKind(string, maxLength(string)) };
      const trim = (subject: string, sought = " "): string => trimmed(subject, sought, sides);
      const parts = part === undefined ? [] : [alignTo(string, part, call.scope)];
      const strings = { ...one(string), args: [string, ...parts] };
      return applyStrings(strings, [], call, { result, run: trim });
    },
  };
}

function trimmed(text: string, part: string, { leading, trailing }: Sides): string {
  if (part === "") return text;
  let start = 0;
  let end = text.length;
  if (leading)
    while (start + part.length <= end && text.startsWith(part, start)) start += part.length;
  if (trailing) while (end - part.length >= start && text.endsWith(part, end)) end -= part.length;
  return text.slice(start, end);
}

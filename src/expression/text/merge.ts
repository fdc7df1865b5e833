import type { Place } from "../apply.ts";
import { constantOf } from "../constant.ts";
import { type BytesType, type Collation, type TextType } from "../sql-type.ts";
import type { Scope, Typed } from "../typed.ts";
import { charsetOfCollation } from "./collations/named.ts";
import { toBytes, toStringValue } from "./convert.ts";
import { bytesOfText } from "./encoding.ts";

/** Strings that an operator or a function takes together, in one character set and with one collation, as MySQL finds it. */
export type MergedStrings =
  | {
      readonly kind: "text";
      /** null where the source does not tell a column's. */
      readonly collation: Collation | null;
      readonly coercibility: number;
      /** All are of type `text` with this collation, so that pairs of them compare by it. */
      readonly args: readonly Typed[];
    }
  /** A binary string is among them, and holds: all are of type `bytes`. */
  | { readonly kind: "bytes"; readonly coercibility: number; readonly args: readonly Typed[] };

/** What {@link mergeStrings} is for: to compare them, or to make a string of them. */
export type MergeUse = "comparison" | "result";

/** Coercibility of what has no collation that could hold, of literals, and of NULL. */
const EXPLICIT = 0;
const NONE = 1;
const SYSTEM_CONSTANT = 3;
const IGNORABLE = 6;

const BINARY: Collation = { name: "binary", charset: "binary" };
const UNICODE: ReadonlySet<string> = new Set([
  "utf8mb4",
  "utf8mb3",
  "utf16",
  "utf16le",
  "utf32",
  "ucs2",
]);

/** A collation on its way through the arguments. */
interface Derived {
  readonly collation: Collation;
  readonly coercibility: number;
  readonly isAscii: boolean;
}

/**
 * Finds the collation of strings that are taken together, by the rules of the manual's "Collation Coercibility in Expressions" (`DTCollation::aggregate`), and converts the
 * arguments to it. Numbers and the like become text. Refuses an illegal mix, and what could not be converted without loss.
 */
export function mergeStrings(
  args: readonly Typed[],
  place: Place,
  use: MergeUse = "result",
): MergedStrings {
  const { scope, at } = place;
  const found = args.find(hasOwnCollation);
  if (found !== undefined && args.length > 1) {
    scope.refuse(
      found.at,
      "a condition or a place among strings, whose collation is its own; write IF, or CAST AS SIGNED",
    );
  }
  if (args.length > 1) args.forEach((argument) => refuseFailing(argument, scope));
  const strings = args.map((argument) => toStringValue(argument, scope));
  const untold = strings.some(({ type }) => type.kind === "text" && type.collation === null);
  const derived = strings.flatMap((string) => derivedOf(string) ?? []);
  const [first, ...rest] = derived;
  if (first === undefined) {
    if (untold) return { kind: "text", collation: null, coercibility: 2, args: strings };
    const nulls = strings.map((string) => toBytes(string, scope));
    return { kind: "bytes", coercibility: IGNORABLE, args: nulls };
  }
  let merged = first;
  let isIllegal = false;
  for (const next of rest) {
    const both = aggregate(merged, next);
    isIllegal ||= both === undefined;
    merged = both ?? { collation: BINARY, coercibility: NONE, isAscii: false };
  }
  // a result has MySQL's binary collation then, but what it does with other character sets is its own
  const charsets = new Set(derived.map(({ collation }) => collation.charset));
  const isMixed =
    merged.coercibility === NONE &&
    (use === "comparison" || charsets.size > 1 || derived.length > 2);
  if ((isIllegal && merged.coercibility !== EXPLICIT) || isMixed) {
    const names = [...new Set(derived.map(({ collation }) => collation.name))].join(" and ");
    scope.refuse(at, `strings in the collations ${names} do not go together; write COLLATE`);
  }
  const { collation, coercibility } = merged;
  if (untold && coercibility > 2 && collation !== BINARY) {
    return { kind: "text", collation: null, coercibility: 2, args: strings };
  }
  if (collation.charset === "binary") {
    return {
      kind: "bytes",
      coercibility,
      args: strings.map((string) => toBytes(string, scope)),
    };
  }
  return {
    kind: "text",
    collation,
    coercibility,
    args: strings.map((string) => {
      const converted = toCharset(string, collation, scope);
      if (converted.type.kind !== "text") return converted;
      return { ...converted, type: { ...converted.type, collation, coercibility } };
    }),
  };
}

/** MySQL evaluates what is known for its collation. */
function refuseFailing({ alwaysFails, at }: Typed, scope: Scope): void {
  if (alwaysFails === true) scope.refuse(at, "a string that is an error for every row");
}

/** The string in the kind and the character set of another, as functions have it that take the collation of their first argument. */
export function alignTo(first: Typed, string: Typed, scope: Scope): Typed {
  refuseFailing(string, scope);
  const other = stringArgument(string, scope);
  if (first.type.kind === "bytes") return toBytes(other, scope);
  if (first.type.kind !== "text" || first.type.collation === null) return other;
  return toCharset(other, first.type.collation, scope);
}

/** Strings as the first of them is: how functions take them that compare by the collation of their first argument. */
export function followFirst(args: readonly Typed[], scope: Scope): MergedStrings {
  const [first, ...others] = args;
  const string = stringArgument(first!, scope);
  const aligned = [string, ...others.map((other) => alignTo(string, other, scope))];
  const { type } = string;
  if (type.kind === "text") {
    const { collation, coercibility } = type;
    if (coercibility === NONE) {
      scope.refuse(string.at, "it is made of texts in different collations; write COLLATE");
    }
    return { kind: "text", collation, coercibility, args: aligned };
  }
  return { kind: "bytes", coercibility: 2, args: aligned };
}

/** The type of text that is made of merged strings. */
export function mergedTextType(
  merged: Extract<MergedStrings, { kind: "text" }>,
  maxCharacters: number,
): TextType {
  const { collation, coercibility, args } = merged;
  const type = { kind: "text", collation, coercibility, maxCharacters } as const;
  return args.every(isAsciiText) ? { ...type, isAscii: true } : type;
}

/** Is every value of it ASCII? */
export function isAsciiText(value: Typed): boolean {
  const { type, constant } = value;
  if (constant !== undefined) {
    return (
      constant.value === null || (typeof constant.value === "string" && isAscii(constant.value))
    );
  }
  return type.kind === "text" && (type.isAscii === true || type.collation?.charset === "ascii");
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= 0x80) return false;
  return true;
}

/** Is it a number that was found by comparing strings? As a string it has the collation by which they were compared. */
function hasOwnCollation({ type, constant }: Typed): boolean {
  return (
    type.kind === "integer" && constant === undefined && (type.isTruth ?? type.isOfText) === true
  );
}

/** The argument of a function of strings: `toStringValue`, but for numbers that have a collation of their own. */
export function stringArgument(value: Typed, scope: Scope): Typed {
  if (hasOwnCollation(value)) {
    scope.refuse(
      value.at,
      "a condition or a place as a string, whose collation is its own; write IF, or CAST AS SIGNED",
    );
  }
  return toStringValue(value, scope);
}

/** Likewise as a binary string. */
export function bytesArgument(value: Typed, scope: Scope): Typed {
  return toBytes(stringArgument(value, scope), scope);
}

/** How strongly a binary string stays one among character strings. */
export function coercibilityOfBytes({ coercibility, isHexLiteral }: BytesType): number {
  return coercibility ?? (isHexLiteral === true ? 4 : 2);
}

/** Undefined of NULL, which has no say, and where the source does not tell the collation. */
function derivedOf(string: Typed): Derived | undefined {
  const { type } = string;
  if (type.kind === "bytes") {
    return { collation: BINARY, coercibility: coercibilityOfBytes(type), isAscii: false };
  }
  if (type.kind !== "text" || type.coercibility === IGNORABLE || type.collation === null) return;
  const { collation, coercibility } = type;
  // what CAST makes of a literal is none to MySQL
  const isKnownAscii = isAsciiText(string) && (coercibility >= 4 || type.isAscii === true);
  return { collation, coercibility, isAscii: isKnownAscii || collation.charset === "ascii" };
}

/** The collation of both; undefined where they do not go together. */
function aggregate(a: Derived, b: Derived): Derived | undefined {
  const isBothAscii = a.isAscii && b.isAscii;
  const take = (one: Derived): Derived => ({ ...one, isAscii: isBothAscii });
  if (a.collation.charset === b.collation.charset) {
    if (a.coercibility !== b.coercibility) return take(a.coercibility < b.coercibility ? a : b);
    if (a.collation.name === b.collation.name) return take(a);
    if (a.coercibility === EXPLICIT || (isBinary(a) && isBinary(b))) return undefined;
    if (isBinary(a) || isBinary(b)) return take(isBinary(a) ? a : b);
    const { charset } = a.collation;
    return take({ ...a, collation: { name: `${charset}_bin`, charset }, coercibility: NONE });
  }
  if (a.collation.charset === "binary") return take(a.coercibility <= b.coercibility ? a : b);
  if (b.collation.charset === "binary") return take(b.coercibility <= a.coercibility ? b : a);
  if (isSuperset(a, b)) return take(a);
  if (isSuperset(b, a)) return take(b);
  if (a.coercibility < b.coercibility && b.coercibility >= SYSTEM_CONSTANT) return take(a);
  if (b.coercibility < a.coercibility && a.coercibility >= SYSTEM_CONSTANT) return take(b);
  return undefined;
}

/** Does a string in the left one's character set hold all of the right one, and has the left one the say? */
function isSuperset(left: Derived, right: Derived): boolean {
  const { charset } = left.collation;
  const hasSay = left.coercibility < right.coercibility;
  const isEqual = left.coercibility === right.coercibility;
  if (UNICODE.has(charset)) {
    const holdsAll =
      !UNICODE.has(right.collation.charset) ||
      (charset === "utf8mb4" && right.collation.charset === "utf8mb3");
    if (hasSay || (isEqual && holdsAll)) return true;
  }
  return right.isAscii && (hasSay || (isEqual && !left.isAscii));
}

function isBinary({ collation }: Derived): boolean {
  return collation.name.endsWith("_bin");
}

/** The string in another character set; refused where characters could be lost, for which MySQL has an error or a question mark. */
function toCharset(string: Typed, collation: Collation, scope: Scope): Typed {
  const { type, constant, at } = string;
  const { charset } = collation;
  if (type.kind === "bytes") return bytesToCharset(string, collation, scope);
  if (type.kind !== "text" || type.collation === null) return string;
  const from = type.collation.charset;
  if (from === charset || constant?.value === null || isAsciiText(string)) return string;
  if (UNICODE.has(charset) && charset !== "ucs2" && (charset !== "utf8mb3" || from !== "utf8mb4")) {
    return string;
  }
  if (constant !== undefined && canHold(charset, constant.value as string)) return string;
  return scope.refuse(
    at,
    `it may have characters that ${charset} has not; write CONVERT(… USING utf8mb4)`,
  );
}

function bytesToCharset(string: Typed, collation: Collation, scope: Scope): Typed {
  const { constant, at } = string;
  if (constant === undefined) {
    return scope.refuse(at, "a binary string among character strings; write CAST(… AS CHAR)");
  }
  if (constant.value === null) return string;
  const type = { kind: "text", collation, coercibility: 4, maxCharacters: 0 } as const;
  const text = Buffer.from(constant.value as Uint8Array).toString("latin1");
  if (!isAscii(text)) {
    const { charset } = collation;
    const utf8 = Buffer.from(constant.value as Uint8Array);
    if (!charset.startsWith("utf8") || !Buffer.from(utf8.toString()).equals(utf8)) {
      scope.refuse(at, `a binary string that is no text in ${charset}`);
    }
    const decoded = utf8.toString();
    return constantOf({ ...type, maxCharacters: decoded.length }, decoded, at, scope);
  }
  return constantOf({ ...type, maxCharacters: text.length }, text, at, scope);
}

function canHold(charset: string, text: string): boolean {
  if (charset === "utf8mb3" || charset === "ucs2") return !/[\u{10000}-\u{10ffff}]/u.test(text);
  if (charset !== "latin1") return false;
  const bytes = bytesOfText(charset)?.(text) ?? [];
  // what it has no character for has become a question mark
  return bytes.filter((byte) => byte === 0x3f).length === text.split("?").length - 1;
}

/** The collation of that name with its character set. */
export function collationNamed(name: string): Collation {
  return { name, charset: charsetOfCollation(name) };
}

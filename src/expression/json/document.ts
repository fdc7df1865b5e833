/** JSON texts of SQL as MySQL reads them. */
import { parseJsonValue } from "../../core/json-value.ts";
import type { JsonValue } from "../../core/sql-value.ts";
import { formatDouble } from "../numeric/format.ts";
import { RowError } from "../typed.ts";

const MIN_INTEGER = -(2n ** 63n);
const MAX_INTEGER = 2n ** 64n - 1n;
/** Deeper documents are an error. */
const MAX_DEPTH = 100;

/** Reads a JSON text. Throws {@link RowError} 3141 where it is none, 3157 where it is nested too deeply. */
export function readDocument(text: string): JsonValue {
  const value = tryRead(text);
  if (value === null) throw new RowError(3141, "Invalid JSON text");
  if (depthOf(value) > MAX_DEPTH) {
    throw new RowError(3157, "The JSON document exceeds the maximum depth");
  }
  return value;
}

/** The value of a JSON text; null where it is none. */
export function tryRead(text: string): JsonValue | null {
  // MySQL reads a text up to its first NUL
  const end = text.indexOf("\0");
  if (end !== -1) return tryRead(text.slice(0, end));
  // of a pair of surrogates written as \u escapes none may be alone
  if (/\\u[dD][89a-fA-F]/.test(text) && hasLoneSurrogate(text)) return null;
  try {
    return normalized(parseJsonValue(text));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Levels of nesting: 1 for scalars and what is empty. */
export function depthOf(value: JsonValue): number {
  const inner =
    value.kind === "array"
      ? value.items
      : value.kind === "object"
        ? [...value.members.values()]
        : [];
  return 1 + inner.reduce((most, item) => Math.max(most, depthOf(item)), 0);
}

/** A DOUBLE as MySQL's JSON prints it: with a point or an exponent. Throws where it is not finite. */
export function jsonDouble(value: number): JsonValue {
  const text = formatDouble(value);
  return { kind: "number", text: /[.e]/.test(text) ? text : `${text}.0` };
}

/** An object of these members in MySQL's order; of equal names the last counts. */
export function jsonObject(members: Iterable<readonly [string, JsonValue]>): JsonValue {
  const sorted = Array.from(new Map(members), ([name, value]) => ({
    name,
    value,
    bytes: Buffer.from(name),
  })).toSorted((a, b) => a.bytes.length - b.bytes.length || Buffer.compare(a.bytes, b.bytes));
  return { kind: "object", members: new Map(sorted.map(({ name, value }) => [name, value])) };
}

function normalized(value: JsonValue): JsonValue {
  switch (value.kind) {
    case "number":
      return normalizedNumber(value.text);
    case "array":
      return { kind: "array", items: value.items.map(normalized) };
    case "object":
      return {
        kind: "object",
        members: new Map(Array.from(value.members, ([name, member]) => [name, normalized(member)])),
      };
    default:
      return value;
  }
}

/** Whole numbers of 64 bits stay what they are, all others are doubles. */
function normalizedNumber(text: string): JsonValue {
  if (/^-?\d+$/.test(text)) {
    const integer = BigInt(text);
    if (integer >= MIN_INTEGER && integer <= MAX_INTEGER)
      return { kind: "number", text: String(integer) };
  }
  // the server's parser takes what begins so for numbers too big, or for 0
  if (/^-?18446744073709551615[6-9]/.test(text)) throw new SyntaxError("a number too big");
  const double = Number(text);
  if (!Number.isFinite(double)) throw new SyntaxError("a number too big for a double");
  return jsonDouble(double);
}

function hasLoneSurrogate(text: string): boolean {
  const escapes = text
    .replaceAll(/\\\\/g, "  ")
    .replaceAll(/\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}/g, "");
  return /\\u[dD][89a-fA-F]/.test(escapes);
}

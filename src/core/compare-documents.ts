import { isSameJson, JsonNumber, parseExact, printExact } from "./exact-json.ts";

/** A field in which two documents differ; texts are JSON, null where the field is missing. */
export interface FieldDifference {
  /** `total`, `address.city`. */
  readonly field: string;
  readonly expected: string | null;
  readonly found: string | null;
}

/** How documents are compared. */
export interface CompareOptions {
  /** Fields that only the found document has are others' and do not count. */
  readonly isPart?: boolean;
  /** A field that is missing is the same as null, as it is to a search. */
  readonly isNullMissing?: boolean;
}

/** The fields in which two documents differ, numbers by their digits, in the order of the expected one. Texts are JSON. */
export function compareDocuments(
  expected: string,
  found: string,
  options: CompareOptions = {},
): readonly FieldDifference[] {
  return [...differences(parseExact(expected), parseExact(found), { ...options, path: "" })];
}

/** One line for a field: what was expected and what was found. */
export function describeDifference(
  { field, expected, found }: FieldDifference,
  words: { readonly expected: string; readonly found: string },
): string {
  const part = (text: string | null, where: string): string => `${text ?? "nothing"} ${where}`;
  return `${field}: ${part(expected, words.expected)}, ${part(found, words.found)}`;
}

interface Place extends CompareOptions {
  readonly path: string;
}

const NULL = "null";

function* differences(expected: unknown, found: unknown, place: Place): Generator<FieldDifference> {
  if (!isObject(expected) || !isObject(found)) {
    if (isSameJson(expected, found)) return;
    yield { field: place.path, expected: printExact(expected), found: printExact(found) };
    return;
  }
  const names = new Set([...Object.keys(expected), ...Object.keys(found)]);
  for (const name of names) {
    const path = place.path === "" ? name : `${place.path}.${name}`;
    const hasExpected = Object.hasOwn(expected, name);
    const hasFound = Object.hasOwn(found, name);
    if (hasExpected && hasFound)
      yield* differences(expected[name], found[name], { ...place, isPart: false, path });
    else if (hasExpected) {
      const text = printExact(expected[name]);
      if (place.isNullMissing === true && text === NULL) continue;
      yield { field: path, expected: text, found: null };
    } else if (place.isPart !== true) {
      const text = printExact(found[name]);
      if (place.isNullMissing === true && text === NULL) continue;
      yield { field: path, expected: null, found: text };
    }
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof JsonNumber)
  );
}

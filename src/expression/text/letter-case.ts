import type { FunctionTable, SqlFunction } from "../functions.ts";
import type { Collation } from "../sql-type.ts";
import type { Scope } from "../typed.ts";
import { CASE_TABLES } from "./collations/tables.ts";
import { unpackCases } from "./collations/weights.ts";
import { isAsciiText, stringArgument } from "./merge.ts";
import { applyStrings, maxLength, sameKind } from "./strings.ts";

type Direction = "upper" | "lower";
type CaseFunction = (text: string) => string;

/** UPPER and LOWER: MySQL's own tables, of the Unicode version that the collation is made for. */
export const CASE_FUNCTIONS: FunctionTable = {
  upper: caseFunction("upper"),
  ucase: caseFunction("upper"),
  lower: caseFunction("lower"),
  lcase: caseFunction("lower"),
};

function caseFunction(direction: Direction): SqlFunction {
  return {
    arity: [1, 1],
    compile([argument], call) {
      const string = stringArgument(argument!, call.scope);
      // of a binary string nothing has another case
      if (string.type.kind !== "text") {
        return { ...string, type: sameKind(string, maxLength(string)), at: call.at };
      }
      const run = isAsciiText(string)
        ? asciiCase(direction)
        : caseOf(direction, string.type.collation, string.at, call.scope);
      const result = { type: sameKind(string, maxLength(string)) };
      const made = applyStrings({ kind: "text", args: [string] }, [], call, { result, run });
      if (argument!.isColumn !== true || argument!.type.kind !== "text") return made;
      return {
        ...made,
        ascii: { of: made.source, column: argument!.source, map: ASCII_MAPS[direction] },
      };
    },
  };
}

const NOT_ASCII = /[^\0-\x7f]/;
const caseFunctions = new Map<string, CaseFunction>();

/** By character; 0 for those that JSON escapes, and for what is no ASCII. */
const ASCII_MAPS = {
  upper: asciiMap(upperAscii),
  lower: asciiMap(lowerAscii),
} as const;

function asciiMap(run: CaseFunction): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => {
    const isPlain = code >= 0x20 && code < 0x7f && code !== 0x22 && code !== 0x5c;
    return isPlain ? run(String.fromCharCode(code)).charCodeAt(0) : 0;
  });
}

function upperAscii(text: string): string {
  return text.toUpperCase();
}

function lowerAscii(text: string): string {
  return text.toLowerCase();
}

function asciiCase(direction: Direction): CaseFunction {
  return direction === "upper" ? upperAscii : lowerAscii;
}

function caseOf(
  direction: Direction,
  collation: Collation | null,
  at: number,
  scope: Scope,
): CaseFunction {
  if (collation === null) {
    return scope.refuse(
      at,
      "the source does not tell the collation of the text; write COLLATE with that of the column, or name the MySQL server behind records in source.mysql",
    );
  }
  const table = tableOf(collation);
  if (table === undefined) {
    return scope.refuse(
      at,
      `upper and lower case in the character set ${collation.charset}; write CONVERT(… USING utf8mb4)`,
    );
  }
  const name = `${table}_${direction}` as const;
  let made = caseFunctions.get(name);
  if (made === undefined) {
    made = caseByTable(unpackCases(CASE_TABLES[name]), asciiCase(direction));
    caseFunctions.set(name, made);
  }
  return made;
}

function tableOf({ name, charset }: Collation) {
  switch (charset) {
    case "utf8mb4":
    case "utf8mb3":
      if (name.includes("_0900_")) return "unicode900";
      return name.includes("_520_") ? "unicode520" : "unicode300";
    case "ascii":
      return "unicode300";
    case "latin1":
      return "latin1";
    default:
      return undefined;
  }
}

function caseByTable(table: ReadonlyMap<number, number>, ascii: CaseFunction): CaseFunction {
  return (text) => {
    if (!NOT_ASCII.test(text)) return ascii(text);
    let changed = "";
    let grows = false;
    for (const character of text) {
      const point = character.codePointAt(0) ?? 0;
      const target = table.get(point);
      if (target === undefined) changed += character;
      else {
        changed += String.fromCodePoint(target);
        grows ||= bytesOf(target) > bytesOf(point);
      }
    }
    return grows ? changeInPlace(text, table) : changed;
  };
}

function bytesOf(point: number): number {
  if (point < 0x80) return 1;
  if (point < 0x800) return 2;
  return point < 0x10000 ? 3 : 4;
}

/**
 * MySQL changes the case in the bytes of the string itself. A character whose other case has more bytes writes over the ones behind it; what is no character then ends the
 * string, and what does not fit into it is lost.
 */
function changeInPlace(text: string, table: ReadonlyMap<number, number>): string {
  const bytes = Buffer.from(text);
  let to = 0;
  for (let from = 0; from < bytes.length;) {
    const length = characterLength(bytes, from);
    if (length === 0) break;
    const point = bytes.toString("utf8", from, from + length).codePointAt(0) ?? 0;
    from += length;
    const written = Buffer.from(String.fromCodePoint(table.get(point) ?? point));
    if (to + written.length > bytes.length) break;
    written.copy(bytes, to);
    to += written.length;
  }
  return bytes.toString("utf8", 0, to);
}

/** Bytes of the UTF-8 character at an offset; 0 where there is none. */
function characterLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (at + length > bytes.length) return 0;
  for (let i = 1; i < length; i++) if (((bytes[at + i] ?? 0) & 0xc0) !== 0x80) return 0;
  return length;
}

import type { Cursor } from "./cursor.ts";
import type { CastTarget } from "./tree.ts";

/** The type behind AS of a CAST, or of a CONVERT. */
export function parseCastTarget(p: Cursor): CastTarget {
  const { at } = p.token;
  const type = p.word;
  if (type === "") return p.unexpected("a type");
  p.next();
  const target = castTarget(p, type, at);
  if (p.isWord("array")) p.fail(p.token.at, "a rule has no CAST to an ARRAY");
  return target;
}

function castTarget(p: Cursor, type: string, at: number): CastTarget {
  switch (type) {
    case "signed":
    case "unsigned":
      if (p.isWord("int", "integer")) p.next();
      return { type };
    case "date":
    case "year":
    case "json":
      return { type };
    case "double":
      p.takeWord("precision");
      return { type };
    case "real":
      return { type: "double" };
    case "float": {
      const [bits = 0] = parseNumbers(p, 1);
      if (bits > 53) p.fail(at, "FLOAT has a precision of 53 bits at most");
      return { type: bits > 24 ? "double" : "float" };
    }
    case "decimal":
    case "dec":
      return decimalTarget(p, at);
    case "datetime":
    case "time": {
      const [fraction = 0] = parseNumbers(p, 1);
      if (fraction > 6) p.fail(at, `${type.toUpperCase()} has 6 fractional digits at most`);
      return { type, fraction };
    }
    case "binary": {
      const [length] = parseNumbers(p, 1);
      return length === undefined ? { type } : { type, length };
    }
    case "char":
    case "character":
    case "nchar":
      return charTarget(p, type === "nchar" ? "utf8mb3" : undefined);
    default:
      return p.fail(at, describeUnknown(type));
  }
}

function decimalTarget(p: Cursor, at: number): CastTarget {
  const [precision = 10, scale = 0] = parseNumbers(p, 2);
  if (precision > 65) p.fail(at, "DECIMAL has 65 digits at most");
  if (scale > 30) p.fail(at, "DECIMAL has 30 fractional digits at most");
  // MySQL takes DECIMAL(0) for DECIMAL.
  const digits = precision === 0 && scale === 0 ? 10 : precision;
  if (scale > digits) p.fail(at, "DECIMAL has no more fractional digits than digits");
  return { type: "decimal", precision: digits, scale };
}

function charTarget(p: Cursor, national: string | undefined): CastTarget {
  const [length] = parseNumbers(p, 1);
  const charset = parseCharset(p) ?? national;
  return {
    type: "char",
    ...(length === undefined ? {} : { length }),
    ...(charset === undefined ? {} : { charset }),
  };
}

/** `CHARACTER SET name`, `CHARSET name`; undefined when there is none. */
function parseCharset(p: Cursor): string | undefined {
  if (p.isWord("ascii", "unicode", "byte", "binary")) {
    p.fail(p.token.at, `a rule has no ${p.word.toUpperCase()} here: name the character set`);
  }
  if (p.isWord("character", "char")) {
    p.next();
    p.expectWord("set");
  } else if (!p.takeWord("charset")) return undefined;
  const { token } = p;
  if (token.kind !== "word" && token.kind !== "name" && token.kind !== "string") {
    return p.unexpected("a character set");
  }
  p.next();
  return (token.kind === "string" ? token.value : token.text).toLowerCase();
}

/** Whole numbers in parentheses, `most` of them at most; none when there are no parentheses. */
function parseNumbers(p: Cursor, most: number): readonly number[] {
  const numbers: number[] = [];
  if (!p.takeSign("(")) return numbers;
  do {
    const { token } = p;
    if (token.kind !== "number" || token.type !== "integer") return p.unexpected("a whole number");
    p.next();
    numbers.push(Number(token.text));
  } while (numbers.length < most && p.takeSign(","));
  p.expectSign(")");
  return numbers;
}

const INSTEAD: Readonly<Record<string, string>> = {
  int: "SIGNED",
  integer: "SIGNED",
  bigint: "SIGNED",
  varchar: "CHAR",
  text: "CHAR",
  string: "CHAR",
  number: "DECIMAL",
  numeric: "DECIMAL",
  timestamp: "DATETIME",
  bool: "SIGNED",
  boolean: "SIGNED",
  varbinary: "BINARY",
  blob: "BINARY",
};

function describeUnknown(type: string): string {
  const instead = Object.hasOwn(INSTEAD, type) ? INSTEAD[type] : undefined;
  const known =
    instead ??
    "SIGNED, UNSIGNED, DECIMAL, DOUBLE, FLOAT, CHAR, BINARY, DATE, TIME, DATETIME, YEAR or JSON";
  return `CAST does not make ${type.toUpperCase()}: write ${known}`;
}

import { TailraceError } from "../core/errors.ts";
import type { Column } from "../core/schema.ts";

const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const TEMPORAL = /^-?[\d:. -]+$/;

/**
 * The SQL literal that equals a key column's value, given the value's JSON as the stream writes it. Strings enter as hexadecimal digits,
 * numbers and dates are checked, so no text of a row can end the literal. Null for a date that is no day of the calendar (`0000-00-00`),
 * whose JSON is `null`. Throws INVARIANT_BROKEN for a type that cannot be a key, or a text that its type does not have.
 */
export function keyLiteral(column: Column, json: string): string | null {
  switch (column.type.kind) {
    case "integer":
    case "decimal":
    case "year":
    case "bit":
      return checked(column, json, NUMBER);
    case "double":
      return `(${checked(column, json, NUMBER)} + 0e0)`;
    case "float":
      // A FLOAT is compared as the DOUBLE that it widens to.
      return `(${Math.fround(Number(checked(column, json, NUMBER)))} + 0e0)`;
    case "date":
    case "time":
    case "datetime":
    case "timestamp": {
      if (json === "null") return null;
      const text = parseText(column, json).replace("T", " ").replace(/Z$/, "");
      return `'${checked(column, text, TEMPORAL)}'`;
    }
    case "text":
    case "enum":
    case "set":
    case "uuid":
    case "inet":
      return stringLiteral("_utf8mb4", Buffer.from(parseText(column, json), "utf8"));
    case "binary":
      return stringLiteral("_binary", Buffer.from(parseText(column, json), "base64"));
    case "json":
    case "geometry":
    case "vector":
      throw unusable(column);
  }
}

function stringLiteral(introducer: string, bytes: Buffer): string {
  return bytes.length === 0 ? `${introducer} ''` : `${introducer} 0x${bytes.toString("hex")}`;
}

function parseText(column: Column, json: string): string {
  const value: unknown = JSON.parse(json);
  if (typeof value !== "string") throw unusable(column);
  return value;
}

function checked(column: Column, text: string, pattern: RegExp): string {
  if (!pattern.test(text)) throw unusable(column);
  return text;
}

function unusable(column: Column): TailraceError {
  const text = `the value of ${JSON.stringify(column.name)} cannot be compared as a key (${column.type.kind})`;
  return new TailraceError("INVARIANT_BROKEN", text);
}

import { parseLabels } from "../core/sql-labels.ts";
import type { ColumnType } from "../core/schema.ts";

/** Longest key of InnoDB, bytes: no text that is part of a key is longer, whatever its characters take. */
export const MAX_KEY_BYTES = 3072;

const INTEGER_BYTES: Readonly<Record<string, 1 | 2 | 3 | 4 | 8>> = {
  bool: 1,
  boolean: 1,
  tinyint: 1,
  smallint: 2,
  mediumint: 3,
  int: 4,
  integer: 4,
  bigint: 8,
  serial: 8,
};

const TEXT_BYTES: Readonly<Record<string, number>> = {
  tiny: 255,
  "": 65_535,
  medium: 16_777_215,
  long: 4_294_967_295,
};

/** Bytes of a character in utf8mb4, at most: a type's text does not tell the character set. */
const CHARACTER_BYTES = 4;

/**
 * The type of a column from its text as MySQL and MariaDB print it in `SHOW CREATE TABLE` and Canal in `mysqlType`: `decimal(10,2) unsigned`, `enum('a','b')`. Null
 * for a type not known here.
 */
export function parseColumnTypeText(text: string): ColumnType | null {
  const match = /^\s*([a-z]\w*)(?:\s+(?:varying|precision))?\s*(?:\(([^]*)\))?([^()]*)$/i.exec(
    text,
  );
  if (match === null) return null;
  const [, word = "", inside = "", attributes = ""] = match;
  const name = word.toLowerCase();
  const [first = Number.NaN, second = Number.NaN] =
    name === "enum" || name === "set" ? [] : sizes(inside);
  const bytes = INTEGER_BYTES[name];
  if (bytes !== undefined)
    return {
      kind: "integer",
      bytes,
      unsigned: name === "serial" || /\b(?:unsigned|zerofill)\b/i.test(attributes),
    };
  const large = /^(tiny|medium|long|)(text|blob)$/.exec(name);
  if (large !== null) return largeType(large[1]!, large[2]!);
  switch (name) {
    case "decimal":
    case "numeric":
    case "dec":
    case "fixed":
      return { kind: "decimal", precision: first || 10, scale: second || 0 };
    case "float":
      return { kind: first > 24 && Number.isNaN(second) ? "double" : "float" };
    case "double":
    case "real":
      return { kind: "double" };
    case "bit":
      return { kind: "bit", bits: first || 1 };
    case "date":
    case "year":
    case "vector":
    case "uuid":
      return { kind: name };
    case "time":
    case "datetime":
    case "timestamp":
      return { kind: name, fraction: first || 0 };
    case "char":
    case "varchar":
    case "character":
    case "nchar":
    case "nvarchar":
      return {
        kind: "text",
        charset: "utf8mb4",
        maxBytes: CHARACTER_BYTES * (first || 1),
        large: false,
      };
    case "binary":
      return { kind: "binary", fixedLength: first || 1, maxBytes: first || 1, large: false };
    case "varbinary":
      return { kind: "binary", maxBytes: first || 1, large: false };
    case "enum":
    case "set":
      return { kind: name, members: parseLabels(inside) };
    case "json":
      return { kind: "json", text: false };
    case "inet4":
    case "inet6":
      return { kind: "inet", version: name === "inet4" ? 4 : 6 };
    case "geometry":
    case "point":
    case "linestring":
    case "polygon":
    case "multipoint":
    case "multilinestring":
    case "multipolygon":
    case "geometrycollection":
    case "geomcollection":
      return { kind: "geometry" };
    default:
      return null;
  }
}

function sizes(inside: string): readonly number[] {
  return inside.split(",").map((size) => Number.parseInt(size, 10));
}

function largeType(size: string, kind: string): ColumnType {
  const maxBytes = TEXT_BYTES[size]!;
  const large = size !== "tiny";
  return kind === "text"
    ? { kind: "text", charset: "utf8mb4", maxBytes, large }
    : { kind: "binary", maxBytes, large };
}

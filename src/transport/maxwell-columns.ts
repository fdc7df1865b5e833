import type { ColumnType } from "../core/schema.ts";
import { plainReader, textReader } from "./plain-columns.ts";
import { base64Bytes, binaryReader, vectorReader } from "./read-binary.ts";
import { embeddedJsonReader } from "./read-json.ts";
import { arraySetReader } from "./read-labels.ts";
import { wktReader } from "./read-wkt.ts";
import type { ColumnReader } from "./record-layout.ts";

/**
 * How Maxwell writes a column's values: numbers as numbers, texts and dates as MySQL prints them, binary values as base64 without the zero bytes at a BINARY's end,
 * SET as an array of labels, geometries as well-known text, JSON as a value of its own.
 */
export function maxwellReader(type: ColumnType): ColumnReader {
  switch (type.kind) {
    case "binary":
      return binaryReader(type, base64Bytes);
    case "geometry":
      return wktReader;
    case "vector":
      return vectorReader(base64Bytes);
    case "enum":
      return textReader;
    case "set":
      return arraySetReader;
    case "json":
      return embeddedJsonReader;
    default:
      return plainReader(type);
  }
}

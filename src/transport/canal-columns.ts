import type { ColumnType } from "../core/schema.ts";
import type { ColumnReader } from "./record-layout.ts";
import { binaryReader, geometryReader, latin1Bytes, vectorReader } from "./read-binary.ts";
import { jsonTextReader } from "./read-json.ts";
import { maskSetReader, ordinalEnumReader } from "./read-labels.ts";
import { plainReader } from "./plain-columns.ts";

/**
 * How Canal writes a column's values: strings or null. Binary values and geometries are Latin-1 text, ENUM is an ordinal and SET a bit mask (or labels, where a
 * writer chose so), JSON a string of MySQL's text.
 */
export function canalReader(type: ColumnType): ColumnReader {
  switch (type.kind) {
    case "binary":
      return binaryReader(type, latin1Bytes);
    case "geometry":
      return geometryReader(latin1Bytes);
    case "vector":
      return vectorReader(latin1Bytes);
    case "enum":
      return ordinalEnumReader(type.members);
    case "set":
      return maskSetReader(type.members);
    case "json":
      return jsonTextReader(type.text);
    default:
      return plainReader(type);
  }
}

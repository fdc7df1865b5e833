import type { Column } from "../core/schema.ts";
import { content, same, unlessNull, yearOfConnector } from "./debezium-values.ts";
import { type Geometry, toWkt } from "./geojson-writers.ts";
import type { ConvertValue } from "./row-format.ts";

/** How Maxwell writes a column's values. The converter takes values that are not NULL. */
export function maxwellValue({ type }: Column): ConvertValue {
  switch (type.kind) {
    case "year":
      return yearOfConnector;
    case "datetime":
    case "timestamp":
      // In UTC, as Maxwell writes TIMESTAMP values on a server whose zone that is.
      return unlessNull((text) => `"${content(text).replace("T", " ").replace("Z", "")}"`);
    case "set":
      return labels;
    case "geometry":
      return geometry;
    case "integer":
    case "decimal":
    case "float":
    case "double":
    case "bit":
    case "date":
    case "time":
    case "text":
    case "binary":
    case "enum":
    case "json":
    case "vector":
    case "uuid":
    case "inet":
      return same;
  }
}

/** A SET as an array of its labels, none of which has a comma. */
function labels(text: string): string {
  return text === '""' ? "[]" : `["${content(text).replaceAll(",", '","')}"]`;
}

/** Well-known text; bytes that are no geometry stay base64. */
function geometry(text: string): string {
  return text.startsWith("{") ? JSON.stringify(toWkt(JSON.parse(text) as Geometry)) : text;
}

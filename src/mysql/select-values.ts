/**
 * What a row read by SELECT has in place of a row image: the same values, as the same JSON bytes. The connection must have
 * `character_set_results = utf8mb4` and `time_zone = '+00:00'`, and its values must come by the text protocol.
 */
import type { Column, ColumnType } from "../core/schema.ts";
import { isCalendarDay } from "../binlog/values/calendar.ts";
import { float32Text, float64Text } from "../core/float-text.ts";
import { writeGeometry } from "../binlog/values/geometry.ts";
import { compactJsonText } from "../binlog/values/json-text.ts";
import { writeVector } from "../binlog/values/vector.ts";
import { quoteName } from "./quote.ts";

/**
 * The SQL expression that reads a column without loss.
 *
 * A FLOAT's own text has six digits, and FLOAT(M,D) and DOUBLE(M,D) have D decimals: adding 0e0 gives the shortest text of the double. A BIT's text is raw
 * bytes, of a length that depends on the client: adding 0 gives its number. MariaDB's UUID and INET types are bytes in the log and text in a SELECT: the
 * cast gives the bytes, and is nothing to a BINARY.
 */
export function selectExpression(column: Column): string {
  const name = quoteName(column.name);
  switch (column.type.kind) {
    case "float":
    case "double":
      return `(${name} + 0e0)`;
    case "bit":
      return `(${name} + 0)`;
    case "binary": {
      const length = column.type.fixedLength;
      return length === undefined ? name : `CAST(${name} AS BINARY(${length}))`;
    }
    default:
      return name;
  }
}

/** The JSON of what {@link selectExpression} gave: the bytes that the column's writer for row images gives. A DECIMAL comes without quotes. */
export function selectValueToJson(column: Column, value: Buffer | null): string {
  return value === null ? "null" : valueToJson(column.type, value);
}

function valueToJson(type: ColumnType, value: Buffer): string {
  switch (type.kind) {
    case "integer":
    case "decimal":
    case "bit":
    case "year":
      return numberToJson(value.toString("latin1"));
    case "float":
      return float32Text(Math.fround(Number(value.toString("latin1"))));
    case "double":
      return float64Text(Number(value.toString("latin1")));
    case "date":
    case "datetime":
      return dateToJson(value.toString("latin1"), "");
    case "timestamp":
      return dateToJson(value.toString("latin1"), "Z");
    case "time":
      return `"${value.toString("latin1")}"`;
    case "text":
    case "enum":
    case "set":
    case "uuid":
    case "inet":
      return JSON.stringify(value.toString("utf8"));
    case "binary":
      return `"${value.toString("base64")}"`;
    case "json":
      return compactJsonText(value);
    case "geometry":
      return writtenText(writeGeometry, value);
    case "vector":
      return writtenText(writeVector, value);
  }
}

/** Without the zeros that ZEROFILL and YEAR put in front. */
function numberToJson(text: string): string {
  return text.startsWith("0") ? text.replace(/^0+(?=\d)/, "") : text;
}

/** A date as ISO 8601 has it; `null` for a date that no calendar has. */
function dateToJson(text: string, zone: string): string {
  const [year, month, day] = [text.slice(0, 4), text.slice(5, 7), text.slice(8, 10)].map(Number);
  if (!isCalendarDay(year!, month!, day!)) return "null";
  return `"${text.replace(" ", "T")}${zone}"`;
}

type Writer = (b: Buffer, p: number, length: number, out: Buffer, o: number) => number;

function writtenText(write: Writer, value: Buffer): string {
  const out = Buffer.allocUnsafe(6 * value.length + 64);
  return out.toString("utf8", 0, write(value, 0, value.length, out, 0));
}

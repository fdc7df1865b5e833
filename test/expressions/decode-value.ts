import { parseJsonValue } from "../../src/core/json-value.ts";
import type { Column } from "../../src/core/schema.ts";
import type { ColumnValue, Moment } from "../../src/core/sql-value.ts";

/** What reads a column so that {@link decodeValue} has its value without loss. */
export function readExpression({ name, type }: Column): string {
  switch (type.kind) {
    case "float":
    case "double":
      // all digits of a FLOAT, the sign of -0
      return `(${name} * 1e0)`;
    case "bit":
    case "enum":
    case "set":
    case "year":
      return `(${name} + 0)`;
    default:
      return name;
  }
}

/** The value of a column that {@link readExpression} gave in the text protocol. */
export function decodeValue({ type }: Column, bytes: Buffer): ColumnValue {
  const text = bytes.toString("utf8");
  switch (type.kind) {
    case "integer":
      return type.bytes === 8 ? BigInt(text) : Number(text);
    case "year":
    case "float":
    case "double":
    case "enum":
      return Number(text);
    case "bit":
    case "set":
      return BigInt(text);
    case "decimal":
      return BigInt(text.replace(".", ""));
    case "date":
    case "time":
    case "datetime":
    case "timestamp":
      return momentOf(text);
    case "binary":
      return new Uint8Array(bytes);
    case "json":
      return parseJsonValue(text);
    default:
      return text;
  }
}

/** A date, time or both, as MySQL prints it. */
function momentOf(text: string): Moment {
  const [day, clock] = text.includes("-", 1)
    ? [text.slice(0, 10), text.slice(11)]
    : ["0-0-0", text.replace("-", "")];
  const [year, month, dayOfMonth] = day.split("-").map(Number);
  const [hour = 0, minute = 0, second = 0] = clock.replace(/\..*/, "").split(":").map(Number);
  const fraction = /\.(\d+)/.exec(clock)?.[1] ?? "";
  return {
    year: year!,
    month: month!,
    day: dayOfMonth!,
    hour,
    minute,
    second,
    microsecond: Number(fraction.padEnd(6, "0")),
    isNegative: text.startsWith("-"),
  };
}

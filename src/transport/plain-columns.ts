import type { ColumnType } from "../core/schema.ts";
import type { ColumnReader } from "./record-layout.ts";
import {
  decimalReader,
  doubleReader,
  floatReader,
  integerReader,
  yearReader,
} from "./read-numbers.ts";
import { readText } from "./read-text.ts";
import { dateReader, datetimeReader, timeReader, timestampReader } from "./read-temporal.ts";

/** Types whose values every format can write as MySQL prints them. */
export type PlainType = Exclude<
  ColumnType,
  { readonly kind: "binary" | "geometry" | "vector" | "enum" | "set" | "json" }
>;

/** {@link readText} as a column's reader. */
export const textReader: ColumnReader = { read: readText, bound: 8 };

/** The reader of values as MySQL prints them, numbers with or without quotes. */
export function plainReader(type: PlainType): ColumnReader {
  switch (type.kind) {
    case "integer":
    case "bit":
      return integerReader;
    case "year":
      return yearReader;
    case "decimal":
      return decimalReader(type.scale);
    case "float":
      return floatReader;
    case "double":
      return doubleReader;
    case "date":
      return dateReader;
    case "time":
      return timeReader(type.fraction);
    case "datetime":
      return datetimeReader(type.fraction);
    case "timestamp":
      return timestampReader(type.fraction);
    case "text":
    case "uuid":
    case "inet":
      return textReader;
  }
}

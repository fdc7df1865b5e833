import type { ColumnType } from "../core/schema.ts";
import type { ConnectSchema } from "./connect-schema.ts";
import { plainReader, textReader } from "./plain-columns.ts";
import { base64Bytes, binaryReader, guessedBytes, vectorReader } from "./read-binary.ts";
import {
  bitsReader,
  connectDecimalReader,
  connectGeometryReader,
  unsignedReader,
} from "./read-connect.ts";
import {
  epochDateReader,
  epochDatetimeReader,
  epochTimeReader,
  type Fraction,
  type UnitDigits,
} from "./read-epoch.ts";
import { jsonTextReader } from "./read-json.ts";
import { dateReader, datetimeReader, timeReader, timestampReader } from "./read-temporal.ts";
import type { ColumnReader } from "./record-layout.ts";

/** What a record says of how a column is written; without a schema it is the connector's defaults. */
export interface ColumnEncoding {
  readonly schema: ConnectSchema | undefined;
  /** Does the type come from MySQL, so that its digits of fraction are the column's? */
  readonly isExact: boolean;
}

/** The connector's defaults, for types that MySQL has told. */
const DEFAULT_ENCODING: ColumnEncoding = { schema: undefined, isExact: true };

/** Digits behind the seconds, by the name of a schema. */
const UNITS: Readonly<Record<string, UnitDigits>> = {
  "io.debezium.time.Time": 3,
  "io.debezium.time.MicroTime": 6,
  "io.debezium.time.NanoTime": 9,
  "io.debezium.time.Timestamp": 3,
  "io.debezium.time.MicroTimestamp": 6,
  "io.debezium.time.NanoTimestamp": 9,
  "org.apache.kafka.connect.data.Time": 3,
  "org.apache.kafka.connect.data.Timestamp": 3,
};

/** Digits of fraction up to which the connector counts a DATETIME in milliseconds. */
const MILLISECOND_DIGITS = 3;

/**
 * How Debezium writes a column's values (https://debezium.io/documentation/reference/stable/connectors/mysql.html#mysql-data-types): what the schema says, and without one
 * `decimal.handling.mode=precise` (or string, or double: told apart by value), `time.precision.mode=adaptive_time_microseconds`, `bigint.unsigned.handling.mode=long`.
 */
export function debeziumReader(
  type: ColumnType,
  { schema, isExact }: ColumnEncoding = DEFAULT_ENCODING,
): ColumnReader {
  const unit = UNITS[schema?.name ?? ""];
  const fractionOf = (fraction: number): Fraction => (isExact ? fraction : null);
  switch (type.kind) {
    case "integer":
      return type.unsigned ? unsignedReader(8 * type.bytes) : plainReader(type);
    case "decimal":
      return connectDecimalReader(schemaScale(schema) ?? type.scale, decimalForm(schema));
    case "bit":
      return bitsReader;
    case "date":
      return epochDateReader(dateReader);
    case "time":
      return epochTimeReader(unit ?? 6, fractionOf(type.fraction), timeReader(type.fraction));
    case "datetime":
    case "timestamp": {
      const isInstant = type.kind === "timestamp";
      const text = isInstant ? timestampReader : datetimeReader;
      return epochDatetimeReader({
        unit: unit ?? (type.fraction <= MILLISECOND_DIGITS ? 3 : 6),
        fraction: fractionOf(type.fraction),
        isInstant,
        text: text(isExact ? type.fraction : null),
      });
    }
    case "binary":
      return binaryReader(type, schema?.type === "string" ? guessedBytes(type) : base64Bytes);
    case "geometry":
      return connectGeometryReader;
    case "vector":
      return vectorReader(base64Bytes);
    case "enum":
    case "set":
      return textReader;
    case "json":
      return jsonTextReader(type.text);
    default:
      return plainReader(type);
  }
}

function schemaScale(schema: ConnectSchema | undefined): number | undefined {
  const scale = schema?.parameters?.["scale"];
  return scale === undefined ? undefined : Number(scale);
}

function decimalForm(schema: ConnectSchema | undefined): "base64" | "text" | "either" {
  if (schema === undefined) return "either";
  return schema.type === "bytes" ? "base64" : "text";
}

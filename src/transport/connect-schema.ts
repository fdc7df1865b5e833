import type { ColumnType } from "../core/schema.ts";
import { parseColumnTypeText } from "./column-type-text.ts";

/** The schema of a value as Kafka Connect's JSON converter writes it. */
export interface ConnectSchema {
  readonly type?: string;
  readonly field?: string;
  /** The type's meaning, `io.debezium.time.Date`. */
  readonly name?: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly fields?: readonly ConnectSchema[];
}

/** The type of longest texts and bytes whose length is not told. */
const UNKNOWN_BYTES = 65_535;

/**
 * The column type that a field's schema tells, as far as it does: no lengths, no digits of fraction, and BIGINT UNSIGNED is a signed number to it, unless the
 * connector adds the column's own type (`column.propagate.source.type`).
 */
export function connectColumnType(schema: ConnectSchema): ColumnType {
  return propagatedType(schema) ?? namedType(schema) ?? bareType(schema);
}

/** Does the schema tell the type as MySQL has it? */
export function propagatedType({ parameters = {} }: ConnectSchema): ColumnType | null {
  const type = parameters["__debezium.source.column.type"];
  if (type === undefined) return null;
  const length = parameters["__debezium.source.column.length"];
  const scale = parameters["__debezium.source.column.scale"];
  const size = length === undefined ? "" : `(${length}${scale === undefined ? "" : `,${scale}`})`;
  const [name = "", ...attributes] = type.toLowerCase().split(" ");
  // labels of ENUM and SET are in no parameter
  return name === "enum" || name === "set"
    ? null
    : parseColumnTypeText(`${name}${size} ${attributes.join(" ")}`);
}

function namedType({ name = "", parameters = {} }: ConnectSchema): ColumnType | null {
  switch (name) {
    case "io.debezium.time.Date":
    case "io.debezium.time.IsoDate":
    case "org.apache.kafka.connect.data.Date":
      return { kind: "date" };
    case "io.debezium.time.Time":
    case "io.debezium.time.MicroTime":
    case "io.debezium.time.NanoTime":
    case "io.debezium.time.IsoTime":
    case "org.apache.kafka.connect.data.Time":
      return { kind: "time", fraction: 6 };
    case "io.debezium.time.Timestamp":
    case "io.debezium.time.MicroTimestamp":
    case "io.debezium.time.NanoTimestamp":
    case "io.debezium.time.IsoTimestamp":
    case "org.apache.kafka.connect.data.Timestamp":
      return { kind: "datetime", fraction: 6 };
    case "io.debezium.time.ZonedTimestamp":
      return { kind: "timestamp", fraction: 6 };
    case "io.debezium.time.Year":
      return { kind: "year" };
    case "org.apache.kafka.connect.data.Decimal":
      return {
        kind: "decimal",
        precision: Number(parameters["connect.decimal.precision"] ?? 65),
        scale: Number(parameters["scale"] ?? 0),
      };
    case "io.debezium.data.Bits":
      return { kind: "bit", bits: Number(parameters["length"] ?? 64) };
    case "io.debezium.data.Enum":
      return { kind: "enum", members: labels(parameters) };
    case "io.debezium.data.EnumSet":
      return { kind: "set", members: labels(parameters) };
    case "io.debezium.data.Json":
      return { kind: "json", text: false };
    case "io.debezium.data.FloatVector":
    case "io.debezium.data.DoubleVector":
      return { kind: "vector" };
    default:
      return name.startsWith("io.debezium.data.geometry.") ? { kind: "geometry" } : null;
  }
}

function labels(parameters: Readonly<Record<string, string>>): readonly string[] {
  return (parameters["allowed"] ?? "").split(",");
}

function bareType({ type }: ConnectSchema): ColumnType {
  switch (type) {
    case "boolean":
      return { kind: "bit", bits: 1 };
    case "int8":
      return { kind: "integer", bytes: 1, unsigned: false };
    case "int16":
      return { kind: "integer", bytes: 2, unsigned: false };
    case "int32":
      return { kind: "integer", bytes: 4, unsigned: false };
    case "int64":
      return { kind: "integer", bytes: 8, unsigned: false };
    case "float":
    case "float32":
      return { kind: "float" };
    case "double":
    case "float64":
      return { kind: "double" };
    case "bytes":
      return { kind: "binary", maxBytes: UNKNOWN_BYTES, large: false };
    default:
      return { kind: "text", charset: "utf8mb4", maxBytes: UNKNOWN_BYTES, large: false };
  }
}

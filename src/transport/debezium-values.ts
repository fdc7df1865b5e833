import type { Column, ColumnType } from "../core/schema.ts";
import type { ConvertValue } from "./row-format.ts";
import { type Geometry, toWkb } from "./geojson-writers.ts";
import { durationMicroseconds, epochDay, epochMicroseconds } from "./temporal-texts.ts";

/**
 * How Debezium's MySQL connector writes a column's values with its defaults (`decimal.handling.mode=precise`, `time.precision.mode=adaptive_time_microseconds`,
 * `bigint.unsigned.handling.mode=long`, `binary.handling.mode=bytes`), as JSON without schemas. The converter takes values that are not NULL.
 */
export function debeziumValue(column: Column): ConvertValue {
  const { type } = column;
  switch (type.kind) {
    case "integer":
      return type.bytes === 8 && type.unsigned ? signedLong : same;
    case "decimal":
      return (text) => `"${decimalBytes(text, type.scale).toString("base64")}"`;
    case "bit":
      return type.bits === 1 ? bitBoolean : (text) => bitBytes(text, type.bits);
    case "year":
      return yearOfConnector;
    case "date":
      return unlessNull((text) => String(epochDay(content(text))));
    case "time":
      return (text) => String(durationMicroseconds(content(text)));
    case "datetime":
      return unlessNull((text) => datetime(content(text), type));
    case "json":
      return (text) => JSON.stringify(text);
    case "geometry":
      return geometry;
    case "float":
    case "double":
    case "timestamp":
    case "text":
    case "binary":
    case "enum":
    case "set":
    case "vector":
    case "uuid":
    case "inet":
      return same;
  }
}

const LONG_LIMIT = 1n << 63n;
const LONG_RANGE = 1n << 64n;

/** The value as it is. */
export function same(text: string): string {
  return text;
}

/** `null`, which a date without a day is in documents, stays so. */
export function unlessNull(convert: ConvertValue): ConvertValue {
  return (text) => (text === "null" ? text : convert(text));
}

/** The content of a JSON string that has nothing escaped. */
export function content(text: string): string {
  return text.slice(1, -1);
}

/** The year 0000, which the connector's binlog client, and Maxwell's, reads as 1900; no YEAR is 1900. */
export function yearOfConnector(text: string): string {
  return text === "0" ? "1900" : text;
}

function signedLong(text: string): string {
  if (text.length < 19) return text;
  const value = BigInt(text);
  return value >= LONG_LIMIT ? String(value - LONG_RANGE) : text;
}

/** The unscaled value in two's complement, big-endian, in as few bytes as hold it (`org.apache.kafka.connect.data.Decimal`). */
function decimalBytes(text: string, scale: number): Buffer {
  const [whole = "", fraction = ""] = text.split(".");
  const unscaled = BigInt(whole + fraction.padEnd(scale, "0"));
  const negative = text.startsWith("-") && unscaled !== 0n;
  // Complement: as many bits as the value needs without its sign are those of |value| - 1.
  const magnitude = negative ? -unscaled - 1n : unscaled;
  const digits = magnitude.toString(16);
  const padded = digits.length % 2 === 0 ? digits : `0${digits}`;
  const hasSignBit = Number.parseInt(padded[0]!, 16) >= 8;
  const bytes = Buffer.from(hasSignBit ? `00${padded}` : padded, "hex");
  if (negative) for (let i = 0; i < bytes.length; i++) bytes[i]! ^= 0xff;
  return bytes;
}

function bitBoolean(text: string): string {
  return text === "0" ? "false" : "true";
}

/** Little-endian (`io.debezium.data.Bits`). */
function bitBytes(text: string, bits: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(text));
  return `"${bytes.toString("base64", 0, (bits + 7) >> 3)}"`;
}

/** Milliseconds (`io.debezium.time.Timestamp`) for up to three digits of fraction, else microseconds (`MicroTimestamp`). */
function datetime(text: string, type: Extract<ColumnType, { kind: "datetime" }>): string {
  const microseconds = epochMicroseconds(text);
  return String(type.fraction <= 3 ? microseconds / 1000n : microseconds);
}

/** `io.debezium.data.geometry`: a point has its coordinates, too. The reference system is not in documents. */
function geometry(text: string): string {
  // Bytes that are no geometry.
  if (text.startsWith('"')) return `{"wkb":${text},"srid":null}`;
  if (text === "null") return text;
  const value = JSON.parse(text) as Geometry;
  const [x, y] = value.type === "Point" ? value.coordinates : [];
  const position = x === undefined ? "" : `"x":${x},"y":${y},`;
  return `{${position}"wkb":"${toWkb(value).toString("base64")}","srid":null}`;
}

import type { ColumnType } from "../core/schema.ts";
import { javaNumberText } from "../core/java-number.ts";
import { type Geometry, toWkb } from "./geojson-writers.ts";
import type { ConvertValue } from "./row-format.ts";

/** Options of Canal's values. */
export interface CanalValueOptions {
  /** ENUM and SET as labels instead of ordinal and bit mask. */
  readonly enumLabels: boolean;
}

/**
 * Makes the function that turns a value's JSON text in a document into the JSON string that Canal's records have, for rows that are not compiled. What the
 * document has lost stays lost: the SRID of a geometry is 0.
 */
export function canalValue(type: ColumnType, options: CanalValueOptions): ConvertValue {
  switch (type.kind) {
    case "integer":
    case "bit":
    case "decimal":
      return (text) => (text.startsWith('"') ? text : `"${text}"`);
    case "float":
    case "double":
      return (text) => `"${javaNumberText(Number(text))}"`;
    case "year":
      return (text) => `"${text.padStart(4, "0")}"`;
    case "datetime":
    case "timestamp":
      return (text) => text.replace("T", " ").replace("Z", "");
    case "binary":
      return (text) => latin1(Buffer.from(JSON.parse(text) as string, "base64"));
    case "geometry":
      return geometryBytes;
    case "vector":
      return (text) => latin1(Buffer.from(new Float32Array(JSON.parse(text) as number[]).buffer));
    case "enum":
      return options.enumLabels ? same : enumOrdinal(type.members);
    case "set":
      return options.enumLabels ? same : setMask(type.members);
    case "json":
      return (text) => JSON.stringify(type.text ? text : asPrinted(text));
    default:
      return same;
  }
}

function same(text: string): string {
  return text;
}

function latin1(bytes: Buffer): string {
  return JSON.stringify(bytes.toString("latin1"));
}

const NO_SRID = Buffer.alloc(4);

/** SRID and well-known binary; what is no geometry is base64 in the document. */
function geometryBytes(text: string): string {
  if (text.startsWith('"')) return latin1(Buffer.from(JSON.parse(text) as string, "base64"));
  return latin1(Buffer.concat([NO_SRID, toWkb(JSON.parse(text) as Geometry)]));
}

function enumOrdinal(members: readonly string[]): ConvertValue {
  const ordinals = new Map(members.map((label, i) => [label, `"${i + 1}"`]));
  return (text) => ordinals.get(JSON.parse(text) as string) ?? '"0"';
}

function setMask(members: readonly string[]): ConvertValue {
  const bits = new Map(members.map((label, i) => [label, 1n << BigInt(i)]));
  return (text) => {
    const labels = (JSON.parse(text) as string).split(",");
    return `"${labels.reduce((mask, label) => mask | (bits.get(label) ?? 0n), 0n)}"`;
  };
}

/** Compact JSON as MySQL prints it: a space behind each comma and colon outside strings. */
function asPrinted(text: string): string {
  return text.replaceAll(/"(?:[^"\\]|\\.)*"|[,:]/g, (token) =>
    token === "," || token === ":" ? `${token} ` : token,
  );
}

import type { FieldType } from "../core/target-field.ts";
import { compactJson } from "./json/format.ts";
import * as texts from "./json-texts.ts";
import { exactOf } from "./numeric/exact.ts";
import type { IntegerType, SqlType } from "./sql-type.ts";
import type { Scope, Typed } from "./typed.ts";
import { DIGITS_BOUND, INTEGER_BOUND, writeDigits } from "./write-digits.ts";

/** How a value is written. */
export interface ToJsonOptions {
  /** DECIMAL as a JSON string instead of a number. */
  readonly decimalAsString: boolean;
}

/** Source that writes a value as JSON. */
export interface JsonSource {
  /** Statements to run first, once, when the value is known and not NULL; they set what the two others use. */
  readonly prepare: string;
  /** An expression: at most so many bytes are written. */
  readonly bound: string;
  /** Statements that write the value at `out[o]` and move `o` behind it. */
  readonly write: string;
}

/**
 * Compiles the writing of a value that is not NULL as documents have it: the same bytes as a column of the type that passes through. `value.source` must be a name: it may stand in the
 * source any number of times.
 */
export function compileToJson(value: Typed, scope: Scope, options: ToJsonOptions): JsonSource {
  const { source, type } = value;
  if (type.kind === "text") {
    const write = scope.bind(writeString);
    return {
      prepare: "",
      bound: `(6 * ${source}.length + 2)`,
      write: `o = ${write}(${source}, out, o);`,
    };
  }
  const quoted = (write: string): string =>
    type.kind === "decimal" && options.decimalAsString
      ? `out[o++] = 34; ${write} out[o++] = 34;`
      : write;
  const scale = shownScale(type);
  if (scale !== null) {
    const write = quoted(`o = ${scope.bind(writeDigits)}(${source}, ${scale}, out, o);`);
    const bound = type.kind === "integer" ? INTEGER_BOUND : DIGITS_BOUND + 2;
    return { prepare: "", bound: `${bound}`, write };
  }
  const text = scope.temporary();
  return {
    prepare: `${text} = ${jsonTextOf(value, scope)};`,
    bound: `(3 * ${text}.length + 2)`,
    write: quoted(`o = ${scope.bind(writeText)}(${text}, out, o);`),
  };
}

/** What is evaluated to be written: its exact form where a decimal has one and shows all its digits. */
export function writtenSource(value: Typed): string {
  const exact = shownScale(value.type) === null ? null : exactOf(value);
  return exact ?? value.source;
}

/** Digits behind the point of a value that is the number of its digits; null where it is not. */
function shownScale(type: SqlType): number | null {
  if (type.kind === "integer") return 0;
  return type.kind === "decimal" && type.frac === type.scale ? type.scale : null;
}

/** A JavaScript expression for the JSON text of a value that is not NULL; DECIMAL as a number. Refuses types that have none. */
export function jsonTextOf(value: Typed, scope: Scope): string {
  const { type, source } = value;
  if (type.kind === "field" || type.kind === "null") return source;
  return `${scope.bind(textFunction(type) ?? scope.refuse(value.at, "this type has no JSON"))}(${source})`;
}

function textFunction(type: SqlType): ((value: never) => string) | null {
  switch (type.kind) {
    case "integer":
      return texts.integerText;
    case "decimal":
      return texts.createDecimalText(type.frac, type.scale);
    case "double":
      return type.isFloat === true ? texts.floatText : texts.doubleText;
    case "text":
      return texts.stringText;
    case "bytes":
      return texts.bytesText;
    case "date":
      return texts.dateText;
    case "time":
      return texts.createTimeText(type.fraction);
    case "datetime":
      return texts.createDatetimeText(type.fraction);
    case "json":
      return compactJson;
    case "enum":
      return texts.createEnumText(type.members);
    case "set":
      return texts.createSetText(type.members);
    default:
      return null;
  }
}

/** What a field of this type holds, for the mapping. */
export function fieldTypeOf(type: SqlType): FieldType {
  switch (type.kind) {
    case "integer":
      return integerField(type);
    case "decimal":
      return { kind: "decimal", precision: type.precision, scale: type.scale };
    case "double":
      return { kind: type.isFloat === true ? "float" : "double" };
    case "text": {
      const { maxCharacters } = type;
      const maxBytes = 4 * maxCharacters;
      return { kind: "text", charset: "utf8mb4", maxBytes, large: maxBytes > VARCHAR_BYTES };
    }
    case "bytes":
      return { kind: "binary", maxBytes: type.maxBytes, large: type.maxBytes > VARCHAR_BYTES };
    case "date":
      return { kind: "date" };
    case "time":
    case "datetime":
      return { kind: type.kind, fraction: type.fraction };
    case "json":
      return { kind: "json", text: false };
    case "enum":
    case "set":
      return { kind: type.kind, members: type.members };
    case "field":
      return type.field;
    case "null":
    case "opaque":
      return { kind: "any" };
  }
}

/** Longer strings are TEXT and BLOB in MySQL. */
const VARCHAR_BYTES = 65_535;

function integerField({ isTruth, isYear, bits, digits, isUnsigned }: IntegerType): FieldType {
  if (isYear === true) return { kind: "year" };
  if (bits !== undefined) return { kind: "bit", bits };
  const unsigned = isUnsigned;
  if (isTruth === true || digits <= 2) return { kind: "integer", bytes: 1, unsigned };
  if (digits <= 4) return { kind: "integer", bytes: 2, unsigned };
  return { kind: "integer", bytes: digits <= 9 ? 4 : 8, unsigned };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Longer strings are left to the runtime. */
const SHORT = 64;

/** Writes a character string as a JSON string; at most six bytes for each of its UTF-16 units, and two. */
function writeString(value: string, out: Buffer, o: number): number {
  const { length } = value;
  if (length <= SHORT) {
    const start = o;
    out[o++] = QUOTE;
    let i = 0;
    for (; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code < 0x20 || code > 0x7e || code === QUOTE || code === BACKSLASH) break;
      out[o++] = code;
    }
    if (i === length) {
      out[o++] = QUOTE;
      return o;
    }
    o = start;
  }
  return o + out.write(JSON.stringify(value), o, "utf8");
}

/** Writes a JSON text; at most three bytes for each of its UTF-16 units. */
function writeText(text: string, out: Buffer, o: number): number {
  const { length } = text;
  if (length > SHORT) return o + out.write(text, o, "utf8");
  const start = o;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7e) return start + out.write(text, start, "utf8");
    out[o++] = code;
  }
  return o;
}

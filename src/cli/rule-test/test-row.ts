import { TailraceError } from "../../core/errors.ts";
import { float32Text, float64Text } from "../../core/float-text.ts";
import type { JsonRow } from "../../core/json-row.ts";
import type { Column, TableSchema } from "../../core/schema.ts";
import { isCalendarDay } from "../../binlog/values/calendar.ts";
import { writeJsonDouble } from "../../binlog/values/json-double.ts";

/**
 * The row that a test writes down: for each column the JSON that the stream would have for the value. Columns that are missing are NULL. Values must be such as the
 * column can hold without rounding or truncating: then no server is needed to say what it would make of them. Throws CONFIG_INVALID.
 */
export function rowOfTest(
  values: Readonly<Record<string, unknown>>,
  schema: TableSchema,
  test: string,
): JsonRow {
  const byName = new Map(schema.columns.map((column, i) => [column.name.toLowerCase(), i]));
  const row: (string | null)[] = schema.columns.map(() => null);
  for (const [name, value] of Object.entries(values)) {
    const index = byName.get(name.toLowerCase());
    const { database, table } = schema;
    if (index === undefined) throw invalid(test, name, `${database}.${table} has no such column`);
    if (value === null) continue;
    const text = columnJson(schema.columns[index]!, value);
    if (typeof text !== "string") throw invalid(test, name, text.problem);
    row[index] = text;
  }
  return row;
}

function invalid(test: string, column: string, why: string): TailraceError {
  return new TailraceError("CONFIG_INVALID", `test "${test}": row.${column}: ${why}`);
}

type Converted = string | { readonly problem: string };

function columnJson(column: Column, value: unknown): Converted {
  const { type } = column;
  const refuse = (wanted: string): Converted => ({
    problem: `${JSON.stringify(plainText(value) ?? value)} is no value of ${column.sqlType ?? type.kind}: write ${wanted}`,
  });
  const text = plainText(value);
  if (type.kind === "json") return jsonText(value, text);
  if (text === null) return refuse("a text or a number");
  switch (type.kind) {
    case "integer": {
      const [least, most] = integerRange(type);
      if (!/^-?\d+$/.test(text)) return refuse("a whole number");
      const big = BigInt(text);
      return big < least || big > most ? refuse(`${least} to ${most}`) : `${big}`;
    }
    case "bit":
    case "year":
      return /^\d+$/.test(text) ? `${BigInt(text)}` : refuse("a whole number");
    case "decimal":
      return (
        decimalText(text, type.precision, type.scale) ??
        refuse(`${type.precision - type.scale} digits and ${type.scale} decimals at most`)
      );
    case "float":
      return NUMBER.test(text) ? float32Text(Math.fround(Number(text))) : refuse("a number");
    case "double":
      return NUMBER.test(text) ? float64Text(Number(text)) : refuse("a number");
    case "date":
      return dateText(text, { fraction: null, zone: "" }) ?? refuse('"2026-01-31"');
    case "datetime":
    case "timestamp": {
      const zone = type.kind === "timestamp" ? "Z" : "";
      return dateText(text, { fraction: type.fraction, zone }) ?? refuse('"2026-01-31 10:20:30"');
    }
    case "time":
      return timeText(text, type.fraction) ?? refuse('"10:20:30"');
    case "enum":
      return type.members.includes(text) || text === ""
        ? JSON.stringify(text)
        : refuse(`one of ${type.members.join(", ")}`);
    case "set": {
      const labels = text === "" ? [] : text.split(",");
      if (labels.some((label) => !type.members.includes(label)))
        return refuse(`some of ${type.members.join(",")}`);
      // in the order of the definition, as the server gives them
      return JSON.stringify(type.members.filter((label) => labels.includes(label)).join(","));
    }
    case "binary": {
      const hex = /^0x((?:[0-9a-f]{2})*)$/i.exec(text)?.[1];
      const bytes = Buffer.from(hex ?? text, hex === undefined ? "utf8" : "hex");
      const padding = Math.max(0, (type.fixedLength ?? 0) - bytes.length);
      return `"${Buffer.concat([bytes, Buffer.alloc(padding)]).toString("base64")}"`;
    }
    case "text":
    case "uuid":
    case "inet":
      return JSON.stringify(text);
    case "geometry":
    case "vector":
      return { problem: `a test cannot write down a value of ${type.kind}: leave the column out` };
  }
}

const NUMBER = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;

/** TRUE of SQL is 1; dates of TOML are texts; null for lists and tables. */
function plainText(value: unknown): string | null {
  if (typeof value === "boolean") return value ? "1" : "0";
  if (value instanceof Date) return value.toISOString();
  if (typeof value === "string" || typeof value === "number" || typeof value === "bigint")
    return `${value}`;
  return null;
}

function integerRange({
  bytes,
  unsigned,
}: {
  readonly bytes: number;
  readonly unsigned: boolean;
}): readonly [bigint, bigint] {
  const range = 1n << BigInt(8 * bytes);
  return unsigned ? [0n, range - 1n] : [-range / 2n, range / 2n - 1n];
}

function decimalText(text: string, precision: number, scale: number): string | null {
  const match = /^(-?)0*(\d*?)(?:\.(\d*?)0*)?$/.exec(text);
  if (match === null || text === "" || text === "-") return null;
  const [, sign = "", whole = "", fraction = ""] = match;
  if (whole.length > precision - scale || fraction.length > scale) return null;
  const isZero = !/[1-9]/.test(whole + fraction);
  const digits = `${isZero ? "" : sign}${whole || "0"}`;
  return scale === 0 ? digits : `${digits}.${fraction.padEnd(scale, "0")}`;
}

/** A date that no calendar has is null, as in documents. */
function dateText(
  text: string,
  { fraction, zone }: { readonly fraction: number | null; readonly zone: string },
): string | null {
  const match = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?Z?)?$/.exec(text);
  if (match === null) return null;
  const [, year = "", month = "", day = "", hour = "00", minute = "00", second = "00", part = ""] =
    match;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  if (!isCalendarDay(Number(year), Number(month), Number(day))) return "null";
  const date = `${year}-${month}-${day}`;
  if (fraction === null) return hour + minute + second === "000000" ? `"${date}"` : null;
  const digits = fractionText(part, fraction);
  return digits === null ? null : `"${date}T${hour}:${minute}:${second}${digits}${zone}"`;
}

function timeText(text: string, fraction: number): string | null {
  const match = /^(-?)(\d{2,3}):([0-5]\d):([0-5]\d)(?:\.(\d{1,6}))?$/.exec(text);
  if (match === null || Number(match[2]) > 838) return null;
  const [, sign = "", hour = "", minute = "", second = "", part = ""] = match;
  const digits = fractionText(part, fraction);
  return digits === null ? null : `"${sign}${hour}:${minute}:${second}${digits}"`;
}

/** `.5` as `.500`; null where digits would be lost. */
function fractionText(part: string, fraction: number): string | null {
  const kept = part.replace(/0+$/, "");
  if (kept.length > fraction) return null;
  return fraction === 0 ? "" : `.${kept.padEnd(fraction, "0")}`;
}

/** JSON as it is, or as a text that holds it; members in the order in which MySQL keeps them: by length, then by bytes. */
function jsonText(value: unknown, text: string | null): Converted {
  if (typeof value !== "string") return orderedJson(value, text);
  try {
    const tree: unknown = JSON.parse(value, (_key, inner: unknown, context?: { source?: string }) =>
      typeof inner === "number" ? new Digits(numberOfMysql(context?.source ?? `${inner}`)) : inner,
    );
    return orderedJson(tree, null);
  } catch {
    return { problem: `${value} is no JSON` };
  }
}

/** MySQL takes what has a point or an exponent, or is too large for 64 bits, for a DOUBLE, and prints that in its own way. */
function numberOfMysql(text: string): string {
  const isInteger = /^-?\d+$/.test(text);
  const big = isInteger ? BigInt(text) : 0n;
  if (isInteger && big >= -(1n << 63n) && big < 1n << 64n) return text;
  const out = Buffer.alloc(64);
  return out.toString("latin1", 0, writeJsonDouble(Number(text), out, 0));
}

/** A number's text. */
class Digits {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A value of a configuration as JSON, without losing a digit. */
export function orderedJson(value: unknown, text: string | null = null): string {
  if (value instanceof Digits) return value.text;
  if (value instanceof Date) return JSON.stringify(value.toISOString());
  if (typeof value === "number" || typeof value === "bigint") return text ?? `${value}`;
  if (Array.isArray(value)) return `[${value.map((item) => orderedJson(item)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .toSorted(([a], [b]) => {
      const [left, right] = [Buffer.from(a), Buffer.from(b)];
      return left.length - right.length || Buffer.compare(left, right);
    })
    .map(([key, inner]) => `${JSON.stringify(key)}:${orderedJson(inner)}`);
  return `{${members.join(",")}}`;
}

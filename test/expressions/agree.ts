import type { FieldPacket } from "mysql2/promise";
import type { SqlType } from "../../src/expression/sql-type.ts";
import type { Ours } from "./here.ts";
import type { Answer } from "./oracle.ts";

/** Type codes of result columns (`enum_field_types` of the server's field_types.h). */
const T = {
  FLOAT: 4,
  DOUBLE: 5,
  NULL: 6,
  TIMESTAMP: 7,
  DATE: 10,
  TIME: 11,
  DATETIME: 12,
  YEAR: 13,
  BIT: 16,
  JSON: 245,
  NEWDECIMAL: 246,
} as const;
const INTEGERS = new Set([1, 2, 3, 8, 9, T.YEAR, T.BIT]);
const STRINGS = new Set([15, 247, 248, 249, 250, 251, 252, 253, 254]);
const UNSIGNED_FLAG = 32;
const BINARY_CHARSET = 63;

/** What differs, in words; null when both agree on type and values. */
export function difference(ours: Extract<Ours, { type: SqlType }>, answer: Answer): string | null {
  for (const [i, mine] of ours.values.entries()) {
    const theirs = answer.values[i]!;
    if (mine instanceof Error)
      return `row ${i}: ours fails: ${mine.stack?.split("\n").slice(0, 2).join(" ")}`;
    if (!isSame(mine, theirs, answer.field))
      return `row ${i}: ours ${show(mine)}, MySQL's ${show(theirs)}`;
    if (typeof mine === "string" && !holds(ours.type, mine))
      return `row ${i}: ${mine} has more digits than its type ${JSON.stringify(ours.type)}`;
  }
  const type = answer.field === undefined ? null : typeText(answer.field);
  const mine = ourTypeText(ours.type);
  // what is always NULL has no type that matters
  if (type === null || type === mine || answer.values.every((value) => value === null)) return null;
  return `type: ours ${mine}, MySQL's ${type}`;
}

/** What MySQL is asked for an expression that has this type with us: BITs, which it shows as bytes or digits as it comes, as numbers. */
export function asked(sql: string, type: SqlType): string {
  return type.kind === "integer" && type.bits !== undefined ? `(${sql}) + 0` : sql;
}

/** Has the number no more digits than the type says? A mapping is derived from them. */
function holds(type: SqlType, text: string): boolean {
  const digits = text.replace(/[-.]/g, "").replace(/^0+/, "").length;
  if (type.kind === "decimal") return digits <= type.precision;
  return type.kind !== "integer" || type.bits !== undefined || digits <= type.digits;
}

function isSame(
  mine: string | Uint8Array | null | number,
  theirs: Buffer | null | number,
  field: FieldPacket | undefined,
): boolean {
  if (mine === null || theirs === null || typeof mine === "number" || typeof theirs === "number")
    return mine === theirs;
  if (field?.columnType === T.YEAR) return Number(mine) === Number(theirs.toString());
  return theirs.equals(typeof mine === "string" ? Buffer.from(mine) : mine);
}

function show(value: string | Uint8Array | null | number): string {
  if (value === null) return "NULL";
  if (typeof value === "number") return `error ${value}`;
  if (typeof value === "string") return JSON.stringify(value);
  const bytes = Buffer.from(value);
  const text = bytes.toString("utf8");
  return Buffer.from(text).equals(bytes) ? JSON.stringify(text) : `x'${bytes.toString("hex")}'`;
}

/** The part of a result's type that decides what a document's field is. */
function typeText(field: FieldPacket): string {
  const type = field.columnType!;
  const flags = Number(field.flags);
  if (INTEGERS.has(type))
    return (flags & UNSIGNED_FLAG) !== 0 || type === T.BIT ? "integer unsigned" : "integer";
  if (STRINGS.has(type)) return field.characterSet === BINARY_CHARSET ? "bytes" : "text";
  const fraction = field.decimals;
  switch (type) {
    case T.NEWDECIMAL:
      return `decimal ${fraction}`;
    case T.FLOAT:
    case T.DOUBLE:
      return "double";
    case T.NULL:
      return "null";
    case T.DATE:
      return "date";
    case T.TIME:
      return `time ${fraction}`;
    case T.TIMESTAMP:
    case T.DATETIME:
      return `datetime ${fraction}`;
    case T.JSON:
      return "json";
    default:
      return `type ${type}`;
  }
}

function ourTypeText(type: SqlType): string {
  switch (type.kind) {
    case "integer":
      // see asked()
      if (type.bits !== undefined) return "integer unsigned";
      return type.isUnsigned ? "integer unsigned" : "integer";
    case "decimal":
      return `decimal ${type.scale}`;
    case "time":
    case "datetime":
      return `${type.kind} ${type.fraction}`;
    case "enum":
    case "set":
      return "text";
    default:
      return type.kind;
  }
}

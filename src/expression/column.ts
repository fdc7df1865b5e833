import type { Column, ColumnType } from "../core/schema.ts";
import { BIGINT, BIGINT_UNSIGNED, type Collation, type SqlType } from "./sql-type.ts";
import { collationNamed } from "./text/merge.ts";
import type { Typed } from "./typed.ts";

/** Digits of the greatest integer of each size; what MySQL takes for its precision. */
const INTEGER_DIGITS = { 1: 3, 2: 5, 3: 8, 4: 10 } as const;

/** The type that a column has in expressions. Its values, in the form of `ColumnValue`, are those of that type without change. */
export function columnSqlType(column: Pick<Column, "type">): SqlType {
  const { type } = column;
  switch (type.kind) {
    case "integer": {
      const { bytes, unsigned: isUnsigned } = type;
      if (bytes === 8) return isUnsigned ? BIGINT_UNSIGNED : BIGINT;
      return { kind: "integer", isUnsigned, isSmall: true, digits: INTEGER_DIGITS[bytes], bytes };
    }
    case "year":
      return {
        kind: "integer",
        isUnsigned: true,
        isSmall: true,
        digits: 4,
        bytes: 2,
        isYear: true,
      };
    case "bit":
      return { kind: "integer", isUnsigned: true, isSmall: false, digits: 20, bits: type.bits };
    case "decimal":
      return { kind: "decimal", precision: type.precision, scale: type.scale, frac: type.scale };
    case "float":
      return { kind: "double", isFloat: true, textWidth: 12, isClamped: true };
    case "double":
      return { kind: "double", textWidth: 24, isClamped: true };
    case "date":
      return { kind: "date" };
    case "time":
      return { kind: "time", fraction: type.fraction };
    case "datetime":
    case "timestamp":
      return { kind: "datetime", fraction: type.fraction };
    case "text": {
      const maxCharacters = type.maxBytes;
      return { kind: "text", collation: collationOf(type), coercibility: 2, maxCharacters };
    }
    case "binary":
      return { kind: "bytes", maxBytes: type.maxBytes };
    case "enum":
    case "set":
      return {
        kind: type.kind,
        members: type.members,
        collation: type.collation === undefined ? null : collationNamed(type.collation),
      };
    case "json":
      return { kind: "json" };
    case "uuid":
    case "inet":
    case "geometry":
    case "vector":
      return { kind: "opaque", name: type.kind };
  }
}

/** Up to this many digits a decimal is a safe integer. */
const EXACT_DIGITS = 15;

/** A column's value: `source` gives it in its form of `ColumnValue`, `number` a DECIMAL of few digits as a number that is never -0. */
export function columnValue(column: Column, source: string, number: string): Omit<Typed, "at"> {
  const type = columnSqlType(column);
  const value = { type, isNullable: column.nullable, source };
  const isShort = type.kind === "decimal" && type.precision <= EXACT_DIGITS;
  return isShort ? { ...value, exact: { of: source, source: number } } : value;
}

function collationOf(
  type: Pick<Extract<ColumnType, { kind: "text" }>, "charset" | "collation">,
): Collation | null {
  return type.collation === undefined ? null : { name: type.collation, charset: type.charset };
}

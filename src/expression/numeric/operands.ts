import {
  BIGINT_UNSIGNED,
  type DecimalType,
  type DoubleType,
  type IntegerType,
} from "../sql-type.ts";
import type { Scope, Typed } from "../typed.ts";
import { integerOfBytes, toDecimal, toDouble } from "./convert.ts";
import { constantOf } from "../constant.ts";

/** A value as arithmetic takes it. */
export type Operand =
  | (Typed & { readonly type: IntegerType })
  | (Typed & { readonly type: DecimalType })
  | (Typed & { readonly type: DoubleType });

/**
 * The operand of `+ - * / % DIV` (`numeric_context_result_type`): dates are whole numbers (those with fractions of seconds are refused), hex literals unsigned integers, all other strings,
 * ENUM, SET, JSON and NULL doubles.
 */
export function toOperand(value: Typed, scope: Scope): Operand {
  const { type } = value;
  switch (type.kind) {
    case "integer":
    case "decimal":
    case "double":
      return value as Operand;
    case "date":
      return wholeOf(value, scope);
    case "time":
    case "datetime":
      if (type.fraction === 0) return wholeOf(value, scope);
      return scope.refuse(
        value.at,
        "a date or time with fractions of seconds in arithmetic; CAST it AS DECIMAL",
      );
    case "bytes": {
      const known = value.constant?.value;
      if (type.isHexLiteral === true && known instanceof Uint8Array) {
        return constantOf(BIGINT_UNSIGNED, integerOfBytes(known), value.at, scope) as Operand;
      }
      return toDouble(value, scope) as Operand;
    }
    case "null":
      return refuseNull(value, scope);
    default:
      return toDouble(value, scope) as Operand;
  }
}

/** MySQL gives what is computed of it a DOUBLE of fixed digits, which shows in what it is merged with. */
function refuseNull(value: Typed, scope: Scope): never {
  return scope.refuse(value.at, "NULL as a number, which makes the whole NULL");
}

/** The operand of unary minus and of ABS, CEILING, FLOOR, ROUND, which take temporal values for doubles. */
export function toPlainOperand(value: Typed, scope: Scope): Operand {
  const { kind } = value.type;
  if (kind === "null") return refuseNull(value, scope);
  return kind === "integer" || kind === "decimal"
    ? (value as Operand)
    : (toDouble(value, scope) as Operand);
}

/** An integer or a decimal as a decimal; of a small integer the source becomes a bigint. */
export function asDecimal(value: Operand, scope: Scope): Typed & { readonly type: DecimalType } {
  return toDecimal(value, scope) as Typed & { readonly type: DecimalType };
}

/** A whole operand as a bigint. */
export function bigSource(type: IntegerType, name: string): string {
  return type.isSmall ? `BigInt(${name})` : name;
}

/** Digits before the point that values of the type have at most. */
export function wholeDigits(type: IntegerType | DecimalType): number {
  return type.kind === "integer" ? type.digits : Math.max(0, type.precision - type.scale);
}

function wholeOf(value: Typed, scope: Scope): Operand {
  const number = toDecimal(value, scope);
  const digits = value.type.kind === "date" ? 8 : value.type.kind === "time" ? 7 : 14;
  const type = { kind: "integer", isUnsigned: false, isSmall: true, digits } as const;
  const known = number.constant?.value;
  if (number.constant !== undefined) {
    return constantOf(type, known === null ? null : Number(known), value.at, scope) as Operand;
  }
  const name = number.isNullable ? scope.temporary() : "";
  const source = number.isNullable
    ? `((${name} = ${number.source}) === null ? null : Number(${name}))`
    : `Number(${number.source})`;
  return { ...number, type, source };
}

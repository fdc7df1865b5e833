import type { LiteralExpression } from "../query/tree.ts";
import { constantOf } from "./constant.ts";
import { sessionText, smallInteger, TRUTH, type SqlType } from "./sql-type.ts";
import { compileTemporalLiteral } from "./temporal/literal.ts";
import type { Scope, Typed } from "./typed.ts";

const MAX_BIGINT = 2n ** 63n - 1n;
const MAX_BIGINT_UNSIGNED = 2n ** 64n - 1n;

/** Compiles a literal. */
export function compileLiteral(literal: LiteralExpression, scope: Scope): Typed {
  const { at } = literal;
  switch (literal.type) {
    case "null":
      return constantOf({ kind: "null" }, null, at, scope);
    case "boolean":
      return constantOf(TRUTH, literal.value ? 1 : 0, at, scope);
    case "integer":
      return compileInteger(literal.text, at, scope);
    case "decimal":
      return compileDecimal(literal.text, at, scope);
    case "double": {
      const value = Number(literal.text);
      if (!Number.isFinite(value)) scope.refuse(at, "a DOUBLE that is out of range");
      return constantOf({ kind: "double", isClamped: true }, value, at, scope);
    }
    case "string": {
      const { value } = literal;
      return constantOf(sessionText(Array.from(value).length), value, at, scope);
    }
    case "bytes": {
      const { value } = literal;
      const type = { kind: "bytes", maxBytes: value.length, isHexLiteral: true } as const;
      return constantOf(type, value, at, scope);
    }
    case "date":
    case "time":
    case "timestamp":
      return compileTemporalLiteral(literal, scope);
  }
}

/** Whole numbers are BIGINT, above its range BIGINT UNSIGNED, above that DECIMAL. */
function compileInteger(text: string, at: number, scope: Scope): Typed {
  const value = BigInt(text);
  const digits = String(value).length;
  if (digits <= 15) return constantOf(smallInteger(digits), Number(value), at, scope);
  if (value > MAX_BIGINT_UNSIGNED) return compileDecimal(text, at, scope);
  const type: SqlType = {
    kind: "integer",
    isUnsigned: value > MAX_BIGINT,
    isSmall: false,
    digits,
  };
  return constantOf(type, value, at, scope);
}

function compileDecimal(text: string, at: number, scope: Scope): Typed {
  const [whole = "", fraction = ""] = text.split(".");
  const scale = fraction.length;
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  const precision = Math.max(digits.length, scale, 1);
  if (precision > 65 || scale > 30) {
    scope.refuse(at, "a DECIMAL of more than 65 digits, or of more than 30 behind the point");
  }
  const type = { kind: "decimal", precision, scale, frac: scale } as const;
  const value = constantOf(type, BigInt(digits === "" ? "0" : digits), at, scope);
  return { ...value, hasAllDigits: true };
}

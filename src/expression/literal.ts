import type { LiteralExpression } from "../query/tree.ts";
import { SESSION_COLLATION } from "./sql-type.ts";
import type { Scope, Typed } from "./typed.ts";

/** Compiles a literal. */
export function compileLiteral(literal: LiteralExpression, scope: Scope): Typed {
  const { at } = literal;
  switch (literal.type) {
    case "null":
      return {
        type: { kind: "null" },
        isNullable: true,
        source: "null",
        constant: { value: null },
        at,
      };
    case "boolean": {
      const value = literal.value ? 1 : 0;
      const type = {
        kind: "integer",
        isUnsigned: false,
        isSmall: true,
        digits: 1,
        isTruth: true,
      } as const;
      return { type, isNullable: false, source: `${value}`, constant: { value }, at };
    }
    case "integer": {
      const big = BigInt(literal.text);
      const isSmall = big <= BigInt(Number.MAX_SAFE_INTEGER);
      const type = {
        kind: "integer",
        isUnsigned: false,
        isSmall,
        digits: literal.text.length,
      } as const;
      const value = isSmall ? Number(big) : big;
      return {
        type,
        isNullable: false,
        source: isSmall ? `${big}` : `${big}n`,
        constant: { value },
        at,
      };
    }
    case "string": {
      const { value } = literal;
      const type = {
        kind: "text",
        collation: SESSION_COLLATION,
        coercibility: 4,
        maxCharacters: [...value].length,
      } as const;
      return { type, isNullable: false, source: JSON.stringify(value), constant: { value }, at };
    }
    default:
      return scope.refuse(at, `a literal of type ${literal.type}`);
  }
}

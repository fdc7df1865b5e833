/** Arguments of temporal functions. */
import { toInteger } from "../convert.ts";
import type { Scope, Typed } from "../typed.ts";
import { toDate, toDatetime, type DateMode } from "./convert.ts";

/** A value whose year, month and day alone are read: a DATE or a DATETIME. */
export function toCalendar(value: Typed, scope: Scope, mode: DateMode): Typed {
  switch (value.type.kind) {
    case "integer":
    case "decimal":
    case "double":
      return toDate(value, scope, mode);
    default:
      return toDatetime(value, scope, mode);
  }
}

/** The value as a whole number in a JavaScript number, which is exact up to 2^53 and beyond it close enough for what is out of every range. Unsigned values above 2^63 are negative. */
export function toWholeNumber(value: Typed, scope: Scope): Typed {
  const integer = toInteger(value, scope);
  if (integer.type.kind !== "integer" || integer.type.isSmall) return integer;
  const source = integer.isNullable
    ? `${scope.bind(signedNumberOrNull)}(${integer.source})`
    : `Number(BigInt.asIntN(64, ${integer.source}))`;
  const { constant, ...rest } = integer;
  return {
    ...rest,
    type: { ...integer.type, isSmall: true },
    source,
    ...(constant !== undefined && {
      constant: { value: signedNumberOrNull(constant.value as bigint | null) },
    }),
  };
}

/** The value as a bigint within 64 signed bits. */
export function toSignedBigInt(value: Typed, scope: Scope): Typed {
  const integer = toInteger(value, scope);
  const { constant: _, ...rest } = integer;
  const make = scope.bind(signedOrNull);
  return {
    ...rest,
    type: { kind: "integer", isUnsigned: false, isSmall: false, digits: 20 },
    source: `${make}(${integer.source})`,
  };
}

function signedNumberOrNull(value: bigint | null): number | null {
  return value === null ? null : Number(BigInt.asIntN(64, value));
}

function signedOrNull(value: bigint | number | null): bigint | null {
  return value === null ? null : BigInt.asIntN(64, BigInt(value));
}

import { applyStrict } from "../apply.ts";
import type { Call, SqlFunction } from "../functions.ts";
import { BIGINT_UNSIGNED, smallInteger } from "../sql-type.ts";
import type { Typed } from "../typed.ts";
import { toInteger } from "./convert.ts";

/** Bit operators: on BIGINT UNSIGNED; those on binary strings are refused. */

/** `&`, `|` and `^`. */
export function bitwise(sign: "&" | "|" | "^"): SqlFunction {
  return {
    arity: [2, 2],
    compile(args, call) {
      const [left, right] = args as [Typed, Typed];
      if (left.type.kind === "null" || right.type.kind === "null") {
        call.scope.refuse(call.at, "NULL as bits, which makes the whole NULL");
      }
      if ([left, right].some((value) => isBytes(value) && !isHex(value))) refuseBytes(call);
      return applyStrict(
        args.map((value) => toBits(value, call)),
        call,
        { type: BIGINT_UNSIGNED },
        (a, b) => {
          return `(${a} ${sign} ${b})`;
        },
      );
    },
  };
}

/** `<<` and `>>`: 0 for 64 places and more. */
export function shift(sign: "<<" | ">>"): SqlFunction {
  return {
    arity: [2, 2],
    compile(args, call) {
      const [value, places] = args as [Typed, Typed];
      if (isBytes(value) && !isHex(value)) refuseBytes(call);
      const bits = [toBits(value, call), toBits(places, call)];
      return applyStrict(bits, call, { type: BIGINT_UNSIGNED }, (a, b) => {
        return `(${b} > 63n ? 0n : BigInt.asUintN(64, ${a} ${sign} ${b}))`;
      });
    },
  };
}

/** `~`. */
export const BIT_NOT: SqlFunction = {
  arity: [1, 1],
  compile([value], call) {
    if (isBytes(value!) && !isHex(value!)) refuseBytes(call);
    return applyStrict([toBits(value!, call)], call, { type: BIGINT_UNSIGNED }, (a) => {
      return `BigInt.asUintN(64, ~${a})`;
    });
  },
};

/** `BIT_COUNT`: how many bits are 1. */
export const BIT_COUNT: SqlFunction = {
  arity: [1, 1],
  compile([value], call) {
    if (isBytes(value!) && !isHex(value!)) refuseBytes(call);
    const count = call.scope.bind(countBits);
    const result = { type: smallInteger(2) };
    return applyStrict([toBits(value!, call)], call, result, (a) => `${count}(${a})`);
  },
};

/** The 64 bits of a value. */
function toBits(value: Typed, call: Call): Typed {
  if (value.type.kind === "decimal" && value.type.precision - value.type.scale > 18) {
    call.scope.refuse(value.at, "bits of a DECIMAL that may be beyond BIGINT; CAST it AS UNSIGNED");
  }
  if (value.type.kind === "text" && value.constant === undefined) {
    call.scope.refuse(value.at, "bits of a text, which may be beyond BIGINT; CAST it AS UNSIGNED");
  }
  if (value.chosen !== undefined) {
    call.scope.refuse(value.at, "bits of what IF or CASE chose among several types; cast it");
  }
  const whole = toInteger(value, call.scope);
  const { type } = whole;
  if (type.kind !== "integer") return whole;
  if (type.isUnsigned && !type.isSmall) return whole;
  const place = { at: value.at, scope: call.scope };
  return applyStrict([whole], place, { type: BIGINT_UNSIGNED }, (name) => {
    if (type.isUnsigned) return `BigInt(${name})`;
    return `BigInt.asUintN(64, ${type.isSmall ? `BigInt(${name})` : name})`;
  });
}

function countBits(value: bigint): number {
  let count = 0;
  for (let rest = value; rest > 0n; rest &= rest - 1n) count++;
  return count;
}

function isBytes({ type }: Typed): boolean {
  return type.kind === "bytes";
}

function isHex({ type }: Typed): boolean {
  return type.kind === "bytes" && type.isHexLiteral === true;
}

function refuseBytes(call: Call): never {
  return call.scope.refuse(call.at, "a bit operator on a binary string; cast it to UNSIGNED");
}

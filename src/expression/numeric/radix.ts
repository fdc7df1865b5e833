import { applyStrict } from "../apply.ts";
import { constantOf } from "../constant.ts";
import type { Call, SqlFunction } from "../functions.ts";
import { sessionText, smallInteger } from "../sql-type.ts";
import { toText } from "../text/convert.ts";
import type { Typed } from "../typed.ts";
import { toCount, toInteger } from "./convert.ts";

/** CONV, BIN and OCT: whole numbers of 64 bits in other bases. */

/** `CONV(n, from, to)`. */
export const CONV: SqlFunction = {
  arity: [3, 3],
  compile: ([value, from, to], call) => {
    const [first, second] = [toCount(from!, call.scope), toCount(to!, call.scope)];
    return convert(value!, first, second, call);
  },
};

/** `BIN` (`base` 2) and `OCT` (8): CONV(n, 10, base). */
export function inBase(base: 2 | 8): SqlFunction {
  return {
    arity: [1, 1],
    compile([value], call) {
      const known = (number: number): Typed =>
        constantOf(smallInteger(2), number, call.at, call.scope);
      return convert(value!, known(10), known(base), call);
    },
  };
}

function convert(value: Typed, from: Typed, to: Typed, call: Call): Typed {
  const { scope } = call;
  const { type } = value;
  const isBits =
    (type.kind === "integer" && type.bits !== undefined) ||
    (type.kind === "bytes" && type.isHexLiteral === true);
  const result = { type: sessionText(65), mayBeNull: true };
  if (isBits) {
    if (from.constant?.value !== 10)
      scope.refuse(call.at, "CONV of bits from another base than 10");
    const run = scope.bind(printInBase);
    return applyStrict([toInteger(value, scope), to], call, result, (x, base) => {
      return `${run}(${x}, ${base})`;
    });
  }
  if (type.kind === "text" && type.collation?.charset === "latin1") {
    scope.refuse(value.at, "CONV of latin1, whose spaces are others; CONVERT(x USING utf8mb4)");
  }
  const run = scope.bind(convertBase);
  // bytes need not be text: what counts is the digits that they begin with
  const isBytes = type.kind === "bytes";
  const digits = isBytes ? value : toText(value, scope);
  return applyStrict([digits, from, to], call, result, (x, a, b) => {
    return `${run}(${isBytes ? `${scope.bind(latin1)}(${x})` : x}, ${a}, ${b})`;
  });
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

function convertBase(text: string, from: number, to: number): string | null {
  if (!isBase(from) || !isBase(to) || text === "") return null;
  return printInBase(readInBase(text, Math.abs(from), from < 0), to);
}

function isBase(base: number): boolean {
  return Math.abs(base) >= 2 && Math.abs(base) <= 36;
}

const MAX_UNSIGNED = 2n ** 64n - 1n;
const MAX_SIGNED = 2n ** 63n - 1n;

/** The digits that a string begins with, as 64 bits: clamped to BIGINT UNSIGNED, or to BIGINT if `isSigned`. */
function readInBase(text: string, base: number, isSigned: boolean): bigint {
  const [, sign, digits = ""] = /^[ \t-\r]*([+-]?)([0-9a-zA-Z]*)/.exec(text) ?? [];
  let value = 0n;
  for (const digit of digits) {
    const number = Number.parseInt(digit, 36);
    if (number >= base) break;
    value = value * BigInt(base) + BigInt(number);
    if (value > MAX_UNSIGNED) break;
  }
  const isNegative = sign === "-";
  if (isSigned) {
    const limit = isNegative ? MAX_SIGNED + 1n : MAX_SIGNED;
    const clamped = value > limit ? limit : value;
    return BigInt.asUintN(64, isNegative ? -clamped : clamped);
  }
  // `my_strntoull`: what is beyond its range becomes the nearest
  if (value > MAX_UNSIGNED) return isNegative ? 0n : MAX_UNSIGNED;
  return BigInt.asUintN(64, isNegative ? -value : value);
}

/** 64 bits in a base; a negative base takes them for a signed number. */
function printInBase(bits: bigint | number, to: number): string | null {
  if (!isBase(to)) return null;
  const value = BigInt(bits);
  const number = to < 0 ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value);
  return number.toString(Math.abs(to)).toUpperCase();
}

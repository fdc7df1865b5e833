import { bindValue } from "../apply.ts";
import type { Call, FunctionTable } from "../functions.ts";
import { toCount, toInteger } from "../numeric/convert.ts";
import { constantOf } from "../constant.ts";
import { sessionText } from "../sql-type.ts";
import type { Typed } from "../typed.ts";
import { isAsciiText, mergeStrings } from "./merge.ts";
import { applyStrings, maxLength, mergedType, withinPacket } from "./strings.ts";

const MANY = 1000;
const MASK_BITS = 64;

/** Functions that choose among strings by a number. */
export const CHOICE_FUNCTIONS: FunctionTable = {
  elt: { arity: [2, MANY], compile: compileElt },
  make_set: { arity: [2, MANY], compile: compileMakeSet },
  export_set: { arity: [3, 5], compile: compileExportSet },
};

function compileElt([number, ...choices]: readonly Typed[], call: Call): Typed {
  const { scope, at } = call;
  const merged = mergeStrings(choices, call);
  const length = Math.max(...merged.args.map((choice) => maxLength(choice)));
  const { step, name } = bindValue(toCount(number!, scope), scope);
  const cases = merged.args.map((choice, i) => `${name} === ${i + 1} ? ${choice.source} : `);
  const value = `${cases.join("")}null`;
  const source = step === null ? `(${value})` : `(${step}, ${value})`;
  const isMixed = choices.some(
    ({ type }) => type.kind !== "text" && type.kind !== "bytes" && type.kind !== "null",
  );
  const reason =
    "what ELT chose among strings and other values as a number or date; cast the values";
  return {
    type: mergedType(merged, length),
    isNullable: true,
    source,
    at,
    ...(isMixed && { notNumber: reason, notTemporal: reason }),
  };
}

/** Those strings whose bits are set, but not those that are NULL; the others are not evaluated. */
function compileMakeSet([bits, ...choices]: readonly Typed[], call: Call): Typed {
  const { scope, at } = call;
  const merged = mergeStrings(choices, call);
  refuseMixedText(merged.args, call);
  const length = merged.args.reduce((sum, choice) => sum + maxLength(choice) + 1, 0);
  const mask = toInteger(bits!, scope);
  const { step, name } = bindValue(mask, scope);
  const isSet = scope.bind(hasBit);
  const list = merged.args
    .slice(0, MASK_BITS)
    .map((choice, i) => `${isSet}(${name}, ${i}n) ? ${choice.source} : null`);
  const made = `${scope.bind(merged.kind === "text" ? joinTexts : joinBytes)}([${list.join(", ")}])`;
  const value = mask.isNullable ? `${name} === null ? null : ${made}` : made;
  const source = step === null ? `(${value})` : `(${step}, ${value})`;
  return { type: mergedType(merged, length), isNullable: mask.isNullable, source, at };
}

/** MySQL writes characters beyond ASCII wrongly where another of the strings was a number or a date. */
function refuseMixedText(args: readonly Typed[], call: Call): void {
  const texts = args.filter(({ constant }) => constant === undefined);
  if (texts.some(isAsciiText) && !args.every(isAsciiText)) {
    call.scope.refuse(call.at, "make_set of texts and of what is no text");
  }
}

function hasBit(mask: bigint | number, bit: bigint): boolean {
  return ((BigInt(mask) >> bit) & 1n) === 1n;
}

function joinTexts(parts: readonly (string | null)[]): string {
  return parts.filter((part) => part !== null).join(",");
}

function joinBytes(parts: readonly (Uint8Array | null)[]): Uint8Array {
  const comma = Buffer.from(",");
  const present = parts.filter((part) => part !== null);
  return Buffer.concat(present.flatMap((part, i) => (i === 0 ? [part] : [comma, part])));
}

function compileExportSet([bits, on, off, separator, count]: readonly Typed[], call: Call): Typed {
  const { scope, at } = call;
  const comma = constantOf({ ...sessionText(1), isAscii: true }, ",", at, scope);
  const merged = mergeStrings([on!, off!, separator ?? comma], call);
  const length = MASK_BITS * merged.args.reduce((sum, part) => sum + maxLength(part), 0);
  const numbers = [
    toInteger(bits!, scope),
    ...(count === undefined ? [] : [toCount(count, scope)]),
  ];
  const result = { type: mergedType(merged, length), mayBeNull: true };
  return applyStrings(merged, numbers, call, { result, run: exportSet });
}

function exportSet(
  on: string,
  off: string,
  separator: string,
  ...[mask, count = MASK_BITS]: [bigint | number, number?]
): string | null {
  const bits = BigInt(mask);
  const length = count < 0 || count > MASK_BITS ? MASK_BITS : count;
  const parts = Array.from({ length }, (_, i) => (((bits >> BigInt(i)) & 1n) === 1n ? on : off));
  return withinPacket(parts.join(separator));
}

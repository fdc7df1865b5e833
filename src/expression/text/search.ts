import { applyStrict, bindValue } from "../apply.ts";
import type { Call, FunctionTable } from "../functions.ts";
import { toCount, toDecimal, toDouble, toInteger } from "../numeric/convert.ts";
import { smallInteger, type DecimalType } from "../sql-type.ts";
import type { Typed } from "../typed.ts";
import type { Collator } from "./collations/collator.ts";
import { codePointCollator } from "./collations/collator.ts";
import { collatorOf, compareStrings } from "./compare.ts";
import {
  followFirst,
  isAsciiText,
  mergeStrings,
  type MergedStrings,
  stringArgument,
} from "./merge.ts";
import { applyBound, applyStrings } from "./strings.ts";

const MANY = 1000;
const OF_TEXT = { ...smallInteger(10), isOfText: true } as const;
const BINARY = codePointCollator(false);

/** Functions that look for strings, by their collation. */
export const SEARCH_FUNCTIONS: FunctionTable = {
  locate: {
    arity: [2, 3],
    compile: ([part, text, ...from], call) => compileLocate(text!, part!, from, call),
  },
  position: {
    arity: [2, 2],
    compile: ([part, text], call) => compileLocate(text!, part!, [], call),
  },
  instr: { arity: [2, 2], compile: ([text, part], call) => compileLocate(text!, part!, [], call) },
  strcmp: {
    arity: [2, 2],
    compile(args, call) {
      if (args.some((argument) => !isString(argument))) {
        call.scope.refuse(call.at, "strcmp of what is no string; write CAST(… AS CHAR)");
      }
      const merged = mergeStrings(args, call, "comparison");
      const compare = collatorOfMerged(merged, call).compare;
      const result = { type: OF_TEXT };
      const run = (a: string, b: string): number => Math.sign(compare(a, b)) + 0;
      const { scope } = call;
      const compared = applyStrings(merged, [], call, { result, run });
      const toTruth = scope.bind((sign: number) => ({ kind: "boolean", value: sign !== 0 }));
      // a truth value in JSON, as every comparison
      const json = applyStrict([compared], call, { type: { kind: "json" } }, (sign) => {
        return `${toTruth}(${sign})`;
      });
      return { ...compared, json };
    },
  },
  find_in_set: {
    arity: [2, 2],
    compile(args, call) {
      if (args[1]!.type.kind === "set") return compileFindInSetColumn(args[0]!, args[1]!, call);
      const merged = mergeStrings(args, call, "comparison");
      refuseMixedCharsets(args, call);
      const { isSame } = collatorOfMerged(merged, call);
      const result = { type: OF_TEXT };
      const run = (sought: string, list: string): number => findInSet(sought, list, isSame);
      return applyStrings(merged, [], call, { result, run });
    },
  },
  field: { arity: [2, MANY], compile: compileField },
};

function collatorOfMerged(merged: MergedStrings, { at, scope }: Call): Collator {
  return merged.kind === "bytes" ? BINARY : collatorOf(merged.collation, at, scope);
}

function compileLocate(text: Typed, part: Typed, from: readonly Typed[], call: Call): Typed {
  const merged = followFirst([text, part], call.scope);
  const { find } = collatorOfMerged(merged, call);
  const run = (subject: string, sought: string, place = 1): number => {
    if (place < 1 || place > subject.length + 1) return 0;
    if (place > 1 && place > Array.from(subject).length + 1) return 0;
    return find(subject, sought, place - 1) + 1;
  };
  const places = from.map((place) => toCount(place, call.scope));
  return applyStrings(merged, places, call, { result: { type: OF_TEXT }, run });
}

function findInSet(sought: string, list: string, isSame: Collator["isSame"]): number {
  if (list === "") return 0;
  const members = list.split(",");
  const found = members.findIndex((member, i) => {
    // behind a last comma there is a member for the empty string alone
    if (i === members.length - 1 && member === "") return sought === "";
    return isSame(member, sought);
  });
  return found + 1;
}

/** MySQL compares the bytes of different character sets here. */
function refuseMixedCharsets(args: readonly Typed[], call: Call): void {
  const strings = args.map((argument) => stringArgument(argument, call.scope));
  const texts = strings.filter((string) => string.type.kind === "text" && !isAsciiText(string));
  const charsets = texts.map(({ type }) => (type.kind === "text" ? type.collation?.charset : ""));
  if (new Set(charsets).size > 1) {
    call.scope.refuse(
      call.at,
      "find_in_set of strings in two character sets; write CONVERT(… USING utf8mb4)",
    );
  }
}

/** Of a SET column's value the member's number in the column's definition. */
function compileFindInSetColumn(sought: Typed, set: Typed, call: Call): Typed {
  const { scope, at } = call;
  if (set.type.kind !== "set") throw new TypeError("not a SET");
  const { members } = set.type;
  if (!members.every((member) => /^[\x20-\x7e]*$/.test(member))) {
    scope.refuse(at, "find_in_set of a SET with members beyond ASCII; write CAST(… AS CHAR)");
  }
  const merged = mergeStrings([sought, set], call, "comparison");
  if (merged.kind === "bytes") scope.refuse(at, "a binary string in a SET; write CAST(… AS CHAR)");
  refuseMixedCharsets([sought, set], call);
  const { isSame } = collatorOfMerged(merged, call);
  const run = (text: string, bits: bigint): number => {
    const found = members.findIndex((member) => isSame(member, text));
    return found >= 0 && ((bits >> BigInt(found)) & 1n) === 1n ? found + 1 : 0;
  };
  return applyBound([merged.args[0]!, set], call, { type: OF_TEXT }, run);
}

/** The number of the first argument behind the first one that equals it; NULL equals nothing. */
function compileField(args: readonly Typed[], call: Call): Typed {
  const { scope, at } = call;
  const { values, equal } = comparable(args, call);
  const [sought, ...choices] = values;
  const first = bindValue(sought!, scope);
  const steps = first.step === null ? [] : [first.step];
  const tests = choices.map((choice, i) => {
    const { step, name } = bindValue(choice, scope);
    const isEqual = equal({ ...sought!, source: first.name }, { ...choice, source: name });
    const test = choice.isNullable ? `${name} !== null && ${isEqual}` : isEqual;
    return `(${step === null ? test : `${step}, ${test}`}) ? ${i + 1} : `;
  });
  const found = `${tests.join("")}0`;
  const value = sought!.isNullable ? `${first.name} === null ? 0 : ${found}` : found;
  const source = `(${[...steps, value].join(", ")})`;
  return { type: OF_TEXT, isNullable: false, source, at };
}

interface Comparable {
  readonly values: readonly Typed[];
  /** A condition. */
  readonly equal: (a: Typed, b: Typed) => string;
}

/** As strings where all are strings, as integers or decimals where all are such, else as doubles. */
function comparable(args: readonly Typed[], call: Call): Comparable {
  const { scope } = call;
  const kinds = new Set(args.filter(({ type }) => type.kind !== "null").map(kindOf));
  if (!kinds.has("integer") && !kinds.has("decimal") && !kinds.has("double")) {
    const merged = followFirst(args, scope);
    return {
      values: merged.args,
      equal: (a, b) => compareStrings({ ...merged, args: [a, b] }, scope).equal,
    };
  }
  if (kinds.size === 1 && kinds.has("integer")) {
    const values = args.map((argument) => toInteger(argument, scope));
    return {
      values,
      equal: (a, b) =>
        `BigInt.asIntN(64, BigInt(${a.source})) === BigInt.asIntN(64, BigInt(${b.source}))`,
    };
  }
  if (!kinds.has("string") && !kinds.has("double")) {
    const values = args.map((argument) => toDecimal(argument, scope));
    const unit = (value: Typed): string => `${10n ** BigInt((value.type as DecimalType).frac)}n`;
    return { values, equal: (a, b) => `${a.source} * ${unit(b)} === ${b.source} * ${unit(a)}` };
  }
  const values = args.map((argument) => toDouble(argument, scope));
  return { values, equal: (a, b) => `${a.source} === ${b.source}` };
}

function isString({ type }: Typed): boolean {
  return ["text", "bytes", "enum", "set", "null"].includes(type.kind);
}

function kindOf({ type }: Typed): "integer" | "decimal" | "double" | "string" {
  switch (type.kind) {
    case "integer":
    case "decimal":
    case "double":
      return type.kind;
    default:
      return "string";
  }
}

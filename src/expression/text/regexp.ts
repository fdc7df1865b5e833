import { applyTest } from "../apply.ts";
import type { Call, FunctionTable } from "../functions.ts";
import { smallInteger, type TextType } from "../sql-type.ts";
import type { Typed } from "../typed.ts";
import { toStringValue } from "./convert.ts";
import { countCharacters } from "./encoding.ts";
import { mergedTextType, mergeStrings } from "./merge.ts";
import { RegexpRefusal } from "./regexp-literal.ts";
import { translatePattern } from "./regexp-pattern.ts";
import { parseReplacement, type Replacement } from "./regexp-replacement.ts";
import { applyBound, MAX_CHARACTERS, maxLength, withinPacket } from "./strings.ts";

/** MySQL cuts the fraction of such a text in some places where a number is wanted. */
function noNumber(text: Typed, { name }: Call): Typed {
  return { ...text, notNumber: `what ${name} gives, as a number` };
}

/** Regular expressions: those patterns that mean in JavaScript what they mean in ICU, which MySQL uses; the others are refused. */
export const REGEXP_FUNCTIONS: FunctionTable = {
  regexp: { arity: [2, 2], compile: compileLike },
  regexp_like: { arity: [2, 3], compile: compileLike },
  regexp_instr: {
    arity: [2, 6],
    compile(args, call) {
      const { text, expression } = prepare(args, 5, call);
      const occurrence = literalNumber(args[3], 1, call);
      const givesEnd = literalNumber(args[4], 0, call) === 1;
      const run = (subject: string): number => {
        const found = nthMatch(expression, subject, occurrence);
        if (found === undefined) return 0;
        return (
          countCharacters(subject.slice(0, found.index + (givesEnd ? found[0].length : 0))) + 1
        );
      };
      return applyBound([text], call, { type: { ...smallInteger(10), isOfText: true } }, run);
    },
  },
  regexp_substr: {
    arity: [2, 5],
    compile(args, call) {
      const { text, type, expression } = prepare(args, 4, call);
      const occurrence = literalNumber(args[3], 1, call);
      const run = (subject: string): string | null =>
        nthMatch(expression, subject, occurrence)?.[0] ?? null;
      return noNumber(applyBound([text], call, { type, mayBeNull: true }, run), call);
    },
  },
  regexp_replace: {
    arity: [3, 6],
    compile(args, call) {
      const [subject, pattern, replacement, ...options] = args;
      const prepared = prepare([subject!, pattern!, ...options], 4, call, replacement);
      const { text, type, expression } = prepared;
      const occurrence = literalNumber(options[1], 0, call);
      const parts = replacementParts(replacement!, prepared, call);
      const run = (subjectText: string): string | null =>
        withinPacket(replaceMatches(expression, subjectText, { parts, occurrence }));
      const long = { ...type, maxCharacters: MAX_CHARACTERS };
      return noNumber(applyBound([text], call, { type: long, mayBeNull: true }, run), call);
    },
  },
};

interface Prepared {
  readonly text: Typed;
  readonly type: TextType;
  /** With the flag `g`. */
  readonly expression: RegExp;
  readonly groups: number;
  readonly repeatsGroups: boolean;
}

function compileLike(args: readonly Typed[], call: Call): Typed {
  const { text, expression } = prepare(args, 2, call);
  const plain = new RegExp(expression.source, expression.flags.replace("g", ""));
  const name = call.scope.bind(plain);
  return applyTest([text], call, (subject) => `${name}.test(${subject})`);
}

/** Text and pattern in one collation, by which case counts or not; `[2]` of the others is where to begin, and `[flagsAt]` the match type. */
function prepare(
  args: readonly Typed[],
  flagsAt: number,
  call: Call,
  replacement?: Typed,
): Prepared {
  const { scope } = call;
  const [subject, pattern] = args;
  const strings = [subject!, pattern!, ...(replacement === undefined ? [] : [replacement])];
  const isOfNull = strings.some((string) => {
    const { type } = toStringValue(string, scope);
    return (type.kind === "text" || type.kind === "bytes") && type.coercibility === 6;
  });
  const merged = mergeStrings(strings, call, "comparison");
  if (merged.kind === "bytes" || merged.collation === null || isOfNull) {
    return scope.refuse(
      call.at,
      "a regular expression needs text whose collation is known; write CAST(… AS CHAR)",
    );
  }
  if (flagsAt > 2 && literalNumber(args[2], 1, call) !== 1) {
    scope.refuse(args[2]!.at, "a search that begins within the text; write SUBSTRING");
  }
  const written = merged.args[1]?.constant?.value;
  if (typeof written !== "string") {
    return scope.refuse(pattern!.at, "a pattern must be a literal");
  }
  const ignoresCase = ignoresCaseOf(merged.collation.name, args[flagsAt], call);
  const text = merged.args[0]!;
  const own = subject!.type.kind === "text" ? subject!.type.collation : null;
  if (flagsAt === 4 && own !== null && own.name !== merged.collation.name) {
    scope.refuse(pattern!.at, "a pattern that holds its collation against that of the text");
  }
  const type = mergedTextType({ ...merged, args: [text] }, maxLength(text));
  try {
    if (written === "") throw new RegexpRefusal("nothing in it");
    const { source, groups, repeatsGroups } = translatePattern(written, ignoresCase);
    const expression = new RegExp(source, ignoresCase ? "giu" : "gu");
    return { text, type, expression, groups, repeatsGroups };
  } catch (error) {
    if (!(error instanceof RegexpRefusal)) throw error;
    return scope.refuse(pattern!.at, `a regular expression with ${error.message}`);
  }
}

function ignoresCaseOf(collation: string, flags: Typed | undefined, { scope }: Call): boolean {
  const byCollation = !/_(?:cs|bin)$/.test(collation);
  if (flags === undefined) return byCollation;
  const { value } = flags.constant ?? {};
  if (typeof value !== "string" || !/^[ci]*$/.test(value)) {
    return scope.refuse(flags.at, "a match type other than 'c' and 'i'");
  }
  return value === "" ? byCollation : value.endsWith("i");
}

function literalNumber(value: Typed | undefined, otherwise: number, { scope }: Call): number {
  if (value === undefined) return otherwise;
  const number = value.constant?.value;
  if (value.type.kind !== "integer" || typeof number !== "number" || number < 0) {
    return scope.refuse(value.at, "it must be a literal number");
  }
  return number;
}

function replacementParts(
  value: Typed,
  { groups, repeatsGroups }: Prepared,
  { scope }: Call,
): Replacement {
  const text = value.constant?.value;
  if (typeof text !== "string")
    return scope.refuse(value.at, "what replaces a match must be a literal");
  const parts = parseReplacement(text, groups);
  if (parts === null)
    return scope.refuse(value.at, "a $ in what replaces a match, without the number of a group");
  if (repeatsGroups && parts.some((part) => typeof part === "number" && part > 0)) {
    scope.refuse(value.at, "the content of a group that is repeated");
  }
  return parts;
}

function nthMatch(
  expression: RegExp,
  text: string,
  occurrence: number,
): RegExpExecArray | undefined {
  let left = Math.max(1, occurrence);
  for (const found of text.matchAll(expression)) if (--left === 0) return found;
  return undefined;
}

function replaceMatches(
  expression: RegExp,
  text: string,
  { parts, occurrence }: { readonly parts: Replacement; readonly occurrence: number },
): string {
  // not even what matches nothing is replaced there
  if (text === "") return "";
  let replaced = "";
  let end = 0;
  let number = 0;
  for (const found of text.matchAll(expression)) {
    number++;
    if (occurrence > 0 && number !== occurrence) continue;
    replaced += text.slice(end, found.index);
    for (const part of parts) replaced += typeof part === "string" ? part : (found[part] ?? "");
    end = found.index + found[0].length;
  }
  return replaced + text.slice(end);
}

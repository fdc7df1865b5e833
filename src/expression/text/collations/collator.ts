import type { CharacterWeights } from "./weights.ts";

/** Compares strings as one of MySQL's collations does. */
export interface Collator {
  /** Below 0, 0 or above 0; trailing spaces as the collation has it (PAD SPACE or NO PAD). */
  readonly compare: (a: string, b: string) => number;
  /** Is `compare` 0? */
  readonly equal: (a: string, b: string) => boolean;
  /** Equality without padding: what LOCATE and FIND_IN_SET compare by. */
  readonly isSame: (a: string, b: string) => boolean;
  /** Number of the first character, not before number `from`, at which the text goes on with the weights of `part`; -1 = none. An empty part is everywhere. */
  readonly find: (text: string, part: string, from: number) => number;
  /** Two characters (code points) as LIKE compares them. */
  readonly matches: (a: number, b: number) => boolean;
}

const ASCII = 0x80;
const SPACE = 0x20;

/**
 * By weights: level by level, the first weight that differs decides. None of these collations has contractions, so what two strings have in common at their beginning
 * counts for nothing and ASCII needs no more than a table.
 */
export function weightCollator(
  weights: CharacterWeights,
  { levels, isPadded, isAlgorithm }: WeightOptions,
): Collator {
  const tables = Array.from({ length: levels }, (_, level) => asciiTable(weights, level));
  const pad = isPadded ? (weights.weightsOf(SPACE, 0)[0] ?? 0) : -1;

  const compareBy = (a: string, b: string, padding: number): number => {
    if (a === b) return 0;
    const start = commonStart(a, b);
    for (let level = 0; level < levels; level++) {
      const table = tables[level];
      const ascii = table === undefined ? undefined : compareAscii(a, b, { start, table, padding });
      const order =
        ascii ??
        compareWeights(
          weightsOf(weights, a, start, level),
          weightsOf(weights, b, start, level),
          padding,
        );
      if (order !== 0) return order;
    }
    return 0;
  };
  return {
    compare: (a, b) => compareBy(a, b, pad),
    equal: (a, b) => compareBy(a, b, pad) === 0,
    isSame: (a, b) => compareBy(a, b, -1) === 0,
    find: (text, part, from) => findWeights(weights, text, part, { from, levels }),
    matches(a, b) {
      if (a === b) return true;
      if (isAlgorithm && (weights.isImplicit(a) || weights.isImplicit(b))) return false;
      for (let level = 0; level < levels; level++) {
        const order = compareWeights(weights.weightsOf(a, level), weights.weightsOf(b, level), -1);
        if (order !== 0) return false;
      }
      return true;
    },
  };
}

/** How strings are compared by weights. */
export interface WeightOptions {
  readonly levels: number;
  readonly isPadded: boolean;
  /** By the Unicode Collation Algorithm: there LIKE takes characters with implicit weights for different. */
  readonly isAlgorithm: boolean;
}

/** By code points, which is the order of UTF-8's bytes; with `isPadded` the shorter one continues with spaces. */
export function codePointCollator(isPadded: boolean): Collator {
  return {
    compare: (a, b) => compareCodePoints(a, b, isPadded),
    equal: isPadded ? (a, b) => compareCodePoints(a, b, true) === 0 : (a, b) => a === b,
    isSame: (a, b) => a === b,
    find: findExactly,
    matches: (a, b) => a === b,
  };
}

/** The weight of each ASCII character and 1, or 0 for those without one; undefined where one has several. */
function asciiTable(weights: CharacterWeights, level: number): Float64Array | undefined {
  const table = new Float64Array(ASCII);
  for (let character = 0; character < ASCII; character++) {
    const own = weights.weightsOf(character, level);
    if (own.length > 1) return undefined;
    table[character] = own[0] === undefined ? 0 : own[0] + 1;
  }
  return table;
}

interface AsciiComparison {
  readonly start: number;
  readonly table: Float64Array;
  /** Weight that the shorter string goes on with, -1 = none. */
  readonly padding: number;
}

/** The order of two ASCII strings on a level; undefined where one has another character. */
function compareAscii(
  a: string,
  b: string,
  { start, table, padding }: AsciiComparison,
): number | undefined {
  let i = start;
  let j = start;
  for (;;) {
    let left = -1;
    let right = -1;
    while (i < a.length) {
      const unit = a.charCodeAt(i++);
      if (unit >= ASCII) return undefined;
      left = table[unit] ?? 0;
      if (left > 0) break;
      left = -1;
    }
    while (j < b.length) {
      const unit = b.charCodeAt(j++);
      if (unit >= ASCII) return undefined;
      right = table[unit] ?? 0;
      if (right > 0) break;
      right = -1;
    }
    if (left < 0 && right < 0) return 0;
    if (left < 0) left = padding + 1;
    else if (right < 0) right = padding + 1;
    if (left !== right) return left - right;
  }
}

function weightsOf(
  weights: CharacterWeights,
  text: string,
  start: number,
  level: number,
): number[] {
  const all: number[] = [];
  for (let i = start; i < text.length; i++) {
    const point = text.codePointAt(i) ?? 0;
    if (point > 0xffff) i++;
    for (const weight of weights.weightsOf(point, level)) all.push(weight);
  }
  return all;
}

function compareWeights(a: readonly number[], b: readonly number[], padding: number): number {
  const length = Math.max(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a[i] ?? padding;
    const right = b[i] ?? padding;
    if (left !== right) return left - right;
  }
  return 0;
}

/** A text's weights on a level, and where those of each character begin. */
interface WeightMap {
  readonly weights: number[];
  readonly starts: readonly number[];
}

function mapWeights(
  weights: CharacterWeights,
  characters: readonly string[],
  level: number,
): WeightMap {
  const all: number[] = [];
  const starts = characters.map((character) => {
    const start = all.length;
    all.push(...weights.weightsOf(character.codePointAt(0) ?? 0, level));
    return start;
  });
  return { weights: all, starts };
}

function findWeights(
  weights: CharacterWeights,
  text: string,
  part: string,
  { from, levels }: { readonly from: number; readonly levels: number },
): number {
  if (part === "") return from;
  const characters = Array.from(text);
  const all = Array.from({ length: levels }, (_, level) => ({
    text: mapWeights(weights, characters, level),
    part: weightsOf(weights, part, 0, level),
  }));
  for (let i = from; i < characters.length; i++) {
    const isHere = all.every((level) => {
      const start = level.text.starts[i] ?? 0;
      return level.part.every((weight, j) => level.text.weights[start + j] === weight);
    });
    if (isHere) return i;
  }
  return -1;
}

function findExactly(text: string, part: string, from: number): number {
  let unit = 0;
  for (let i = 0; i < from; i++) unit += isHighSurrogate(text.charCodeAt(unit)) ? 2 : 1;
  const found = text.indexOf(part, unit);
  if (found < 0) return -1;
  let number = from;
  for (let i = unit; i < found; i++) if (!isHighSurrogate(text.charCodeAt(i))) number++;
  return number;
}

/** How many units the strings have in common; a surrogate pair is not divided. */
function commonStart(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  let i = 0;
  while (i < length && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  return i > 0 && isHighSurrogate(a.charCodeAt(i - 1)) ? i - 1 : i;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}

function compareCodePoints(a: string, b: string, isPadded: boolean): number {
  const start = commonStart(a, b);
  if (start < a.length && start < b.length) {
    return (a.codePointAt(start) ?? 0) - (b.codePointAt(start) ?? 0);
  }
  if (!isPadded) return a.length - b.length;
  const sign = a.length > b.length ? 1 : -1;
  const longer = sign > 0 ? a : b;
  for (let i = start; i < longer.length; i++) {
    const unit = longer.charCodeAt(i);
    if (unit !== SPACE) return (unit - SPACE) * sign;
  }
  return 0;
}

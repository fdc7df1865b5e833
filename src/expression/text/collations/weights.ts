import { brotliDecompressSync } from "node:zlib";
import { Formula, formulaWeights } from "./formula.ts";

/** What a collation knows of characters, level by level (0 = the first). */
export interface CharacterWeights {
  readonly levels: number;
  /** The weights of a character; none = it counts for nothing on this level. */
  weightsOf(point: number, level: number): readonly number[];
  /** Are its weights by a formula of its code point? */
  isImplicit(point: number): boolean;
}

const PAGE_BITS = 8;
const PAGE_SIZE = 1 << PAGE_BITS;

/** Unpacks a table that `scripts/record-collations.ts` packed. */
export function unpackWeights(base64: string): CharacterWeights {
  const read = reader(base64);
  const levels = read();
  const shapes = Array.from({ length: read() }, () => Array.from({ length: levels }, read));
  const runs = Array.from({ length: read() }, () => [read(), read()] as const);
  const starts: number[] = [];
  const pages: Uint32Array[] = [];
  let point = 0;
  let explicit = 0;
  for (const [length, formula] of runs) {
    starts.push(point);
    if (formula === Formula.explicit) {
      for (let i = point; i < point + length; i++) {
        explicit++;
        const page = (pages[i >> PAGE_BITS] ??= new Uint32Array(PAGE_SIZE));
        page[i & (PAGE_SIZE - 1)] = explicit;
      }
    }
    point += length;
  }
  const shapeOf = Uint8Array.from({ length: explicit }, read);
  const byLevel = Array.from({ length: levels }, (_, level) => {
    let weight = 0;
    return Array.from(shapeOf, (shape) =>
      Array.from({ length: shapes[shape]?.[level] ?? 0 }, () => (weight += unzigzag(read()))),
    );
  });
  const number = (character: number): number =>
    pages[character >> PAGE_BITS]?.[character & (PAGE_SIZE - 1)] ?? 0;
  const explicitWeights = (character: number, level: number): readonly number[] =>
    byLevel[level]?.[number(character) - 1] ?? [];
  return {
    levels,
    isImplicit: (character) => number(character) === 0,
    weightsOf(character, level) {
      if (number(character) !== 0) return explicitWeights(character, level);
      const formula = runs[runOf(starts, character)]?.[1] ?? Formula.substitute;
      return formulaWeights(formula, character, level, explicitWeights) ?? [];
    },
  };
}

/** Unpacks a table of upper or lower case: the characters that have another. */
export function unpackCases(base64: string): ReadonlyMap<number, number> {
  const read = reader(base64);
  const cases = new Map<number, number>();
  const count = read();
  let point = 0;
  for (let i = 0; i < count; i++) {
    point += read();
    cases.set(point, point + unzigzag(read()));
  }
  return cases;
}

function reader(base64: string): () => number {
  const bytes = brotliDecompressSync(Buffer.from(base64, "base64"));
  let at = 0;
  return () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
}

function unzigzag(value: number): number {
  return value & 1 ? -(value + 1) / 2 : value / 2;
}

/** Index of the last start that is not behind the character. */
function runOf(starts: readonly number[], character: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= character) low = middle;
    else high = middle - 1;
  }
  return low;
}

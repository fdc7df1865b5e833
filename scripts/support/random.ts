/** Random choices that a seed repeats. */
export interface Random {
  /** From 0 to 1, without 1. */
  next(): number;
  /** A whole number from `least` to `most`, both included. */
  integer(least: number, most: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** One of the items. Throws when there is none. */
  pick<T>(items: readonly T[]): T;
  /** One of the items, each as often as its weight says. */
  pickWeighted<T>(items: readonly { readonly weight: number; readonly item: T }[]): T;
  bytes(length: number): Buffer;
}

/** Random choices for a seed and a purpose; those of different purposes do not depend on one another. (Generator: sfc32.) */
export function createRandom(seed: number, purpose: string): Random {
  let [a, b, c, counter] = [hash(`${purpose}/a`), hash(`${purpose}/b`), seed | 0, 1];
  const bits = (): number => {
    const sum = (a + b + counter++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 16; i++) bits();
  const next = (): number => bits() / 2 ** 32;
  const integer = (least: number, most: number): number =>
    least + Math.floor(next() * (most - least + 1));
  return {
    next,
    integer,
    chance: (probability) => next() < probability,
    pick: (items) => {
      if (items.length === 0) throw new RangeError("nothing to pick from");
      return items[integer(0, items.length - 1)]!;
    },
    pickWeighted: (items) => {
      let rest = next() * items.reduce((sum, { weight }) => sum + weight, 0);
      for (const { weight, item } of items) {
        rest -= weight;
        if (rest < 0) return item;
      }
      return items.at(-1)!.item;
    },
    bytes: (length) => Buffer.from(Array.from({ length }, () => integer(0, 255))),
  };
}

/** FNV-1a of a text, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x01000193);
  return value;
}

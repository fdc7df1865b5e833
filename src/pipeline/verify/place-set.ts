/** A set of 64-bit hashes of documents' places, 16 bytes for each at most twice: what rows have documents there. */

/** Hashes that a set holds before it begins to leave some out: 64 MiB of memory, for a moment half as much more. */
export const MAX_PLACES = 4 * 1024 * 1024;
const INITIAL_CAPACITY = 1024;

/**
 * Hashes of places (index, id, routing) in typed arrays. One that would grow beyond its bound keeps only the hashes of one of 2, 4, 8… parts of all hashes, `parts`; for the others the rows are
 * walked again.
 */
export class PlaceSet {
  readonly #most: number;
  #slots: Uint32Array;
  #mask: number;
  #size = 0;
  #parts: number;
  #part: number;

  constructor(
    options: {
      readonly parts?: number;
      readonly part?: number;
      readonly most?: number | undefined;
    } = {},
  ) {
    this.#parts = options.parts ?? 1;
    this.#part = options.part ?? 0;
    this.#most = options.most ?? MAX_PLACES;
    this.#slots = new Uint32Array(2 * INITIAL_CAPACITY);
    this.#mask = INITIAL_CAPACITY - 1;
  }

  /** How many different places of its part were added. */
  get size(): number {
    return this.#size;
  }

  /** It holds only those of one of so many parts. */
  get parts(): number {
    return this.#parts;
  }

  /** Adds a place. */
  add(place: PlaceHash): void {
    if (!this.covers(place)) return;
    if (!this.#put(this.#slots, place)) return;
    this.#size += 1;
    while (this.#size > this.#most) this.#halve();
    if (2 * this.#size > this.#mask) this.#rebuild(2 * (this.#mask + 1));
  }

  /** Was the place added? Only where {@link covers} is true of it. */
  has({ high, low }: PlaceHash): boolean {
    const slots = this.#slots;
    for (let at = low & this.#mask; ; at = (at + 1) & this.#mask) {
      if (slots[2 * at] === 0 && slots[2 * at + 1] === 0) return false;
      if (slots[2 * at] === high && slots[2 * at + 1] === low) return true;
    }
  }

  /** Does the place belong to the part that the set holds? */
  covers({ high }: PlaceHash): boolean {
    return (high & (this.#parts - 1)) === this.#part;
  }

  #put(slots: Uint32Array, { high, low }: PlaceHash): boolean {
    const mask = slots.length / 2 - 1;
    for (let at = low & mask; ; at = (at + 1) & mask) {
      if (slots[2 * at] === 0 && slots[2 * at + 1] === 0) {
        slots[2 * at] = high;
        slots[2 * at + 1] = low;
        return true;
      }
      if (slots[2 * at] === high && slots[2 * at + 1] === low) return false;
    }
  }

  /** Twice as many parts, of which it keeps the first. */
  #halve(): void {
    this.#parts *= 2;
    this.#rebuild(this.#mask + 1);
  }

  #rebuild(capacity: number): void {
    const slots = new Uint32Array(2 * capacity);
    let size = 0;
    for (let at = 0; at <= this.#mask; at++) {
      const place = { high: this.#slots[2 * at]!, low: this.#slots[2 * at + 1]! };
      if (place.high === 0 && place.low === 0) continue;
      if (this.covers(place) && this.#put(slots, place)) size += 1;
    }
    this.#slots = slots;
    this.#mask = capacity - 1;
    this.#size = size;
  }
}

/** 64 bits that stand for a place, never all zero. */
export interface PlaceHash {
  readonly high: number;
  readonly low: number;
}

const PRIME = 0x01000193;
const SEPARATOR = 0xff;

/** The hash of a place: of the texts' UTF-8, as two FNV-1a of different seeds whose bits are mixed (MurmurHash3's finaliser). */
export function hashPlace(index: Uint8Array, id: Uint8Array, routing: Uint8Array): PlaceHash {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (const part of [index, id, routing]) {
    for (let i = 0; i < part.length; i++) {
      const byte = part[i]!;
      a = Math.imul(a ^ byte, PRIME);
      b = Math.imul((b ^ byte) + ((a >>> 15) | 0), 0x85ebca6b);
    }
    a = Math.imul(a ^ SEPARATOR, PRIME);
    b = Math.imul(b ^ SEPARATOR, 0x85ebca6b);
  }
  const [high, low] = [mix(a), mix(b)];
  return high === 0 && low === 0 ? { high: 0, low: 1 } : { high, low };
}

function mix(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

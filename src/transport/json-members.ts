import { Ascii, parseString, RecordFault, skipName, skipSpace, skipValue } from "./json-scanner.ts";

/** Where the values of an object's members lie, for the names that were asked for; others are only checked. Reused from one object to the next. */
export interface JsonMembers<Name extends string> {
  /**
   * Reads the object at `p` whole and returns the place behind it. Throws a RecordFault when it is none. Of a name that occurs twice the last counts, as in
   * every reader of JSON.
   */
  read(b: Buffer, p: number, end: number, first?: FirstRead<Name>): number;
  /** Where the value begins; -1 when the object has no such member, or the value is null. */
  start(name: Name): number;
  /** The place behind the value. */
  end(name: Name): number;
  /** Is there such a member, be it null? */
  has(name: Name): boolean;
  /** Members with other names. */
  readonly others: number;
  /** All members. */
  readonly count: number;
}

/** How the values of some members are read. */
export interface JsonMembersOptions<Name extends string> {
  /** Objects and arrays that mostly have the same bytes in one record after the other: then they are compared with the last one instead of being scanned. */
  readonly repeated?: readonly Name[];
}

/** A member that is read when it is met. */
export interface FirstRead<Name extends string> {
  readonly name: Name;
  readonly read: ReadMember;
}

/** Reads a member's value at once, in place of it being skipped; returns the place behind it, or -1 to have it skipped. */
export type ReadMember = (b: Buffer, p: number, end: number) => number;

/** Longer values are scanned each time. */
const MAX_REPEATED_BYTES = 256 * 1024;

const ABSENT = -2;
const NULL = -1;

/** A reader of objects for these names, which are ASCII. */
export function createJsonMembers<Name extends string>(
  names: readonly Name[],
  options: JsonMembersOptions<Name> = {},
): JsonMembers<Name> {
  return new MemberReader(names, options);
}

interface Repeated {
  bytes: Buffer;
  length: number;
}

class MemberReader<Name extends string> implements JsonMembers<Name> {
  others = 0;
  count = 0;
  readonly #slots: ReadonlyMap<string, number>;
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  /** Names by their length, so that most are told apart without being looked at. */
  readonly #byLength: readonly { readonly bytes: Buffer; readonly slot: number }[][];

  /** By slot, the last value of a repeated member. */
  readonly #repeated: (Repeated | undefined)[] = [];

  constructor(names: readonly Name[], { repeated = [] }: JsonMembersOptions<Name>) {
    this.#slots = new Map(names.map((name, slot) => [name, slot]));
    for (const name of repeated)
      this.#repeated[names.indexOf(name)] = { bytes: Buffer.allocUnsafeSlow(1024), length: 0 };
    this.#starts = new Int32Array(names.length);
    this.#ends = new Int32Array(names.length);
    const byLength: { bytes: Buffer; slot: number }[][] = [];
    for (const [slot, name] of names.entries())
      (byLength[name.length] ??= []).push({ bytes: Buffer.from(name, "latin1"), slot });
    this.#byLength = byLength;
  }

  read(b: Buffer, p: number, end: number, first?: FirstRead<Name>): number {
    const readAt = first === undefined ? ABSENT : this.#slots.get(first.name)!;
    this.#starts.fill(ABSENT);
    this.others = 0;
    this.count = 0;
    if (p >= end || b[p] !== Ascii.OPEN_OBJECT) throw new RecordFault("no JSON object", p);
    let q = skipSpace(b, p + 1, end);
    if (q < end && b[q] === Ascii.CLOSE_OBJECT) return q + 1;
    for (;;) {
      const name = q;
      q = skipName(b, q, end);
      const slot = this.#slotOf(b, name, q);
      this.count += 1;
      const value = q;
      q = slot === readAt ? first!.read(b, value, end) : -1;
      if (q < 0) q = this.#behindValue(b, value, end, slot);
      if (slot >= 0) {
        this.#starts[slot] = b[value] === Ascii.LETTER_N ? NULL : value;
        this.#ends[slot] = q;
      } else {
        this.others += 1;
      }
      q = skipSpace(b, q, end);
      const byte = q < end ? b[q] : -1;
      if (byte === Ascii.CLOSE_OBJECT) return q + 1;
      if (byte !== Ascii.COMMA) throw new RecordFault("no comma and no end of the object", q);
      q = skipSpace(b, q + 1, end);
    }
  }

  start(name: Name): number {
    const start = this.#starts[this.#slots.get(name)!]!;
    return start < 0 ? -1 : start;
  }

  end(name: Name): number {
    return this.#ends[this.#slots.get(name)!]!;
  }

  has(name: Name): boolean {
    return this.#starts[this.#slots.get(name)!]! !== ABSENT;
  }

  #behindValue(b: Buffer, p: number, end: number, slot: number): number {
    const last = slot < 0 ? undefined : this.#repeated[slot];
    if (last === undefined) return skipValue(b, p, end);
    const same = p + last.length;
    if (last.length > 0 && same <= end && b.compare(last.bytes, 0, last.length, p, same) === 0)
      return same;
    const behind = skipValue(b, p, end);
    const length = behind - p;
    const isContainer = b[p] === Ascii.OPEN_OBJECT || b[p] === Ascii.OPEN_ARRAY;
    last.length = isContainer && length <= MAX_REPEATED_BYTES ? length : 0;
    if (last.length > last.bytes.length) last.bytes = Buffer.allocUnsafeSlow(2 * length);
    b.copy(last.bytes, 0, p, p + last.length);
    return behind;
  }

  /** The slot of the name whose opening quote is at `p`, -1 when nobody asked for it. The value begins at `value`. */
  #slotOf(b: Buffer, p: number, value: number): number {
    // the name is valid: its closing quote is the last before the colon
    let close = value - 1;
    while (b[close] !== Ascii.QUOTE) close--;
    const length = close - p - 1;
    for (const { bytes, slot } of this.#byLength[length] ?? []) {
      let i = 0;
      while (i < length && b[p + 1 + i] === bytes[i]) i++;
      if (i === length) return slot;
    }
    if (!hasEscape(b, p, close)) return -1;
    return this.#slots.get(parseString(b, p, close + 1)) ?? -1;
  }
}

function hasEscape(b: Buffer, p: number, end: number): boolean {
  while (p < end) if (b[p++] === Ascii.BACKSLASH) return true;
  return false;
}

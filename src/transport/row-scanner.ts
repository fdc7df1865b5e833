import { Ascii, parseString, RecordFault, skipName, skipSpace, skipValue } from "./json-scanner.ts";

/** In place of where a value begins: the row has no such column. */
export const MISSING = -2;
/** In place of where a value begins: NULL. */
export const NULL = -1;

/** How many columns ahead a name that is not the next one is looked for, before it is read as a text. */
const LOOK_AHEAD = 8;

/**
 * Finds the columns of rows that are JSON objects. A name is expected to be that of the next column and then only compared; any other order is found too, more
 * slowly. Of a column that occurs twice the last counts.
 */
export class RowScanner {
  /** Names of members, of all rows so far, that are no columns. */
  readonly unknown = new Set<string>();
  readonly #indices: ReadonlyMap<string, number>;
  /** Name and colon, `"id":`, one after another. */
  readonly #names: Buffer;
  readonly #offsets: Int32Array;

  constructor(names: readonly string[]) {
    this.#indices = new Map(names.map((name, index) => [name, index]));
    const texts = names.map((name) => Buffer.from(`${JSON.stringify(name)}:`));
    this.#names = Buffer.concat(texts);
    this.#offsets = new Int32Array(names.length + 1);
    for (const [i, text] of texts.entries()) this.#offsets[i + 1] = this.#offsets[i]! + text.length;
  }

  /** How many columns there are. */
  get columns(): number {
    return this.#offsets.length - 1;
  }

  /**
   * Scans the object at `p` and returns the place behind it. For column `i` the value's start and end go into `spans[at + 2 * i]` and the next; a start may be
   * {@link NULL}. Columns that the object lacks are left as they are: fill with {@link MISSING} before. Throws a RecordFault.
   */
  scan(b: Buffer, p: number, end: number, spans: Int32Array, at: number): number {
    if (p >= end || b[p] !== Ascii.OPEN_OBJECT)
      throw new RecordFault("no row, which is an object,", p);
    let q = skipSpace(b, p + 1, end);
    if (q < end && b[q] === Ascii.CLOSE_OBJECT) return q + 1;
    for (let expected = 0; ;) {
      let index = expected;
      let value = this.#behindName(b, q, end, index);
      if (value < 0) {
        index = this.#find(b, q, end, expected);
        value = skipName(b, q, end);
      } else if (value < end && b[value]! <= 0x20) {
        value = skipSpace(b, value, end);
      }
      q = skipValue(b, value, end);
      if (index >= 0) {
        const slot = at + 2 * index;
        spans[slot] = b[value] === Ascii.LETTER_N ? NULL : value;
        spans[slot + 1] = q;
        expected = index + 1;
      }
      if (q < end && b[q] !== Ascii.COMMA) q = skipSpace(b, q, end);
      const byte = q < end ? b[q] : -1;
      if (byte === Ascii.CLOSE_OBJECT) return q + 1;
      if (byte !== Ascii.COMMA) throw new RecordFault("no comma and no end of the row", q);
      q++;
      if (q < end && b[q] !== Ascii.QUOTE) q = skipSpace(b, q, end);
    }
  }

  /** The place behind name and colon of column `index`, when they are at `p`; else -1. */
  #behindName(b: Buffer, p: number, end: number, index: number): number {
    if (index >= this.columns) return -1;
    const from = this.#offsets[index]!;
    const length = this.#offsets[index + 1]! - from;
    if (p + length > end) return -1;
    for (let i = 0; i < length; i++) if (b[p + i] !== this.#names[from + i]) return -1;
    return p + length;
  }

  /** The column whose name is at `p`, -1 when there is none. */
  #find(b: Buffer, p: number, end: number, expected: number): number {
    const last = Math.min(expected + LOOK_AHEAD, this.columns - 1);
    for (let index = expected + 1; index <= last; index++)
      if (this.#behindName(b, p, end, index) >= 0) return index;
    const value = skipName(b, p, end);
    let close = value - 1;
    while (b[close] !== Ascii.QUOTE) close--;
    const name = parseString(b, p, close + 1);
    const index = this.#indices.get(name);
    if (index === undefined) this.unknown.add(name);
    return index ?? -1;
  }
}

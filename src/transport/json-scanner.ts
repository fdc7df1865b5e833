/**
 * Finds the values of JSON texts in their bytes without making anything of them (RFC 8259). Values keep their source text, so integers of 64 bits and decimals
 * stay exact, and nothing is allocated. The bytes are known to be UTF-8.
 *
 * Every function takes a place `p` and the `end` of the text, never reads at or behind `end`, and throws a {@link RecordFault} that names the place where the
 * text is no JSON.
 */

/** A record is not what it should be. Never leaves this folder. */
export class RecordFault extends Error {
  /** Where in the bytes; undefined where no place is to blame. */
  readonly place: number | undefined;

  constructor(detail: string, place?: number) {
    super(detail);
    this.name = "RecordFault";
    this.place = place;
  }

  /** What is wrong, and at which byte of the value in `[start, end)`. */
  describe(start: number, end: number): string {
    const { place } = this;
    const isInside = place !== undefined && place >= start && place <= end;
    return isInside ? `${this.message} at byte ${place - start}` : this.message;
  }
}

/** Deeper nesting is refused: MySQL's JSON ends at 100. */
const MAX_DEPTH = 200;

/** Bytes with a meaning in JSON. */
export const Ascii = {
  QUOTE: 0x22,
  COMMA: 0x2c,
  MINUS: 0x2d,
  POINT: 0x2e,
  ZERO: 0x30,
  NINE: 0x39,
  COLON: 0x3a,
  OPEN_ARRAY: 0x5b,
  BACKSLASH: 0x5c,
  CLOSE_ARRAY: 0x5d,
  LETTER_F: 0x66,
  LETTER_N: 0x6e,
  LETTER_T: 0x74,
  LETTER_U: 0x75,
  OPEN_OBJECT: 0x7b,
  CLOSE_OBJECT: 0x7d,
} as const;

/** 1 for the bytes at which the run of a string's plain characters ends. */
const ENDS_RUN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 0x20 || byte === Ascii.QUOTE || byte === Ascii.BACKSLASH ? 1 : 0,
);
/** 1 for white space. */
const IS_SPACE = new Uint8Array(256);
for (const byte of [0x20, 0x09, 0x0a, 0x0d]) IS_SPACE[byte] = 1;
/** 1 for what may follow a backslash, but for `u`. */
const IS_SHORT_ESCAPE = new Uint8Array(256);
for (const byte of Buffer.from('"\\/bfnrt')) IS_SHORT_ESCAPE[byte] = 1;

const LITERALS = {
  true: Buffer.from("true"),
  false: Buffer.from("false"),
  null: Buffer.from("null"),
};

/** The place of the next byte that is no white space, `end` when there is none. */
export function skipSpace(b: Buffer, p: number, end: number): number {
  while (p < end && IS_SPACE[b[p]!] === 1) p++;
  return p;
}

/** The place behind the string whose opening quote is at `p`. */
export function skipString(b: Buffer, p: number, end: number): number {
  for (let q = p + 1; ; q++) {
    while (q < end && ENDS_RUN[b[q]!] === 0) q++;
    if (q >= end) throw new RecordFault("a string without end", p);
    const byte = b[q]!;
    if (byte === Ascii.QUOTE) return q + 1;
    if (byte !== Ascii.BACKSLASH) throw new RecordFault("a control character in a string", q);
    q++;
    if (q >= end) throw new RecordFault("a string without end", p);
    if (b[q] === Ascii.LETTER_U) {
      if (q + 4 >= end || hexQuad(b, q + 1) < 0)
        throw new RecordFault("a broken \\u escape", q - 1);
      q += 4;
    } else if (IS_SHORT_ESCAPE[b[q]!] === 0) {
      throw new RecordFault("an unknown escape", q - 1);
    }
  }
}

/** The number that four hexadecimal digits at `p` are, -1 when they are none. */
export function hexQuad(b: Buffer, p: number): number {
  let value = 0;
  for (let i = p; i < p + 4; i++) {
    const byte = b[i]!;
    const letter = byte | 0x20;
    if (byte >= Ascii.ZERO && byte <= Ascii.NINE) value = value * 16 + byte - Ascii.ZERO;
    else if (letter >= 0x61 && letter <= 0x66) value = value * 16 + letter - 0x57;
    else return -1;
  }
  return value;
}

/** The place behind the number at `p`. */
export function skipNumber(b: Buffer, p: number, end: number): number {
  let q = p;
  if (b[q] === Ascii.MINUS) q++;
  const integer = q;
  q = skipDigits(b, q, end);
  const isWrong = q === integer || (b[integer] === Ascii.ZERO && q > integer + 1);
  if (isWrong) throw new RecordFault("no JSON value", p);
  if (q < end && b[q] === Ascii.POINT) {
    const fraction = q + 1;
    q = skipDigits(b, fraction, end);
    if (q === fraction) throw new RecordFault("a number without digits behind its point", p);
  }
  if (q < end && (b[q]! | 0x20) === 0x65) {
    q++;
    if (q < end && (b[q] === 0x2b || b[q] === Ascii.MINUS)) q++;
    const exponent = q;
    q = skipDigits(b, exponent, end);
    if (q === exponent) throw new RecordFault("a number without digits in its exponent", p);
  }
  return q;
}

function skipDigits(b: Buffer, p: number, end: number): number {
  while (p < end && b[p]! >= Ascii.ZERO && b[p]! <= Ascii.NINE) p++;
  return p;
}

/** The place behind the value at `p`, which is no white space. */
export function skipValue(b: Buffer, p: number, end: number, depth: number = 0): number {
  switch (p < end ? b[p] : -1) {
    case -1:
      throw new RecordFault("the text ends where a value should be", p);
    case Ascii.QUOTE:
      return skipString(b, p, end);
    case Ascii.OPEN_OBJECT:
    case Ascii.OPEN_ARRAY:
      return skipContainer(b, p, end, depth + 1);
    case Ascii.LETTER_N:
      return skipLiteral(LITERALS.null, b, p, end);
    case Ascii.LETTER_T:
      return skipLiteral(LITERALS.true, b, p, end);
    case Ascii.LETTER_F:
      return skipLiteral(LITERALS.false, b, p, end);
    default:
      return skipNumber(b, p, end);
  }
}

function skipLiteral(literal: Buffer, b: Buffer, p: number, end: number): number {
  for (let i = 0; i < literal.length; i++)
    if (p + i >= end || b[p + i] !== literal[i]) throw new RecordFault("no JSON value", p);
  return p + literal.length;
}

function skipContainer(b: Buffer, p: number, end: number, depth: number): number {
  if (depth > MAX_DEPTH) throw new RecordFault(`more than ${MAX_DEPTH} levels of nesting`, p);
  const isObject = b[p] === Ascii.OPEN_OBJECT;
  const close = isObject ? Ascii.CLOSE_OBJECT : Ascii.CLOSE_ARRAY;
  let q = skipSpace(b, p + 1, end);
  if (q < end && b[q] === close) return q + 1;
  for (;;) {
    if (isObject) q = skipName(b, q, end);
    q = skipSpace(b, skipValue(b, q, end, depth), end);
    const byte = q < end ? b[q] : -1;
    if (byte === close) return q + 1;
    if (byte !== Ascii.COMMA) throw new RecordFault("no comma and no end of an object or array", q);
    q = skipSpace(b, q + 1, end);
  }
}

/** The place of the value behind the name at `p` and its colon. */
export function skipName(b: Buffer, p: number, end: number): number {
  if (p >= end || b[p] !== Ascii.QUOTE) throw new RecordFault("no name of a member", p);
  const q = skipSpace(b, skipString(b, p, end), end);
  if (q >= end || b[q] !== Ascii.COLON) throw new RecordFault("no colon", q);
  return skipSpace(b, q + 1, end);
}

/** The text of the JSON string, quotes included, in `b[p, end)`. */
export function parseString(b: Buffer, p: number, end: number): string {
  return String(JSON.parse(b.toString("utf8", p, end)));
}

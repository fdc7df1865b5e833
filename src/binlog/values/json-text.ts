/**
 * JSON text: what a SELECT gives for MySQL's JSON (`{"a": 1.0, "b": [1, 2]}`), and what MariaDB stores, which is what the user typed.
 */
import { isUtf8 } from "node:buffer";
import { writeUtf8 } from "./text.ts";

/**
 * Writes the JSON text in `b[p, p + length)` without the white space outside strings, nothing else changed, at `out[o…]` and returns the new `o`.
 * A text that is no JSON (MariaDB's JSON_VALID is a constraint that can be dropped) or is nested more than 200 deep becomes a JSON string.
 * Writes at most 6 × length + 2 bytes.
 */
export function writeJsonText(
  b: Buffer,
  p: number,
  length: number,
  out: Buffer,
  o: number,
): number {
  const copy = new JsonTextCopy(b, p, p + length, out, o);
  return copy.copyDocument() ? copy.o : writeUtf8(b, p, length, out, o);
}

/** The text that {@link writeJsonText} writes. */
export function compactJsonText(text: Buffer | string): string {
  const bytes = typeof text === "string" ? Buffer.from(text, "utf8") : text;
  const out = Buffer.allocUnsafe(6 * bytes.length + 2);
  return out.toString("utf8", 0, writeJsonText(bytes, 0, bytes.length, out, 0));
}

/** Deeper than MySQL's 100 and MariaDB's 32. */
const MAX_DEPTH = 200;

const TRUE = Buffer.from("true");
const FALSE = Buffer.from("false");
const NULL = Buffer.from("null");

const QUOTE = 0x22;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const BACKSLASH = 0x5c;

/** Up to here a loop is faster than a call of `copy`. */
const SHORT_TOKEN_BYTES = 40;

/** Bytes that may follow a backslash, but for `u`. */
const SHORT_ESCAPES = new Set(Buffer.from('"\\/bfnrt'));

/** One pass over a text: checks the grammar of RFC 8259 and copies the tokens. Every method is false where the text is no JSON. */
class JsonTextCopy {
  /** Behind what has been written. */
  o: number;
  readonly #b: Buffer;
  readonly #end: number;
  readonly #out: Buffer;
  #p: number;

  constructor(b: Buffer, p: number, end: number, out: Buffer, o: number) {
    this.#b = b;
    this.#p = p;
    this.#end = end;
    this.#out = out;
    this.o = o;
  }

  copyDocument(): boolean {
    if (!isUtf8(this.#b.subarray(this.#p, this.#end)) || !this.#copyValue(0)) return false;
    this.#skipSpace();
    return this.#p === this.#end;
  }

  #copyValue(depth: number): boolean {
    this.#skipSpace();
    switch (this.#peek()) {
      case 0x7b:
        return this.#copyContainer(0x7d, depth + 1, true);
      case 0x5b:
        return this.#copyContainer(0x5d, depth + 1, false);
      case QUOTE:
        return this.#copyString();
      case TRUE[0]:
        return this.#copyLiteral(TRUE);
      case FALSE[0]:
        return this.#copyLiteral(FALSE);
      case NULL[0]:
        return this.#copyLiteral(NULL);
      default:
        return this.#copyNumber();
    }
  }

  #copyContainer(close: number, depth: number, hasKeys: boolean): boolean {
    if (depth > MAX_DEPTH) return false;
    this.#copyTo(this.#p + 1);
    this.#skipSpace();
    if (this.#copyByte(close)) return true;
    do {
      if (hasKeys && !this.#copyKey()) return false;
      if (!this.#copyValue(depth)) return false;
      this.#skipSpace();
    } while (this.#copyByte(0x2c));
    return this.#copyByte(close);
  }

  #copyKey(): boolean {
    this.#skipSpace();
    if (this.#peek() !== QUOTE || !this.#copyString()) return false;
    this.#skipSpace();
    return this.#copyByte(0x3a);
  }

  #copyString(): boolean {
    let q = this.#p + 1;
    for (; q < this.#end; q++) {
      const byte = this.#b[q]!;
      if (byte === QUOTE) return this.#copyTo(q + 1);
      if (byte < 0x20) return false;
      if (byte === BACKSLASH) {
        q++;
        if (q >= this.#end) return false;
        if (this.#b[q] === 0x75) {
          for (const last = q + 4; q < last;) if (!this.#isHexDigit(++q)) return false;
        } else if (!SHORT_ESCAPES.has(this.#b[q]!)) {
          return false;
        }
      }
    }
    return false;
  }

  #copyNumber(): boolean {
    let q = this.#p;
    if (this.#b[q] === MINUS) q++;
    const integer = q;
    q = this.#skipDigits(q);
    if (q === integer || (this.#b[integer] === ZERO && q > integer + 1)) return false;
    if (q < this.#end && this.#b[q] === POINT) {
      const fraction = q + 1;
      q = this.#skipDigits(fraction);
      if (q === fraction) return false;
    }
    if (q < this.#end && (this.#b[q]! | 0x20) === 0x65) {
      q++;
      if (q < this.#end && (this.#b[q] === 0x2b || this.#b[q] === MINUS)) q++;
      const exponent = q;
      q = this.#skipDigits(exponent);
      if (q === exponent) return false;
    }
    return this.#copyTo(q);
  }

  #copyLiteral(literal: Buffer): boolean {
    const q = this.#p + literal.length;
    if (q > this.#end || literal.compare(this.#b, this.#p, q) !== 0) return false;
    return this.#copyTo(q);
  }

  /** Moves past the byte when it is the next one. */
  #copyByte(byte: number): boolean {
    return this.#peek() === byte && this.#copyTo(this.#p + 1);
  }

  #copyTo(q: number): boolean {
    if (q - this.#p > SHORT_TOKEN_BYTES) {
      this.o += this.#b.copy(this.#out, this.o, this.#p, q);
      this.#p = q;
    } else {
      while (this.#p < q) this.#out[this.o++] = this.#b[this.#p++]!;
    }
    return true;
  }

  #skipSpace(): void {
    for (; this.#p < this.#end; this.#p++) {
      const byte = this.#b[this.#p]!;
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
    }
  }

  #skipDigits(q: number): number {
    while (q < this.#end && this.#b[q]! >= ZERO && this.#b[q]! <= 0x39) q++;
    return q;
  }

  #isHexDigit(q: number): boolean {
    const byte = q < this.#end ? this.#b[q]! | 0x20 : 0;
    return (byte >= ZERO && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66);
  }

  /** The next byte, -1 at the end. */
  #peek(): number {
    return this.#p < this.#end ? this.#b[this.#p]! : -1;
  }
}

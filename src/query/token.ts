import { decodeBits, decodeHex, readQuoted } from "./token-values.ts";

/** A word of a rule's text and where it lies. */
export type Token = {
  readonly at: number;
  /** Offset behind it. */
  readonly end: number;
} & TokenValue;

type TokenValue =
  /** A name or a keyword as it is written. */
  | { readonly kind: "word"; readonly text: string }
  /** A name in back-ticks. */
  | { readonly kind: "name"; readonly text: string }
  | { readonly kind: "string"; readonly value: string }
  | {
      readonly kind: "number";
      readonly type: "integer" | "decimal" | "double";
      readonly text: string;
    }
  | { readonly kind: "bytes"; readonly value: Uint8Array }
  | { readonly kind: "sign"; readonly text: string }
  | { readonly kind: "end" };

/** What is no token, and where. */
export class TokenProblem extends Error {
  readonly at: number;

  constructor(at: number, why: string) {
    super(why);
    this.name = "TokenProblem";
    this.at = at;
  }
}

/** Longest first. */
const SIGNS = ["<=>", "->>", "<<", ">>", "<=", ">=", "<>", "!=", "&&", "||", ":=", "->", "@@"];

const MAX_UNSIGNED = 0xffff_ffff_ffff_ffffn;

/**
 * The token at or after `offset`, in MySQL's lexical structure (https://dev.mysql.com/doc/refman/9.7/en/language-structure.html). At the text's end one of kind
 * `end`. Throws {@link TokenProblem}.
 */
export function readToken(text: string, offset: number): Token {
  const at = skipSpace(text, offset);
  const rest = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  const first = text[at];
  if (first === undefined) return { kind: "end", at, end: at };
  if (first === "'" || first === '"') {
    const { value, end } = readQuoted(text, at);
    if (end === null) throw new TokenProblem(at, `the string is not closed by another ${first}`);
    return { kind: "string", value, at, end };
  }
  if (first === "`") return readName(text, at);
  const literal = rest(/(?:x'[0-9a-f]*'|b'[01]*'|0x[0-9a-f]+(?![\w$])|0b[01]+(?![\w$]))/iy);
  if (literal !== undefined) return readBytes(literal, at);
  if (/[xb]'/iy.test(text.slice(at, at + 2))) {
    throw new TokenProblem(at, "this literal holds what is no digit of it, or is not closed");
  }
  const number = rest(
    /(?:\d+(?:\.\d*)?|\.\d+)e[+-]?\d+|\d+\.\d*|\.\d+|\d+(?![\w$\u0080-\uffff])/iy,
  );
  if (number !== undefined) return readNumber(number, at);
  const word = rest(/[\w$\u0080-\uffff]+/y);
  if (word !== undefined) return { kind: "word", text: word, at, end: at + word.length };
  if (text.startsWith("!!", at)) {
    throw new TokenProblem(at, "MySQL reads !! as one !; write NOT, or a parenthesis between them");
  }
  const sign = SIGNS.find((each) => text.startsWith(each, at)) ?? first;
  return { kind: "sign", text: sign, at, end: at + sign.length };
}

/** All tokens of a text but the `end`. Throws {@link TokenProblem}. */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  for (let token = readToken(text, 0); token.kind !== "end"; token = readToken(text, token.end)) {
    tokens.push(token);
  }
  return tokens;
}

/** The offset behind blanks and comments. */
export function skipSpace(text: string, offset: number): number {
  let at = offset;
  for (;;) {
    while (/\s/.test(text[at] ?? "")) at += 1;
    if (text.startsWith("/*", at)) {
      const mark = text[at + 2];
      if (mark === "!" || mark === "+") {
        const what = mark === "!" ? "code for some versions of MySQL" : "hints for the optimizer";
        throw new TokenProblem(at, `a rule has no ${what} (/*${mark})`);
      }
      const end = text.indexOf("*/", at + 2);
      if (end < 0) throw new TokenProblem(at, "the comment is not closed by */");
      at = end + 2;
    } else if (text[at] === "#" || /^--(?:\s|$)/.test(text.slice(at, at + 3))) {
      const end = text.indexOf("\n", at);
      at = end < 0 ? text.length : end + 1;
    } else return at;
  }
}

function readName(text: string, at: number): Token {
  const match = /^`((?:[^`]|``)*)`(?!`)/.exec(text.slice(at));
  if (match === null) throw new TokenProblem(at, "the back-tick is not closed");
  const name = (match[1] ?? "").replaceAll("``", "`");
  if (name === "") throw new TokenProblem(at, "a name must not be empty");
  return { kind: "name", text: name, at, end: at + match[0].length };
}

function readBytes(literal: string, at: number): Token {
  const end = at + literal.length;
  const digits = literal.slice(2).replace("'", "");
  const isHex = /^0?x/i.test(literal);
  if (isHex && literal.endsWith("'") && digits.length % 2 === 1) {
    throw new TokenProblem(at, "x'…' needs an even number of digits");
  }
  return { kind: "bytes", value: isHex ? decodeHex(digits) : decodeBits(digits), at, end };
}

function readNumber(text: string, at: number): Token {
  const end = at + text.length;
  if (/e/i.test(text)) {
    if (!Number.isFinite(Number(text))) throw new TokenProblem(at, "the number is out of range");
    return { kind: "number", type: "double", text, at, end };
  }
  const isInteger = !text.includes(".") && BigInt(text) <= MAX_UNSIGNED;
  return { kind: "number", type: isInteger ? "integer" : "decimal", text, at, end };
}

import { placeError, type RuleText } from "./rule-text-error.ts";
import { readToken, TokenProblem, type Token } from "./token.ts";
import type { Expression } from "./tree.ts";

/** Deeper nesting, or a longer chain of operators, than any rule needs: what walks trees does so recursively. */
const MAX_DEPTH = 500;

/** What stands before the dot of a column, to be checked once the table is known. */
export interface Qualifier {
  readonly parts: readonly string[];
  readonly at: number;
}

/** Reads a rule's text token by token; what parses the parts of expressions works on it. */
export abstract class Cursor {
  readonly source: RuleText;
  readonly qualifiers: Qualifier[] = [];
  /** The token that is next. */
  token: Token;
  #depth = 0;

  /** Begins at an offset. Throws RULE_QUERY_INVALID. */
  constructor(source: RuleText, offset = 0) {
    this.source = source;
    this.token = this.#read(offset);
  }

  /** `expr` of MySQL's grammar: anything. */
  abstract expression(): Expression;
  /** One condition: `expr` without AND, XOR and OR. */
  abstract condition(): Expression;
  /** `bit_expr`: arithmetic, without comparison and logic. */
  abstract arithmetic(): Expression;
  /** `simple_expr`: an operand. */
  abstract operand(): Expression;

  /** Takes the token. */
  next(): Token {
    const { token } = this;
    this.token = this.#read(token.end);
    return token;
  }

  /** The token behind the next one. */
  peek(): Token {
    return this.#read(this.token.end);
  }

  /** Goes (back) to an offset. */
  seek(offset: number): void {
    this.token = this.#read(offset);
  }

  /** The keyword that is next, in lower case; "" when it is none. */
  get word(): string {
    return this.token.kind === "word" ? this.token.text.toLowerCase() : "";
  }

  isWord(...words: readonly string[]): boolean {
    return words.includes(this.word);
  }

  isSign(...signs: readonly string[]): boolean {
    return this.token.kind === "sign" && signs.includes(this.token.text);
  }

  takeWord(word: string): boolean {
    const isNext = this.isWord(word);
    if (isNext) this.next();
    return isNext;
  }

  takeSign(sign: string): boolean {
    const isNext = this.isSign(sign);
    if (isNext) this.next();
    return isNext;
  }

  expectWord(word: string): Token {
    return this.isWord(word) ? this.next() : this.unexpected(word.toUpperCase());
  }

  expectSign(sign: string): Token {
    return this.isSign(sign) ? this.next() : this.unexpected(`"${sign}"`);
  }

  /** Throws RULE_QUERY_INVALID: something else was expected. */
  unexpected(expected: string): never {
    const { token } = this;
    if (token.kind === "end")
      return this.fail(token.at, `the text ends where ${expected} is expected`);
    const written = this.source.text.slice(token.at, token.end);
    const shown = token.kind === "string" ? "a text" : written;
    return this.fail(token.at, `${expected} is expected here, not ${shown}`);
  }

  /** Throws RULE_QUERY_INVALID. */
  fail(at: number, why: string): never {
    throw placeError("RULE_QUERY_INVALID", this.source, at, why);
  }

  /** What `parse` gives, one level deeper. */
  nested<Result>(parse: () => Result): Result {
    const depth = this.#depth;
    this.deepen();
    const result = parse();
    this.#depth = depth;
    return result;
  }

  /** Counts a link of a chain of operators, until the {@link nested} around it ends. */
  deepen(): void {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH)
      this.fail(this.token.at, "the expression is too long or nested too deeply");
  }

  #read(offset: number): Token {
    try {
      return readToken(this.source.text, offset);
    } catch (error) {
      if (error instanceof TokenProblem) return this.fail(error.at, error.message);
      throw error;
    }
  }
}

import { Cursor } from "./cursor.ts";
import { isIntervalAhead, parseInterval, parsePrefixInterval } from "./interval.ts";
import { parsePrimary } from "./primary.ts";
import { call } from "./tree-nodes.ts";
import type { Expression } from "./tree.ts";

/** Binary operators of `bit_expr` by how strongly they bind. */
const ARITHMETIC: Readonly<Record<string, number>> = {
  "|": 1,
  "&": 2,
  "<<": 3,
  ">>": 3,
  "+": 4,
  "-": 4,
  "*": 5,
  "/": 5,
  "%": 5,
  div: 5,
  mod: 5,
  "^": 6,
};

const LOGIC: Readonly<Record<string, { readonly name: string; readonly power: number }>> = {
  or: { name: "or", power: 1 },
  "||": { name: "or", power: 1 },
  xor: { name: "xor", power: 2 },
  and: { name: "and", power: 3 },
  "&&": { name: "and", power: 3 },
};

const NOT_POWER = 4;

const COMPARISONS: Readonly<Record<string, string>> = {
  "=": "=",
  "<=>": "<=>",
  "<>": "<>",
  "!=": "<>",
  "<": "<",
  "<=": "<=",
  ">": ">",
  ">=": ">=",
};

const PREFIXES: Readonly<Record<string, string>> = {
  "-": "neg",
  "+": "plus",
  "~": "~",
  "!": "not",
};

/**
 * A Pratt parser of MySQL's expressions. Its methods are the levels of the server's own grammar (sql/sql_yacc.yy), because not every operand may stand behind every
 * operator there (`a like b + c` is none, `a = not b` neither):
 *
 *     expression   OR, XOR, AND, NOT; IS [NOT] TRUE of a comparison
 *     comparison   = <=> < … and IS [NOT] NULL, from the left
 *     predicate    one IN, BETWEEN, LIKE, REGEXP, MEMBER OF
 *     arithmetic   | & << >> + - * / % DIV MOD ^
 *     operand      - + ~ ! BINARY INTERVAL before, COLLATE behind a value
 */
export class ExpressionParser extends Cursor {
  override expression(): Expression {
    return this.nested(() => this.#logic(0));
  }

  override condition(): Expression {
    return this.nested(() => this.#logic(NOT_POWER));
  }

  override arithmetic(): Expression {
    return this.nested(() => this.#arithmetic(0));
  }

  override operand(): Expression {
    return this.nested(() => this.#operand());
  }

  /** What the next token is in the tables of operators. */
  #operator(): string {
    return this.token.kind === "sign" ? this.token.text : this.word;
  }

  #logic(least: number): Expression {
    let left = this.isWord("not") ? this.#not() : this.#test();
    for (;;) {
      const operator = own(LOGIC, this.#operator());
      if (operator === undefined || operator.power <= least) return left;
      const { at } = this.next();
      this.deepen();
      const right = this.nested(() => this.#logic(operator.power));
      left = call(operator.name, [left, right], at);
    }
  }

  #not(): Expression {
    const { at } = this.next();
    return call("not", [this.nested(() => this.#logic(NOT_POWER))], at);
  }

  /** A comparison, and IS TRUE of it. */
  #test(): Expression {
    const argument = this.#comparison();
    if (!this.isWord("is")) return argument;
    const { at } = this.next();
    const isNegated = this.takeWord("not");
    const { word } = this;
    if (word !== "true" && word !== "false" && word !== "unknown") {
      return this.unexpected("NULL, TRUE, FALSE or UNKNOWN");
    }
    this.next();
    const test = call(`is ${word}`, [argument], at);
    return isNegated ? call("not", [test], at) : test;
  }

  #comparison(): Expression {
    let left = this.#predicate();
    for (;;) {
      const { at } = this.token;
      const name = own(COMPARISONS, this.#operator());
      if (name !== undefined) {
        this.next();
        this.deepen();
        this.#refuseQuantifier();
        left = call(name, [left, this.#predicate()], at);
      } else if (this.isWord("is")) {
        const isNegated = this.#isNullTest();
        if (isNegated === null) return left;
        this.deepen();
        const test = call("is null", [left], at);
        left = isNegated ? call("not", [test], at) : test;
      } else return left;
    }
  }

  /** Takes IS [NOT] NULL and tells whether it is negated; null when something else is tested. */
  #isNullTest(): boolean | null {
    const { at } = this.next();
    const isNegated = this.takeWord("not");
    if (this.takeWord("null")) return isNegated;
    this.seek(at);
    return null;
  }

  #refuseQuantifier(): void {
    if (!this.isWord("all", "any", "some")) return;
    const following = this.peek();
    if (following.kind === "sign" && following.text === "(") {
      this.fail(
        this.token.at,
        `a rule has no sub-queries, so no ${this.word.toUpperCase()} of one`,
      );
    }
  }

  #predicate(): Expression {
    const left = this.#arithmetic(0);
    const { at } = this.token;
    const isNegated =
      this.isWord("not") && isPredicateWord(this.peek()) ? this.takeWord("not") : false;
    const predicate = this.#predicateOf(left, at);
    if (predicate === null) return left;
    return isNegated ? call("not", [predicate], at) : predicate;
  }

  #predicateOf(left: Expression, at: number): Expression | null {
    switch (this.word) {
      case "in":
        this.next();
        return call("in", [left, ...this.#list()], at);
      case "between": {
        this.next();
        const low = this.#arithmetic(0);
        this.expectWord("and");
        return call("between", [left, low, this.nested(() => this.#predicate())], at);
      }
      case "like": {
        this.next();
        const pattern = this.operand();
        if (!this.takeWord("escape")) return call("like", [left, pattern], at);
        return call("like", [left, pattern, this.operand()], at);
      }
      case "regexp":
      case "rlike":
        this.next();
        return call("regexp", [left, this.#arithmetic(0)], at);
      case "member": {
        this.next();
        this.takeWord("of");
        this.expectSign("(");
        const list = this.operand();
        this.expectSign(")");
        return call("member of", [left, list], at);
      }
      case "sounds":
        return this.fail(at, "a rule has no SOUNDS LIKE: compare soundex(a) with soundex(b)");
      default:
        return null;
    }
  }

  #list(): readonly Expression[] {
    this.expectSign("(");
    if (this.isWord("select", "with")) {
      this.fail(this.token.at, "a rule has no sub-queries: list the values");
    }
    const items = [this.expression()];
    while (this.takeSign(",")) items.push(this.expression());
    this.expectSign(")");
    return items;
  }

  #arithmetic(least: number): Expression {
    let left = this.operand();
    for (;;) {
      const sign = this.#operator();
      const power = own(ARITHMETIC, sign);
      if (power === undefined || power <= least) return left;
      const { at } = this.next();
      this.deepen();
      if ((sign === "+" || sign === "-") && isIntervalAhead(this)) {
        const interval = parseInterval(this);
        left = call(sign === "+" ? "date_add" : "date_sub", [left, interval], at);
      } else left = call(sign, [left, this.nested(() => this.#arithmetic(power))], at);
    }
  }

  #operand(): Expression {
    const { at } = this.token;
    const prefix = this.token.kind === "sign" ? own(PREFIXES, this.token.text) : undefined;
    if (prefix !== undefined) {
      this.next();
      return call(prefix, [this.operand()], at);
    }
    if (this.isWord("binary")) {
      this.next();
      return call("binary", [this.operand()], at);
    }
    if (isIntervalAhead(this)) return parsePrefixInterval(this);
    let value = parsePrimary(this);
    while (this.isWord("collate")) {
      const place = this.next().at;
      this.deepen();
      value = { kind: "collate", argument: value, collation: this.#collation(), at: place };
    }
    return value;
  }

  #collation(): string {
    const { token } = this;
    if (token.kind !== "word" && token.kind !== "name" && token.kind !== "string") {
      return this.unexpected("the name of a collation");
    }
    this.next();
    return (token.kind === "string" ? token.value : token.text).toLowerCase();
  }
}

const PREDICATE_WORDS = new Set(["in", "between", "like", "regexp", "rlike"]);

function isPredicateWord(token: Cursor["token"]): boolean {
  return token.kind === "word" && PREDICATE_WORDS.has(token.text.toLowerCase());
}

function own<Value>(table: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/** JSON texts as {@link JsonValue}: numbers keep their text, members the order in which MySQL holds them. */
import type { JsonValue } from "./sql-value.ts";

/** Parses a JSON text (RFC 8259). Of members with one name the last counts. Throws a SyntaxError. */
export function parseJsonValue(text: string): JsonValue {
  const parser = new Parser(text);
  const value = parser.value();
  parser.end();
  return value;
}

const NULL: JsonValue = { kind: "null" };
const TRUE: JsonValue = { kind: "boolean", value: true };
const FALSE: JsonValue = { kind: "boolean", value: false };

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SPACE = /[ \t\n\r]*/y;
/** A string without escapes and control characters, or with escapes. */
// oxlint-disable-next-line no-control-regex
const STRING = /"(?:[^"\\\u0000-\u001f]|\\.)*"/y;

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(): JsonValue {
    this.#space();
    switch (this.#text[this.#at]) {
      case "{":
        return this.#object();
      case "[":
        return this.#array();
      case '"':
        return { kind: "string", value: this.#string() };
      case "t":
        return this.#word("true", TRUE);
      case "f":
        return this.#word("false", FALSE);
      case "n":
        return this.#word("null", NULL);
      default:
        return { kind: "number", text: this.#match(NUMBER) };
    }
  }

  end(): void {
    this.#space();
    if (this.#at < this.#text.length) this.#fail();
  }

  #array(): JsonValue {
    const items: JsonValue[] = [];
    this.#at += 1;
    if (this.#takes("]")) return { kind: "array", items };
    do items.push(this.value());
    while (this.#takes(","));
    this.#expect("]");
    return { kind: "array", items };
  }

  #object(): JsonValue {
    const members = new Map<string, JsonValue>();
    this.#at += 1;
    if (this.#takes("}")) return { kind: "object", members };
    do {
      this.#space();
      const name = this.#string();
      this.#expect(":");
      members.set(name, this.value());
    } while (this.#takes(","));
    this.#expect("}");
    return { kind: "object", members: inOrder(members) };
  }

  #string(): string {
    const from = this.#at;
    const token = this.#match(STRING);
    const to = this.#at;
    if (!token.includes("\\")) return token.slice(1, -1);
    try {
      return JSON.parse(this.#text.slice(from, to)) as string;
    } catch {
      return this.#fail();
    }
  }

  #word(word: string, value: JsonValue): JsonValue {
    if (!this.#text.startsWith(word, this.#at)) this.#fail();
    this.#at += word.length;
    return value;
  }

  /** Moves past the character if it is the next one. */
  #takes(character: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #expect(character: string): void {
    if (!this.#takes(character)) this.#fail();
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) return this.#fail();
    this.#at += found.length;
    return found;
  }

  #space(): void {
    SPACE.lastIndex = this.#at;
    this.#at += SPACE.exec(this.#text)![0].length;
  }

  #fail(): never {
    throw new SyntaxError(`no JSON at character ${this.#at}`);
  }
}

/** Members in MySQL's order; what MySQL printed is in it already. */
function inOrder(members: Map<string, JsonValue>): ReadonlyMap<string, JsonValue> {
  let last: string | null = null;
  for (const name of members.keys()) {
    if (last !== null && compareNames(last, name) > 0)
      return new Map([...members].toSorted(([a], [b]) => compareNames(a, b)));
    last = name;
  }
  return members;
}

/** By the number of their bytes, then by the bytes. */
function compareNames(a: string, b: string): number {
  return (
    Buffer.byteLength(a) - Buffer.byteLength(b) || Buffer.compare(Buffer.from(a), Buffer.from(b))
  );
}

import { parse } from "smol-toml";
import { formatPath, type KeyPath } from "./key-path.ts";

/** Where a key and its value begin, as offsets into the text. */
export interface TomlPlace {
  readonly key: number;
  readonly value: number;
}

/**
 * Finds where each key, table and array element of a TOML document stands; keys of the result are `formatPath` texts. The document must be
 * one that the parser accepted: this only walks the grammar and checks nothing.
 */
export function locateTomlKeys(text: string): ReadonlyMap<string, TomlPlace> {
  return new TomlWalker(text).walk();
}

class TomlWalker {
  readonly #text: string;
  readonly #places = new Map<string, TomlPlace>();
  /** How many elements each array of tables has so far. */
  readonly #tableArrays = new Map<string, number>();
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  walk(): ReadonlyMap<string, TomlPlace> {
    let table: KeyPath = [];
    for (this.#skipSpace(); this.#at < this.#text.length; this.#skipSpace()) {
      if (this.#text[this.#at] === "[") table = this.#readHeader();
      else this.#readPair(table);
    }
    return this.#places;
  }

  /** `[a.b]` or `[[a.b]]`: the path of the table that follows, with the index of every array of tables on the way. */
  #readHeader(): KeyPath {
    const start = this.#at;
    const isArray = this.#text.startsWith("[[", start);
    this.#at += isArray ? 2 : 1;
    const keys = this.#readKey();
    this.#at += isArray ? 2 : 1;
    const path: (string | number)[] = [];
    keys.forEach((key, i) => {
      path.push(key);
      const name = formatPath(path);
      const count = this.#tableArrays.get(name) ?? 0;
      if (isArray && i === keys.length - 1) {
        this.#tableArrays.set(name, count + 1);
        this.#remember(path, start, start);
        path.push(count);
      } else if (count > 0) path.push(count - 1);
      this.#remember(path, start, start);
    });
    return path;
  }

  /** `a.b = value`. */
  #readPair(table: KeyPath): void {
    const start = this.#at;
    const keys = this.#readKey();
    this.#at += 1; // =
    this.#skipSpace();
    for (let i = 1; i <= keys.length; i += 1) {
      this.#remember([...table, ...keys.slice(0, i)], start, this.#at);
    }
    this.#readValue([...table, ...keys]);
  }

  /** A dotted key; stops behind it and the blanks that follow. */
  #readKey(): string[] {
    const keys: string[] = [];
    for (;;) {
      this.#skipBlanks();
      const start = this.#at;
      const quote = this.#text[start];
      if (quote === '"' || quote === "'") {
        this.#skipString();
        keys.push(Object.keys(parse(`${this.#text.slice(start, this.#at)}=0`))[0] ?? "");
      } else {
        this.#skipWhile(/[^\s.=\]]/);
        keys.push(this.#text.slice(start, this.#at));
      }
      this.#skipBlanks();
      if (this.#text[this.#at] !== ".") return keys;
      this.#at += 1;
    }
  }

  #readValue(path: KeyPath): void {
    const first = this.#text[this.#at];
    if (first === '"' || first === "'") return this.#skipString();
    if (first !== "[" && first !== "{") return this.#skipWhile(/[^,\]}#\r\n]/);
    const end = first === "[" ? "]" : "}";
    this.#at += 1;
    for (let i = 0; ; i += 1) {
      this.#skipSpace();
      if (this.#text[this.#at] === ",") this.#at += 1;
      this.#skipSpace();
      if (this.#at >= this.#text.length || this.#text[this.#at] === end) break;
      if (end === "}") this.#readPair(path);
      else {
        const element = [...path, i];
        this.#remember(element, this.#at, this.#at);
        this.#readValue(element);
      }
    }
    this.#at += 1;
  }

  /** Any of the four kinds of string. */
  #skipString(): void {
    const quote = this.#text[this.#at] ?? "";
    const isLong = this.#text.startsWith(quote.repeat(3), this.#at);
    const end = isLong ? quote.repeat(3) : quote;
    this.#at += end.length;
    while (this.#at < this.#text.length && !this.#text.startsWith(end, this.#at)) {
      this.#at += quote === '"' && this.#text[this.#at] === "\\" ? 2 : 1;
    }
    this.#at += end.length;
    // A long string may end in one or two more quotes that belong to it.
    if (isLong) this.#skipWhile(quote === '"' ? /"/ : /'/);
  }

  /** Blanks, line ends and comments. */
  #skipSpace(): void {
    for (;;) {
      this.#skipWhile(/[\s\uFEFF]/);
      if (this.#text[this.#at] !== "#") return;
      this.#skipWhile(/[^\n]/);
    }
  }

  #skipBlanks(): void {
    this.#skipWhile(/[ \t]/);
  }

  #skipWhile(accepted: RegExp): void {
    while (this.#at < this.#text.length && accepted.test(this.#text[this.#at] ?? "")) this.#at += 1;
  }

  #remember(path: KeyPath, key: number, value: number): void {
    const name = formatPath(path);
    if (!this.#places.has(name)) this.#places.set(name, { key, value });
  }
}

/** Paths in JSON documents: `$.a."b c"[0].c[last-1][1 to 3]**.d[*].*`. */
import type { JsonValue } from "../../core/sql-value.ts";

/** An index of an array, from its start or from its last item back. */
export interface ArrayIndex {
  readonly from: "start" | "last";
  readonly offset: number;
}

/** A step of a path. */
export type PathLeg =
  | { readonly kind: "member"; readonly name: string }
  | { readonly kind: "cell"; readonly index: ArrayIndex }
  | { readonly kind: "range"; readonly first: ArrayIndex; readonly last: ArrayIndex }
  | { readonly kind: "members" | "cells" | "descendants" };

/** A parsed path. */
export type JsonPath = readonly PathLeg[];

/** Parses a path; null where MySQL has error 3143 for it. */
export function parsePath(text: string): JsonPath | null {
  const parser = new PathParser(text);
  try {
    return parser.path();
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** May the path lead to several values? */
export function isMany(path: JsonPath): boolean {
  return path.some((leg) => leg.kind !== "member" && leg.kind !== "cell");
}

/** The values that a path leads to, in order. What is no array counts as an array of itself alone. */
export function seek(value: JsonValue, path: JsonPath): readonly JsonValue[] {
  let found: readonly Node[] = [{ value, place: "" }];
  for (const leg of path) found = found.flatMap((node) => step(node, leg));
  if (path.some(({ kind }) => kind === "descendants")) {
    // the same place may be reached in several ways
    found = [...new Map(found.map((node) => [node.place, node])).values()];
  }
  return found.map((node) => node.value);
}

/** A value and where it is. */
interface Node {
  readonly value: JsonValue;
  readonly place: string;
}

/** The place of an index in an array of this length; may be out of its bounds. */
export function placeOf(index: ArrayIndex, length: number): number {
  return index.from === "start" ? index.offset : length - 1 - index.offset;
}

function step(node: Node, leg: PathLeg): readonly Node[] {
  const { value } = node;
  switch (leg.kind) {
    case "member": {
      const member = value.kind === "object" ? value.members.get(leg.name) : undefined;
      return member === undefined ? [] : [inside(node, JSON.stringify(leg.name), member)];
    }
    case "members":
      return value.kind === "object" ? children(node) : [];
    case "cells":
      return value.kind === "array" ? children(node) : [];
    case "cell": {
      const items = itemsOf(node);
      const item = items[placeOf(leg.index, items.length)];
      return item === undefined ? [] : [item];
    }
    case "range": {
      const items = itemsOf(node);
      const first = Math.max(0, placeOf(leg.first, items.length));
      return items.slice(first, Math.max(0, placeOf(leg.last, items.length) + 1));
    }
    case "descendants":
      return descendants(node);
  }
}

function itemsOf(node: Node): readonly Node[] {
  return node.value.kind === "array" ? children(node) : [node];
}

function descendants(node: Node): readonly Node[] {
  return [node, ...children(node).flatMap(descendants)];
}

function children(node: Node): readonly Node[] {
  const { value } = node;
  if (value.kind === "array") return value.items.map((item, i) => inside(node, `${i}`, item));
  if (value.kind !== "object") return [];
  return Array.from(value.members, ([name, member]) => inside(node, JSON.stringify(name), member));
}

function inside({ place }: Node, name: string, value: JsonValue): Node {
  return { value, place: `${place}/${name}` };
}

const MAX_INDEX = 0xffff_ffff;

class PathParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  path(): JsonPath {
    const legs: PathLeg[] = [];
    this.#match(/[ \t\n\r]*/y);
    this.#expect(/\$/y);
    for (;;) {
      this.#match(/[ \t\n\r]*/y);
      if (this.#at === this.#text.length) break;
      legs.push(this.#leg());
    }
    if (legs.at(-1)?.kind === "descendants" || legs.length > 100) throw new SyntaxError();
    return legs;
  }

  #leg(): PathLeg {
    if (this.#match(/\*\*(?!\*)/y) !== null) return { kind: "descendants" };
    if (this.#match(/\.[ \t\n\r]*/y) !== null) return this.#member();
    this.#expect(/\[[ \t\n\r]*/y);
    const leg = this.#cell();
    this.#expect(/[ \t\n\r]*\]/y);
    return leg;
  }

  #member(): PathLeg {
    if (this.#match(/\*/y) !== null) return { kind: "members" };
    const quoted = this.#match(/"(?:[^"\\]|\\.)*"/suy);
    if (quoted !== null) return { kind: "member", name: JSON.parse(quoted) as string };
    return {
      kind: "member",
      name: this.#expect(/[\p{L}\p{Nl}$_][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}$\u200c\u200d]*/uy),
    };
  }

  #cell(): PathLeg {
    if (this.#match(/\*/y) !== null) return { kind: "cells" };
    const first = this.#index();
    if (this.#match(/[ \t\n\r]+to[ \t\n\r]+/y) === null) return { kind: "cell", index: first };
    const last = this.#index();
    if (first.from === last.from) {
      const isForward =
        first.from === "start" ? first.offset <= last.offset : first.offset >= last.offset;
      if (!isForward) throw new SyntaxError();
    }
    return { kind: "range", first, last };
  }

  #index(): ArrayIndex {
    if (this.#match(/last/y) === null) return { from: "start", offset: this.#number() };
    const hasOffset = this.#match(/[ \t\n\r]*-[ \t\n\r]*/y) !== null;
    return { from: "last", offset: hasOffset ? this.#number() : 0 };
  }

  #number(): number {
    const value = Number(this.#expect(/\d+/y));
    if (value > MAX_INDEX) throw new SyntaxError();
    return value;
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? null;
    if (found !== null) this.#at += found.length;
    return found;
  }

  #expect(pattern: RegExp): string {
    const found = this.#match(pattern);
    if (found === null) throw new SyntaxError();
    return found;
  }
}

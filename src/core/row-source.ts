/**
 * What generators of source for a {@link RowLayout} have in common: walks over a row's columns, constants as bytes, and the row's key.
 */
import type { RowLayout } from "./row-layout.ts";

/** What is done with a column during a walk. */
export interface ColumnVisit {
  /** Done before the value, NULL or not. */
  readonly before: string;
  /** Reads the value and moves past it. */
  readonly value: string;
  /** In place of a NULL. */
  readonly none: string;
}

/** What is done with each column during a walk; null = it is skipped. */
export type Visit = (index: number) => ColumnVisit | null;

/** Statements that walk the first `count` columns of the row at `p`; `visit` gives what is done with a column, or null to skip it. */
export function walkSource(layout: RowLayout, count: number, visit: Visit): string {
  return `${layout.begin()}\n${stepsSource(layout, [0, count], visit)}`;
}

/** Statements that walk on over the columns `from` to before `to`, in the block in which the walk began. */
export function stepsSource(
  layout: RowLayout,
  [from, to]: readonly [from: number, to: number],
  visit: Visit,
): string {
  const parts: string[] = [];
  const skipNull = layout.skipNull?.() ?? "";
  for (let index = from; index < to; index++) {
    const done = visit(index);
    const value = done?.value ?? layout.skip(index);
    const before = done?.before ?? "";
    if (layout.columns[index]!.nullable)
      parts.push(
        `${before} if (${layout.isNull(index)}) { ${skipNull} ${done?.none ?? ""} } else { ${value} }`,
      );
    else parts.push(`${before} ${value}`);
  }
  return mergeSkips(parts);
}

/** Neighbouring skips of fixed size become one. */
function mergeSkips(parts: readonly string[]): string {
  return parts.join("\n").replace(/(?:^\s*p \+= \d+;\s*$\n?){2,}/gm, (run) => {
    const total = [...run.matchAll(/\d+/g)].reduce((sum, match) => sum + Number(match[0]), 0);
    return `p += ${total};\n`;
  });
}

/** Statements that write the text's UTF-8 bytes, one by one, at `out[o]`. */
export function storeSource(text: string): string {
  const bytes = [...Buffer.from(text)];
  return `${bytes.map((byte, i) => `out[o + ${i}] = ${byte};`).join(" ")} o += ${bytes.length};`;
}

/**
 * Statements that write the key of the row at `p` to `out` at `o`: the columns, in this order, each as the text of its value in a document without quotes
 * (still escaped for JSON); NULL is nothing. Several are joined by ":", a ":" or "%" inside a part becomes %3A or %25, so that no two keys give one text.
 * Names helpers of {@link KEY_HELPERS}.
 */
export function keySource(layout: RowLayout, columns: readonly number[]): string {
  const inOrder = columns.every((column, n) => n === 0 || column > columns[n - 1]!);
  const composite = columns.length > 1;
  const writePart = (column: number, separator: boolean): ColumnVisit => {
    const { kind } = layout.columns[column]!.type;
    const value = layout.writeJson(column, { decimalAsString: false });
    const text =
      kind === "integer" || kind === "year"
        ? value
        : `{ const from = o; ${value} o = ${composite ? "escapePart" : "unquote"}(out, from, o); }`;
    return { before: separator ? "out[o++] = 58;" : "", value: text, none: "" };
  };
  if (inOrder)
    return walkSource(layout, columns.at(-1)! + 1, (index) =>
      columns.includes(index) ? writePart(index, index !== columns[0]) : null,
    );
  // key order differs from column order: one walk a part
  return columns
    .map(
      (column, n) =>
        `{ const start = p; { ${walkSource(layout, column + 1, (index) => (index === column ? writePart(column, n > 0) : null))} } p = start; }`,
    )
    .join("\n");
}

/** Functions that {@link keySource} names. */
export const KEY_HELPERS = { unquote, escapePart } as const;

/** Removes the quotes of the JSON string at bytes[from, to), if it is one; returns the new end. */
function unquote(bytes: Uint8Array, from: number, to: number): number {
  if (bytes[from] !== 0x22) return to;
  bytes.copyWithin(from, from + 1, to - 1);
  return to - 2;
}

/** Removes the quotes and replaces "%" and ":"; returns the new end. */
function escapePart(bytes: Uint8Array, from: number, to: number): number {
  let end = unquote(bytes, from, to);
  for (let i = from; i < end; i++) {
    const byte = bytes[i];
    if (byte !== 0x3a && byte !== 0x25) continue;
    bytes.copyWithin(i + 3, i + 1, end);
    bytes.set(byte === 0x3a ? [0x25, 0x33, 0x41] : [0x25, 0x32, 0x35], i);
    end += 2;
    i += 2;
  }
  return end;
}

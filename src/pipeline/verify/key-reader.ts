import type { TableVersion } from "../../core/row-layout.ts";
import { walkSource } from "../../core/row-source.ts";

/** Reads the key of the row at `start`: the JSON of each column, in the key's order. */
export type ReadKey = (bytes: Buffer, start: number, end: number) => readonly string[];

/** Compiles a reader of a key for a definition of a table; `columns` are indices into its columns. */
export function compileKeyReader({ layout }: TableVersion, columns: readonly number[]): ReadKey {
  const last = Math.max(...columns);
  const body = walkSource(layout, last + 1, (index) => {
    const part = columns.indexOf(index);
    if (part === -1) return null;
    const value = layout.writeJson(index, { decimalAsString: false });
    return {
      before: "",
      value: `{ const from = o; ${value} key[${part}] = out.toString("utf8", from, o); }`,
      none: `key[${part}] = "null";`,
    };
  });
  const bound = columns.reduce((sum, column) => sum + layout.jsonBound(column), 0);
  const helpers = { ...layout.helpers };
  // our own source, of layouts that take no names from outside
  // oxlint-disable-next-line typescript/no-implied-eval
  const factory = new Function(
    ...Object.keys(helpers),
    `"use strict"; return (b, p, end, out, key) => { let o = 0; ${body} return key; };`,
  ) as (
    ...values: unknown[]
  ) => (b: Buffer, p: number, end: number, out: Buffer, key: string[]) => readonly string[];
  const read = factory(...Object.values(helpers));
  return (bytes, start, end) =>
    read(bytes, start, end, Buffer.allocUnsafe(bound + 6 * (end - start) + 64), []);
}

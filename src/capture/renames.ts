import type { NamedTable } from "./sql-tokens.ts";

/** What a RENAME has done to one name. */
export interface RenamedTable {
  readonly table: NamedTable;
  /** The table, by its old name, whose rows are under this name now; null when the name is free. */
  readonly rowsOf: NamedTable | null;
  /** Where the rows that were under this name are now; null when there were none. */
  readonly movedTo: NamedTable | null;
}

/**
 * What a RENAME comes to in the end: its pairs are carried out one after another and may pass a table on (`a TO x, b TO a, x TO b`). Names that keep
 * their rows are left out.
 */
export function netRenames(
  pairs: readonly { readonly from: NamedTable; readonly to: NamedTable }[],
): RenamedTable[] {
  const names = new Map<string, NamedTable>();
  const rowsOf = new Map<string, NamedTable | null>();
  for (const { from, to } of pairs) {
    const [fromKey, toKey] = [keyOf(from), keyOf(to)];
    names.set(fromKey, from).set(toKey, to);
    const origin = rowsOf.get(fromKey);
    rowsOf.set(toKey, origin === undefined ? from : origin).set(fromKey, null);
  }
  const movedTo = new Map<string, NamedTable>();
  for (const [key, origin] of rowsOf)
    if (origin !== null) movedTo.set(keyOf(origin), names.get(key)!);
  return Array.from(names, ([key, table]) => ({
    table,
    rowsOf: rowsOf.get(key) ?? null,
    movedTo: movedTo.get(key) ?? null,
  })).filter((each) => each.rowsOf === null || keyOf(each.rowsOf) !== keyOf(each.table));
}

/** A name that gh-ost and pt-online-schema-change give the table that they fill: `_orders_gho`, `_orders_new`. */
export function isWorkTable(work: string, original: string): boolean {
  return hasForm(work, original, ["gho", "new"]);
}

/** A name that they give the table that they replace: `_orders_del`, `_orders_old`. */
export function isRetiredTable(retired: string, original: string): boolean {
  return hasForm(retired, original, ["del", "old"]);
}

function hasForm(name: string, original: string, endings: readonly string[]): boolean {
  const underscores = /^_+/.exec(name)?.[0] ?? "";
  const stem = `${underscores}${original}`;
  // gh-ost's --timestamp-old-table puts a time between
  const [, ending = ""] = /^(?:_\d+)?_(\w+)$/.exec(name.slice(stem.length)) ?? [];
  return underscores !== "" && name.startsWith(stem) && endings.includes(ending);
}

function keyOf({ database, table }: NamedTable): string {
  return JSON.stringify([database, table]);
}

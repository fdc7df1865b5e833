import type { KeyLiterals, KeyRange } from "../core/load.ts";
import type { Column } from "../core/schema.ts";
import { quoteName, quoteTable } from "./quote.ts";
import type { TableName } from "./table-lookup.ts";

/** One column of a key, as its index orders it. */
export interface KeyPart {
  readonly column: Column;
  readonly isDescending: boolean;
}

/**
 * The condition for keys of a range, in the order of their index, every comparison the server's. Null = every key.
 *
 *     (a, b) > (x, y)    a >= x AND (a > x OR (a = x AND b > y))
 *
 * Neither server finds a range for row values; for this form both do, with all parts of the key.
 */
export function rangeCondition(parts: readonly KeyPart[], range: KeyRange): string | null {
  const bounds: string[] = [];
  if (range.after !== null) bounds.push(...boundConditions(parts, range.after, "after"));
  if (range.upTo !== null) bounds.push(...boundConditions(parts, range.upTo, "upTo"));
  return bounds.length === 0 ? null : bounds.join(" AND ");
}

/**
 * The condition that a key is one of these. MariaDB 10.11 does not find a text of another character set than its column's by `(a, b) IN ((x, y), …)`, so several
 * columns are compared one by one.
 */
export function keysCondition(columns: readonly Column[], keys: readonly KeyLiterals[]): string {
  const names = columns.map(({ name }) => quoteName(name));
  if (names.length === 1) return `${names[0]!} IN (${keys.map(([literal]) => literal).join(", ")})`;
  const terms = keys.map((key) => names.map((name, i) => `${name} = ${key[i]!}`).join(" AND "));
  return `(${terms.map((term) => `(${term})`).join(" OR ")})`;
}

/** `ORDER BY` of the index, or against it. The columns have their table's name, for a plain one could be that of a selected expression. */
export function keyOrder(
  table: { readonly schema: TableName; readonly parts: readonly KeyPart[] },
  isReversed: boolean,
): string {
  const prefix = quoteTable(table.schema);
  const terms = table.parts.map(
    ({ column, isDescending }) =>
      `${prefix}.${quoteName(column.name)}${isDescending === isReversed ? "" : " DESC"}`,
  );
  return `ORDER BY ${terms.join(", ")}`;
}

type Side = "after" | "upTo";

function boundConditions(parts: readonly KeyPart[], key: KeyLiterals, side: Side): string[] {
  const exact = boundCondition(parts, key, side);
  if (parts.length === 1) return [exact];
  const first = compare(parts[0]!, key[0]!, { side, orEqual: true });
  return [first, exact];
}

function boundCondition(parts: readonly KeyPart[], key: KeyLiterals, side: Side): string {
  const [part, ...rest] = parts;
  const [literal, ...more] = key;
  if (rest.length === 0) return compare(part!, literal!, { side, orEqual: side === "upTo" });
  const strict = compare(part!, literal!, { side, orEqual: false });
  const equal = `${quoteName(part!.column.name)} = ${literal!}`;
  return `(${strict} OR (${equal} AND ${boundCondition(rest, more, side)}))`;
}

interface Comparison {
  readonly side: Side;
  readonly orEqual: boolean;
}

/** The part lies on this side of the literal in the index. */
function compare(
  { column, isDescending }: KeyPart,
  literal: string,
  comparison: Comparison,
): string {
  const { side, orEqual } = comparison;
  const isGreater = (side === "after") !== isDescending;
  const name = quoteName(column.name);
  const greatest = greatestOrdinal(column);
  if (greatest === null) return `${name} ${isGreater ? ">" : "<"}${orEqual ? "=" : ""} ${literal}`;
  const bound = Number(literal);
  const from = isGreater ? bound + (orEqual ? 0 : 1) : 0;
  const to = isGreater ? greatest : bound - (orEqual ? 0 : 1);
  if (from > to) return "FALSE";
  const ordinals = Array.from({ length: to - from + 1 }, (_, i) => from + i);
  return `${name} IN (${ordinals.join(", ")})`;
}

/** A SET of more members is compared without its index. */
const MAX_SET_MEMBERS = 8;

/** ENUM and SET lie in an index by number, and no server finds a range for a comparison with numbers; for a list of them it does. */
function greatestOrdinal({ type }: Column): number | null {
  if (type.kind === "enum") return type.members.length;
  if (type.kind === "set" && type.members.length <= MAX_SET_MEMBERS)
    return 2 ** type.members.length - 1;
  return null;
}

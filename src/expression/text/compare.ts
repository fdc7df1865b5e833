import type { Collation } from "../sql-type.ts";
import type { Scope, Typed } from "../typed.ts";
import { collatorNamed } from "./collations/named.ts";
import type { Collator } from "./collations/collator.ts";
import { mergeStrings, type MergedStrings } from "./merge.ts";

/** How two strings compare: JavaScript expressions over the values of the arguments, none of which may be NULL when they are evaluated. */
export interface TextComparison {
  /** Below 0, 0 or above 0. */
  readonly order: string;
  /** A condition. */
  readonly equal: string;
}

/**
 * Compiles the comparison of two values as strings: character strings by the collation that both have together, binary strings by their bytes. Each argument's source
 * stands once in each expression; give names (`bindValue`) and test for NULL before. Refuses an illegal mix of collations and those that are not known.
 */
export function compileTextComparison(a: Typed, b: Typed, scope: Scope): TextComparison {
  return compareStrings(mergeStrings([a, b], { at: a.at, scope }, "comparison"), scope);
}

/** The comparison of the first two of merged strings. */
export function compareStrings(merged: MergedStrings, scope: Scope): TextComparison {
  const [a, b] = merged.args;
  if (a === undefined || b === undefined) throw new RangeError("a comparison is of two strings");
  const sources = `(${a.source}, ${b.source})`;
  if (merged.kind === "bytes") {
    const order = `${scope.bind(compareBytes)}${sources}`;
    return { order, equal: `(${order} === 0)` };
  }
  const collator = collatorOf(merged.collation, a.at, scope);
  return {
    order: `${scope.bind(collator.compare)}${sources}`,
    equal: `${scope.bind(collator.equal)}${sources}`,
  };
}

/** The collation's way to compare. Refuses those that are not known. */
export function collatorOf(collation: Collation | null, at: number, scope: Scope): Collator {
  if (collation === null) {
    return scope.refuse(
      at,
      "the source does not tell the collation of the text that is compared; write COLLATE with that of the column, or name the MySQL server behind records in source.mysql",
    );
  }
  return (
    collatorNamed(collation.name) ??
    scope.refuse(
      at,
      `text cannot be compared by the collation ${collation.name}; write COLLATE ${binaryOf(collation)}, or BINARY`,
    )
  );
}

/** By bytes; the shorter one goes first. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b);
}

function binaryOf({ charset }: Collation): string {
  return collatorNamed(`${charset}_bin`) === undefined ? "utf8mb4_bin" : `${charset}_bin`;
}

import { TailraceError } from "./errors.ts";

/**
 * Transactions by their global ids: a MySQL GTID set or a MariaDB GTID position. The two never mix: an operation on one of each throws
 * INVARIANT_BROKEN. `parseGtidSet` reads either.
 */
export interface GtidSet {
  readonly flavor: "mysql" | "mariadb";
  readonly isEmpty: boolean;
  /** Adds one transaction in its text form, or several joined by commas (`SourcePosition.gtid`). */
  add(gtids: string): void;
  /** Is this transaction in the set? For MariaDB: is it at or before the position of its domain? */
  contains(gtid: string): boolean;
  /** Is every transaction of this set in the other one? */
  isSubsetOf(other: GtidSet): boolean;
  /** What this set has and the other one lacks. */
  subtract(other: GtidSet): GtidSet;
  /** What either has; for MariaDB the later position of each domain. */
  union(other: GtidSet): GtidSet;
  equals(other: GtidSet): boolean;
  /** A copy with a life of its own. */
  clone(): GtidSet;
  /** The canonical text, in one line: equal sets have equal texts. */
  toString(): string;
}

/**
 * Reads a transaction number. Throws SOURCE_UNSUITABLE above 2^53-1: numbers are plain integers here because no server has ever counted
 * that far, and a larger one, which only `SET gtid_next` can make, must not be rounded in silence.
 */
export function parseTransactionNumber(digits: string): number {
  const number = Number(digits);
  if (Number.isSafeInteger(number)) return number;
  throw new TailraceError("SOURCE_UNSUITABLE", `GTID number ${digits} is above 2^53-1`);
}

import { TailraceError } from "./errors.ts";
import { parseTransactionNumber, type GtidSet } from "./gtid.ts";

const GTID = /^(\d{1,10})-(\d{1,10})-(\d+)$/;
const MAX_UINT32 = 0xffff_ffff;

interface Last {
  readonly server: number;
  readonly sequence: number;
}

/**
 * A MariaDB GTID position: the last transaction of each replication domain, `domain-server-sequence, …`. It stands for all transactions
 * of these domains up to there; numbers grow within a domain (`gtid_strict_mode` makes sure of it).
 * https://mariadb.com/kb/en/gtid/
 */
export class MariadbGtidPosition implements GtidSet {
  readonly flavor = "mariadb";
  readonly #domains = new Map<number, Last>();

  /**
   * Reads a list such as `@@gtid_binlog_pos`. Throws CONFIG_INVALID for other text or a domain that occurs twice, SOURCE_UNSUITABLE for a
   * sequence number above 2^53-1.
   */
  static parse(text: string): MariadbGtidPosition {
    const position = new MariadbGtidPosition();
    for (const part of text.split(",")) {
      if (part.trim() === "") continue;
      const [domain, last] = parseGtid(part.trim());
      if (position.#domains.has(domain)) throw malformed(text);
      position.#domains.set(domain, last);
    }
    return position;
  }

  /** Moves a domain's position to this transaction without parsing; one that is behind it changes nothing. */
  addMariadb(domain: number, server: number, sequence: number): void {
    const last = this.#domains.get(domain);
    if (last === undefined || last.sequence <= sequence)
      this.#domains.set(domain, { server, sequence });
  }

  add(gtids: string): void {
    for (const gtid of gtids.split(",")) {
      const [domain, { server, sequence }] = parseGtid(gtid);
      this.addMariadb(domain, server, sequence);
    }
  }

  get isEmpty(): boolean {
    return this.#domains.size === 0;
  }

  contains(gtid: string): boolean {
    const [domain, last] = parseGtid(gtid);
    return this.#reaches(domain, last);
  }

  isSubsetOf(other: GtidSet): boolean {
    const theirs = asMariadb(other);
    return [...this.#domains].every(([domain, last]) => theirs.#reaches(domain, last));
  }

  /** The domains in which this position is ahead of the other one. */
  subtract(other: GtidSet): MariadbGtidPosition {
    const theirs = asMariadb(other);
    const result = new MariadbGtidPosition();
    for (const [domain, last] of this.#domains) {
      if (!theirs.#reaches(domain, last)) result.#domains.set(domain, last);
    }
    return result;
  }

  union(other: GtidSet): MariadbGtidPosition {
    const result = this.clone();
    for (const [domain, last] of asMariadb(other).#domains) {
      if (!result.#reaches(domain, last)) result.#domains.set(domain, last);
    }
    return result;
  }

  equals(other: GtidSet): boolean {
    return other instanceof MariadbGtidPosition && other.toString() === this.toString();
  }

  clone(): MariadbGtidPosition {
    const copy = new MariadbGtidPosition();
    for (const [domain, last] of this.#domains) copy.#domains.set(domain, last);
    return copy;
  }

  /** As the server prints it, domains in order. */
  toString(): string {
    return [...this.#domains]
      .toSorted(([a], [b]) => a - b)
      .map(([domain, last]) => `${domain}-${last.server}-${last.sequence}`)
      .join(",");
  }

  #reaches(domain: number, last: Last): boolean {
    const ours = this.#domains.get(domain);
    return ours !== undefined && ours.sequence >= last.sequence;
  }
}

function parseGtid(text: string): [number, Last] {
  const match = GTID.exec(text);
  if (match === null) throw malformed(text);
  const [domain, server] = [Number(match[1]), Number(match[2])];
  if (domain > MAX_UINT32 || server > MAX_UINT32) throw malformed(text);
  return [domain, { server, sequence: parseTransactionNumber(match[3]!) }];
}

function asMariadb(set: GtidSet): MariadbGtidPosition {
  if (set instanceof MariadbGtidPosition) return set;
  throw new TailraceError(
    "INVARIANT_BROKEN",
    "a MariaDB GTID position was compared with a MySQL set",
  );
}

function malformed(text: string): TailraceError {
  return new TailraceError("CONFIG_INVALID", `not a GTID position: ${JSON.stringify(text)}`);
}

import { TailraceError } from "./errors.ts";
import { GtidIntervals } from "./gtid-intervals.ts";
import { parseTransactionNumber, type GtidSet } from "./gtid.ts";

const NO_TAG = "";
const UUID =
  /^(\{?)([0-9a-f]{8})(-?)([0-9a-f]{4})\3([0-9a-f]{4})\3([0-9a-f]{4})\3([0-9a-f]{12})(\}?)$/i;
const TAG = /^[a-z_][a-z0-9_]{0,31}$/i;
const INTERVAL = /^(\d+)(?:\s*-\s*(\d+))?$/;
/** Needs no look at its bounds. */
const SAFE_NUMBER = /^[1-9]\d{0,14}$/;
const TAGGED_FORMAT = 1;

/**
 * A MySQL GTID set: `uuid[:tag]:1-5:7, …`; tags exist since 8.3.
 * https://dev.mysql.com/doc/refman/9.7/en/replication-gtids-concepts.html
 */
export class MysqlGtidSet implements GtidSet {
  readonly flavor = "mysql";
  /** By lower-case uuid, then by tag ("" for none); no empty members. */
  readonly #sources = new Map<string, Map<string, GtidIntervals>>();
  /** The text before the number in what `add` was given last, and where it went. */
  #lastPrefix = "";
  #lastAdded = new GtidIntervals();

  /**
   * Reads what MySQL accepts: either case, white space and line breaks, a uuid without dashes or in braces, ranges in any order. Throws
   * CONFIG_INVALID for other text (only people write it) and SOURCE_UNSUITABLE for a number above 2^53-1.
   */
  static parse(text: string): MysqlGtidSet {
    const set = new MysqlGtidSet();
    for (const part of text.split(",")) {
      if (part.trim() !== "") set.#parseSource(part);
    }
    return set;
  }

  #parseSource(part: string): void {
    const [uuid = "", ...rest] = part.split(":").map((item) => item.trim());
    const match = UUID.exec(uuid);
    if (match === null || (match[1] === "") !== (match[8] === "")) throw malformed(part);
    const sid = [match[2], match[4], match[5], match[6], match[7]].join("-").toLowerCase();
    let tag = NO_TAG;
    for (const item of rest) {
      const interval = INTERVAL.exec(item);
      if (interval !== null) {
        const first = parseTransactionNumber(interval[1]!);
        const last = interval[2] === undefined ? first : parseTransactionNumber(interval[2]);
        if (first === 0) throw malformed(part);
        if (first <= last) this.#intervals(sid, tag).add(first, last);
      } else if (TAG.test(item)) tag = item.toLowerCase();
      else throw malformed(part);
    }
  }

  /** Parses only when another source or tag has its turn: neighbours in the log mostly differ in their number alone. */
  add(gtid: string): void {
    const colon = gtid.lastIndexOf(":");
    const digits = gtid.slice(colon + 1);
    if (
      colon > 0 &&
      colon === this.#lastPrefix.length &&
      gtid.startsWith(this.#lastPrefix) &&
      SAFE_NUMBER.test(digits)
    ) {
      this.#lastAdded.add(Number(digits), Number(digits));
      return;
    }
    const members = MysqlGtidSet.parse(gtid).#members();
    for (const [sid, tag, intervals] of members) this.#intervals(sid, tag).addAll(intervals);
    if (members.length !== 1) return;
    const [[sid, tag]] = members as [[string, string, GtidIntervals]];
    this.#lastPrefix = gtid.slice(0, colon);
    this.#lastAdded = this.#intervals(sid, tag);
  }

  get isEmpty(): boolean {
    return this.#members().every(([, , intervals]) => intervals.isEmpty);
  }

  contains(gtid: string): boolean {
    return MysqlGtidSet.parse(gtid).isSubsetOf(this);
  }

  isSubsetOf(other: GtidSet): boolean {
    const theirs = asMysql(other);
    return this.#members().every(([sid, tag, intervals]) => {
      const their = theirs.#sources.get(sid)?.get(tag);
      return intervals.isEmpty || (their !== undefined && their.containsAll(intervals));
    });
  }

  subtract(other: GtidSet): MysqlGtidSet {
    const theirs = asMysql(other);
    return MysqlGtidSet.#of(
      this.#members().map(([sid, tag, intervals]) => {
        const their = theirs.#sources.get(sid)?.get(tag);
        return [sid, tag, their === undefined ? intervals.clone() : intervals.subtract(their)];
      }),
    );
  }

  union(other: GtidSet): MysqlGtidSet {
    const result = this.clone();
    for (const [sid, tag, intervals] of asMysql(other).#members()) {
      result.#intervals(sid, tag).addAll(intervals);
    }
    return result;
  }

  equals(other: GtidSet): boolean {
    return other instanceof MysqlGtidSet && this.isSubsetOf(other) && other.isSubsetOf(this);
  }

  clone(): MysqlGtidSet {
    return MysqlGtidSet.#of(this.#members().map(([sid, tag, set]) => [sid, tag, set.clone()]));
  }

  /** As the server prints it, less its line breaks: uuids in order, untagged before tagged. */
  toString(): string {
    const parts: string[] = [];
    let lastSid: string | undefined;
    for (const [sid, tag, intervals] of this.#members()) {
      if (intervals.isEmpty) continue;
      const source = (tag === NO_TAG ? "" : `${tag}:`) + intervals.toString();
      if (sid === lastSid) parts[parts.length - 1] += `:${source}`;
      else parts.push(`${sid}:${source}`);
      lastSid = sid;
    }
    return parts.join(",");
  }

  /**
   * The binary form that COM_BINLOG_DUMP_GTID sends and PREVIOUS_GTIDS holds, all little-endian:
   *
   *     8         number of sources; with tags (8.3+): 1 byte 0x01, 6 bytes number, 1 byte 0x01
   *     for each source and tag:
   *       16      uuid
   *       1 + n   only with tags: twice the tag's length, the tag
   *       8       number of ranges
   *       8 + 8   for each range: its first number, the number behind its last one
   */
  encode(): Buffer {
    const members = this.#members().filter(([, , intervals]) => !intervals.isEmpty);
    const tagged = members.some(([, tag]) => tag !== NO_TAG);
    const head = Buffer.alloc(8);
    head.writeUIntLE(members.length, tagged ? 1 : 0, 6);
    if (tagged) head[0] = head[7] = TAGGED_FORMAT;
    const parts: Buffer[] = [head];
    for (const [sid, tag, intervals] of members) {
      parts.push(Buffer.from(sid.replaceAll("-", ""), "hex"));
      if (tagged) parts.push(Buffer.from([2 * tag.length]), Buffer.from(tag, "latin1"));
      const { bounds } = intervals;
      const body = Buffer.alloc(8 + 8 * bounds.length);
      body.writeBigUInt64LE(BigInt(bounds.length / 2), 0);
      bounds.forEach((bound, i) => body.writeBigUInt64LE(BigInt(bound) + BigInt(i % 2), 8 + 8 * i));
      parts.push(body);
    }
    return Buffer.concat(parts);
  }

  static #of(members: readonly (readonly [string, string, GtidIntervals])[]): MysqlGtidSet {
    const set = new MysqlGtidSet();
    for (const [sid, tag, intervals] of members) {
      if (!intervals.isEmpty) set.#tags(sid).set(tag, intervals);
    }
    return set;
  }

  #tags(sid: string): Map<string, GtidIntervals> {
    let tags = this.#sources.get(sid);
    if (tags === undefined) this.#sources.set(sid, (tags = new Map()));
    return tags;
  }

  #intervals(sid: string, tag: string): GtidIntervals {
    const tags = this.#tags(sid);
    let intervals = tags.get(tag);
    if (intervals === undefined) tags.set(tag, (intervals = new GtidIntervals()));
    return intervals;
  }

  /** Source, tag and numbers in the server's order. */
  #members(): [string, string, GtidIntervals][] {
    return [...this.#sources]
      .toSorted(byName)
      .flatMap(([sid, tags]) =>
        [...tags]
          .toSorted(byName)
          .map(([tag, set]): [string, string, GtidIntervals] => [sid, tag, set]),
      );
  }
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}

function asMysql(set: GtidSet): MysqlGtidSet {
  if (set instanceof MysqlGtidSet) return set;
  throw new TailraceError("INVARIANT_BROKEN", "a MySQL GTID set was compared with a MariaDB one");
}

function malformed(part: string): TailraceError {
  return new TailraceError("CONFIG_INVALID", `not a GTID set: ${JSON.stringify(part.trim())}`);
}

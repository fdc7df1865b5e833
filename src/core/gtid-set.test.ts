import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TailraceError } from "./errors.ts";
import { parseGtidSet } from "./gtid-set.ts";
import { MariadbGtidPosition } from "./mariadb-gtid-position.ts";
import { MysqlGtidSet } from "./mysql-gtid-set.ts";

const A = "0000000a-0000-0000-0000-00000000000a";
const B = "0000000b-0000-0000-0000-00000000000b";
const parse = (text: string): MysqlGtidSet => MysqlGtidSet.parse(text);

function littleEndian(n: number): string {
  return `${n.toString(16).padStart(2, "0")}00000000000000`;
}

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof TailraceError) return error.code;
    throw error;
  }
  return undefined;
}

describe("MysqlGtidSet", () => {
  // Left: what was given to GTID_SUBTRACT(…, '') of MySQL 9.7.4; right: what it answered, less line breaks.
  test.each([
    [`${A}:1:2:3`, `${A}:1-3`],
    [`0000000A000000000000-00000000000A:1`.replaceAll("-", ""), `${A}:1`],
    [`{${A.toUpperCase()}}:1`, `${A}:1`],
    [`${A}:1-3:2-9:15-12`, `${A}:1-9`],
    [`${A} : 1 - 3 : 5 , ,,`, `${A}:1-3:5`],
    [`${A}:a_b:1`, `${A}:a_b:1`],
    [`${A}:_ : 1`, `${A}:_:1`],
    [A, ""],
    [`${A}:x`, ""],
    [`${A}:x:y:1`, `${A}:y:1`],
    [`${A}:001`, `${A}:1`],
    ["", ""],
    [`${B}:1-3:7:Foo:2:bar:1-2:5,\n${A}:5:x:1`, `${A}:5:x:1,${B}:1-3:7:bar:1-2:5:foo:2`],
    [`${A}:7`, `${A}:7`],
  ])("reads %j as %j", (text, canonical) => {
    expect(parse(text).toString()).toBe(canonical);
  });

  test.each([
    `${A}:0`,
    `${A}:0-3`,
    `${A}:1 2`,
    `${A}:`,
    `${A}:abcdefghijklmnopqrstuvwxyz0123456:1`,
    `{${A}:1`,
    `${A.slice(1)}:1`,
    "1-2-3",
  ])("refuses %j", (text) => {
    expect(codeOf(() => parse(text))).toBe("CONFIG_INVALID");
  });

  test("refuses numbers that a double cannot hold", () => {
    expect(parse(`${A}:9007199254740991`).toString()).toBe(`${A}:9007199254740991`);
    expect(codeOf(() => parse(`${A}:9007199254740992`))).toBe("SOURCE_UNSUITABLE");
    const set = parse(`${A}:1`);
    set.add(`${A}:2`);
    expect(codeOf(() => set.add(`${A}:9007199254740992`))).toBe("SOURCE_UNSUITABLE");
    expect(codeOf(() => set.add(`${A}:0`))).toBe("CONFIG_INVALID");
    expect(codeOf(() => parse("").add(":1"))).toBe("CONFIG_INVALID");
    expect(set.toString()).toBe(`${A}:1-2`);
  });

  test("adds transactions of several sources and tags in any order", () => {
    const set = parse("");
    for (const number of [1, 2, 3, 7, 5, 6]) set.add(`${A}:${number}`);
    set.add(`${B}:tag:1`);
    set.add(`${B}:9`);
    set.add(`${B}:tag:2`);
    set.add(`${A}:4`);
    expect(set.toString()).toBe(`${A}:1-7,${B}:9:tag:1-2`);
    expect(set.contains(`${B}:tag:2`)).toBe(true);
    expect(set.contains(`${B}:2`)).toBe(false);
  });

  test("a clone does not share its numbers", () => {
    const set = parse(`${A}:1`);
    const copy = set.clone();
    set.add(`${A}:2`);
    copy.add(`${A}:5`);
    expect([set.toString(), copy.toString()]).toEqual([`${A}:1-2`, `${A}:1:5`]);
  });

  test("encodes an untagged set as the manual of COM_BINLOG_DUMP_GTID says", () => {
    const hex = parse(`${A}:1-3:7,${B}:1`).encode().toString("hex");
    expect(hex).toBe(
      littleEndian(2) +
        (A.replaceAll("-", "") + [2, 1, 4, 7, 8].map(littleEndian).join("")) +
        (B.replaceAll("-", "") + [1, 1, 2].map(littleEndian).join("")),
    );
    expect(parse("").encode().toString("hex")).toBe(littleEndian(0));
  });

  test("encodes tags as MySQL 9.7.4 wrote them into a PREVIOUS_GTIDS event", () => {
    const set = parse("7542bcbf-e736-11f1-9a6f-02fc00000001:1-3:mytag:1");
    expect(set.encode().toString("hex")).toBe(
      "01020000000000017542bcbfe73611f19a6f02fc000000010001000000000000000100000000000000" +
        "04000000000000007542bcbfe73611f19a6f02fc000000010a6d79746167010000000000000001000000" +
        "000000000200000000000000",
    );
  });

  // The model: a plain set of texts "uuid:tag:n".
  const gtid = fc.record({
    sid: fc.constantFrom(A, B),
    tag: fc.constantFrom(undefined, "x", "y"),
    number: fc.integer({ min: 1, max: 25 }),
  });
  const gtids = fc.array(gtid, { maxLength: 60 });
  type Gtid = typeof gtid extends fc.Arbitrary<infer T> ? T : never;
  const text = ({ sid, tag, number }: Gtid): string =>
    [sid, ...(tag === undefined ? [] : [tag]), number].join(":");
  const model = (list: readonly Gtid[]): Set<string> => new Set(list.map(text));
  const build = (list: readonly Gtid[]): MysqlGtidSet => {
    const set = parse("");
    for (const one of list) set.add(text(one));
    return set;
  };

  test("agrees with a plain set of ids in every operation", () => {
    fc.assert(
      fc.property(gtids, gtids, gtid, (one, two, probe) => {
        const [a, b, ma, mb] = [build(one), build(two), model(one), model(two)];
        const same = (set: { toString(): string }, expected: Set<string>): void =>
          expect(set.toString()).toBe(parse([...expected].join()).toString());
        same(a, ma);
        same(a.union(b), ma.union(mb));
        same(a.subtract(b), ma.difference(mb));
        expect(a.isSubsetOf(b)).toBe(ma.isSubsetOf(mb));
        expect(a.equals(b)).toBe(ma.symmetricDifference(mb).size === 0);
        expect(a.contains(text(probe))).toBe(ma.has(text(probe)));
        expect(a.isEmpty).toBe(ma.size === 0);
        expect(a.subtract(b).union(b).equals(a.union(b))).toBe(true);
        expect(parse(a.toString()).equals(a)).toBe(true);
      }),
    );
  });
});

describe("MariadbGtidPosition", () => {
  test("keeps the last transaction of each domain", () => {
    const position = MariadbGtidPosition.parse(" 1-10-5,\n0-33307-12 ");
    position.addMariadb(0, 4, 13);
    position.add("1-10-4");
    position.add("7-1-1,0-4-12");
    expect(position.toString()).toBe("0-4-13,1-10-5,7-1-1");
    expect(position.contains("0-99-13")).toBe(true);
    expect(position.contains("0-4-14")).toBe(false);
    expect(position.contains("2-1-1")).toBe(false);
  });

  test("compares by domain", () => {
    const early = parseGtidSet("mariadb", "0-1-10,1-1-5");
    const late = parseGtidSet("mariadb", "0-2-11,1-1-5");
    expect(early.isSubsetOf(late)).toBe(true);
    expect(late.isSubsetOf(early)).toBe(false);
    expect(late.subtract(early).toString()).toBe("0-2-11");
    expect(early.union(late).equals(late)).toBe(true);
    expect(early.clone().equals(early)).toBe(true);
  });

  test.each(["0-1", "0-1-1,0-2-3", "a-b-c", "4294967296-1-1", `${A}:1`])("refuses %j", (text) => {
    expect(codeOf(() => MariadbGtidPosition.parse(text))).toBe("CONFIG_INVALID");
  });

  test("never compares with a MySQL set", () => {
    expect(codeOf(() => parseGtidSet("mysql", "").union(parseGtidSet("mariadb", "")))).toBe(
      "INVARIANT_BROKEN",
    );
  });
});

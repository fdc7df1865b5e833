import type { RowDataPacket } from "mysql2/promise";
import { expect, test } from "vitest";
import {
  charsetOfCollation,
  COLLATION_NAMES,
  collatorNamed,
} from "../../src/expression/text/collations/named.ts";
import type { Collator } from "../../src/expression/text/collations/collator.ts";
import { createLike } from "../../src/expression/text/like-pattern.ts";
import { openTestDatabase, type TestDatabase } from "../support/mysql.ts";
import { Random } from "./random.ts";

/** Of each collation; `TAILRACE_TEST_PAIRS` for a longer look. */
const PAIRS = Number(process.env["TAILRACE_TEST_PAIRS"] ?? 400);
const CHUNK = 1000;

/** Characters that are alike in one collation or another, that count for nothing, that expand, that pad. */
const INTERESTING = Array.from(
  "aAàÀáåÅäÄæÆbBcCçßsSẞﬁfi oøØ0０１1²½ \t-_%\\.'éèeE\u0301\u0308\u200b\0\x01\x7f€ŒœıİiIΑαάЯяйи\u0306" +
    "가각ᄀ한中国豈漢あアｱ゛😀😁𝐀𝒜𠀀\u{2f800}\u{e0041}ﷺ㍿\uffff\ufffd\u0378\ue000ÿŸ¿þÞðÐ×÷",
);
const PLAIN = "aAbBcCéÉß 1_";

interface Kind {
  readonly collation: string;
  readonly character: (random: Random) => string;
}

function kindOf(collation: string): Kind {
  const charset = charsetOfCollation(collation);
  const holds = (character: string): boolean => {
    const point = character.codePointAt(0) ?? 0;
    if (charset === "ascii") return point < 0x80;
    if (charset === "latin1") return LATIN1.has(character);
    return charset === "utf8mb4" || point < 0x10000;
  };
  const interesting = INTERESTING.filter(holds);
  const plain = Array.from(PLAIN).filter(holds);
  return {
    collation,
    character(random) {
      if (random.chance(0.5)) return random.pick(plain);
      if (random.chance(0.7)) return random.pick(interesting);
      for (;;) {
        const point = random.below(random.chance(0.7) ? 0x3000 : 0x30000);
        const isSurrogate = point >= 0xd800 && point < 0xe000;
        if (!isSurrogate && holds(String.fromCodePoint(point))) return String.fromCodePoint(point);
        if (charset === "ascii" || charset === "latin1") return random.pick(interesting);
      }
    },
  };
}

const LATIN1 = new Set(
  new TextDecoder("windows-1252").decode(Uint8Array.from({ length: 256 }, (_, i) => i)),
);

/** Two texts, the second often the first with a character or two changed. */
function makePair({ character }: Kind, random: Random): readonly [string, string] {
  const text = (): string[] => Array.from({ length: random.below(6) }, () => character(random));
  const a = text();
  if (random.chance(0.3)) return [a.join(""), text().join("")];
  const b = [...a];
  const changes = random.below(3);
  for (let i = 0; i < changes; i++)
    b.splice(random.below(b.length + 1), random.below(2), character(random));
  if (random.chance(0.2)) b.push(" ");
  return [a.join(""), b.join("")];
}

/** Numbers as their digits. */
interface Answer extends RowDataPacket {
  readonly cmp: string;
  readonly likes: string;
  readonly place: string;
}

async function ask(
  database: TestDatabase,
  { collation }: Kind,
  pairs: readonly (readonly [string, string])[],
): Promise<Answer[]> {
  const charset = charsetOfCollation(collation);
  const [a, b] = ["a", "b"].map((name) => `CONVERT(UNHEX(${name}) USING utf8mb4)`);
  const hex = pairs.map((pair) => pair.map((text) => Buffer.from(text).toString("hex")));
  return database.query<Answer>(
    `SELECT STRCMP(x, y) AS cmp, x LIKE y ESCAPE '|' AS likes, LOCATE(y, x) AS place FROM (
       SELECT o, CONVERT(${a} USING ${charset}) COLLATE ${collation} AS x, CONVERT(${b} USING ${charset}) COLLATE ${collation} AS y
       FROM JSON_TABLE(?, '$[*]' COLUMNS (o FOR ORDINALITY, a VARCHAR(200) PATH '$[0]', b VARCHAR(200) PATH '$[1]')) j) t ORDER BY o`,
    [JSON.stringify(hex)],
  );
}

function like(collator: Collator): (a: string, b: string) => boolean {
  return createLike(collator.matches, "|");
}

test.each(COLLATION_NAMES)("%s compares, matches and finds as MySQL does", async (collation) => {
  await using database = await openTestDatabase("mysql");
  const random = new Random(
    process.env["TAILRACE_TEST_PAIRS"] === undefined ? 7 : Date.now() % 1e6,
  );
  const kind = kindOf(collation);
  const collator = collatorNamed(collation)!;
  const matches = like(collator);
  for (let done = 0; done < PAIRS; done += CHUNK) {
    const pairs = Array.from({ length: Math.min(CHUNK, PAIRS) }, () => makePair(kind, random));
    const answers = await ask(database, kind, pairs);
    const ours = pairs.map(([a, b]) => ({
      cmp: Math.sign(collator.compare(a, b)) + 0,
      isEqual: collator.equal(a, b),
      likes: matches(a, b) ? 1 : 0,
      place: collator.find(a, b, 0) + 1,
    }));
    const differences = answers.flatMap(({ cmp, likes, place }, i) => {
      const theirs = {
        cmp: Number(cmp),
        isEqual: cmp === "0",
        likes: Number(likes),
        place: Number(place),
      };
      return JSON.stringify(theirs) === JSON.stringify(ours[i])
        ? []
        : [{ pair: pairs[i]!.map(escaped), theirs, ours: ours[i] }];
    });
    expect(differences.slice(0, 5)).toEqual([]);
  }
});

function escaped(text: string): string {
  return Array.from(text, (character) => {
    const point = character.codePointAt(0) ?? 0;
    return point > 0x20 && point < 0x7f ? character : `\\u{${point.toString(16)}}`;
  }).join("");
}

import type { RowDataPacket } from "mysql2/promise";
import { expect, test } from "vitest";
import type { Column } from "../../src/core/schema.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { evaluateHere } from "./here.ts";
import { Random } from "./random.ts";

/** `TAILRACE_TEST_PATTERNS` for a longer look, with another seed each time. */
const PATTERNS = Number(process.env["TAILRACE_TEST_PATTERNS"] ?? 150);
const SUBJECTS = 12;
const CHARACTERS = Array.from("abcsSfFiItTkK019_ .-ßﬁﬀ\u212aſéÉ中\n\r\t٣😀");
const LITERALS = Array.from("aabcssffitTkK019_ -中");

/** A pattern, mostly of what is translated. */
function makePattern(random: Random, depth = 0): string {
  const sequence = (): string =>
    Array.from({ length: 1 + random.below(4) }, () => makePart(random, depth)).join("");
  const count = random.chance(0.2) ? 2 : 1;
  return Array.from({ length: count }, sequence).join("|");
}

function makePart(random: Random, depth: number): string {
  const repetition = random.chance(0.3)
    ? random.pick(["*", "+", "?", "{2}", "{1,2}", "{0,1}", "{1,}", "*?", "+?", "??"])
    : "";
  if (random.chance(0.08)) return random.pick(["^", "$"]);
  if (depth < 2 && random.chance(0.15)) {
    return `${random.pick(["(", "(?:"])}${makePattern(random, depth + 1)})${repetition}`;
  }
  if (random.chance(0.3)) return makeClass(random) + repetition;
  return random.pick(LITERALS) + repetition;
}

function makeClass(random: Random): string {
  const simple = [
    ".",
    "\\d",
    "\\w",
    "\\s",
    "\\D",
    "\\W",
    "\\S",
    "\\.",
    "[[:alpha:]]",
    "[^[:space:]]",
  ];
  if (random.chance(0.5)) return random.pick(simple);
  const ranges = ["a-c", "0-9", "s", "k", "\\-", "\\d", "A-Z", "x", "_", "[:alnum:]", "f-i"];
  const content = Array.from({ length: 1 + random.below(3) }, () => random.pick(ranges)).join("");
  return `[${random.chance(0.3) ? "^" : ""}${content}]`;
}

const columns: readonly Column[] = ["utf8mb4_0900_ai_ci", "utf8mb4_bin"].map((collation, i) => ({
  name: `t${i}`,
  type: { kind: "text", charset: "utf8mb4", collation, maxBytes: 400, large: false },
  nullable: false,
}));

test("patterns that are taken mean what MySQL's engine makes of them", async () => {
  await using database = await openTestDatabase("mysql");
  const random = new Random(
    process.env["TAILRACE_TEST_PATTERNS"] === undefined ? 11 : Date.now() % 1e6,
  );
  await database.query(
    "CREATE TABLE s (id INT PRIMARY KEY, t0 VARCHAR(100) COLLATE utf8mb4_0900_ai_ci, t1 VARCHAR(100) COLLATE utf8mb4_bin)",
  );
  let taken = 0;
  const differences: unknown[] = [];
  for (let i = 0; i < PATTERNS; i++) {
    const pattern = makePattern(random);
    const quoted = `'${pattern.replaceAll("\\", "\\\\")}'`;
    const calls = ["t0", "t1"].flatMap((column) => [
      `${column} regexp ${quoted}`,
      `regexp_instr(${column}, ${quoted})`,
      `regexp_substr(${column}, ${quoted}, 1, 2)`,
      `regexp_replace(${column}, ${quoted}, '<$0>')`,
    ]);
    const subjects = Array.from({ length: SUBJECTS }, () =>
      Array.from({ length: random.below(8) }, () => random.pick(CHARACTERS)).join(""),
    );
    const ours = calls.map((sql) =>
      evaluateHere(
        sql,
        columns,
        subjects.map((text) => [text, text]),
      ),
    );
    const compiled = calls.flatMap((sql, at) => ("refusal" in ours[at]! ? [] : [{ sql, at }]));
    if (compiled.length === 0) continue;
    taken++;
    await database.query("DELETE FROM s");
    await database.query("INSERT INTO s VALUES ?", [subjects.map((text, id) => [id, text, text])]);
    const list = compiled.map(({ sql, at }) => `${sql} AS c${at}`).join(", ");
    const rows = await database.query<RowDataPacket>(`SELECT ${list} FROM s ORDER BY id`);
    for (const { sql, at } of compiled) {
      const mine = ours[at]!;
      if ("refusal" in mine) continue;
      for (const [id, row] of rows.entries()) {
        const value = row[`c${at}`] as string | number | null;
        const theirs = value === null ? null : String(value);
        if (mine.values[id] !== theirs)
          differences.push({
            sql,
            subject: JSON.stringify(subjects[id]),
            ours: mine.values[id],
            theirs,
          });
      }
    }
  }
  expect(differences.slice(0, 8)).toEqual([]);
  expect(taken).toBeGreaterThan(PATTERNS / 3);
});

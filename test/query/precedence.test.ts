import fc from "fast-check";
import { createConnection } from "mysql2/promise";
import { expect, test } from "vitest";
import { parseExpression } from "../../src/query/expression.ts";
import { printExpression } from "../../src/query/print.ts";
import { RuleTextError } from "../../src/query/rule-text-error.ts";
import { testServerUrl } from "../support/servers.ts";

const BINARY =
  "+ - * / % div mod ^ | & << >> = <=> <> != < <= > >= and && or || xor like regexp rlike".split(
    " ",
  );
const PREFIXES = ["", "", "", "", "", "-", "+", "~", "!", "not", "binary", "interval 1 day +"];
const OPERANDS = [
  "0",
  "1",
  "2",
  "3",
  "-1",
  "1.5",
  "'1'",
  "'a'",
  "null",
  "true",
  "'2026-01-02'",
  "(1 in (0))",
];
const SUFFIXES = [
  ...Array.from({ length: 12 }, () => ""),
  "is null",
  "is not null",
  "is true",
  "is not false",
  "is unknown",
  "in (1, 2)",
  "not in (0, 1)",
  "between 0 and 2",
  "not between 1 and",
  "collate utf8mb4_bin",
  "not like 'a' escape '!'",
  "member of ('[1]')",
  "+ interval 1 day",
  "- interval 1 month",
];

const chains = fc
  .array(
    fc.record({
      operator: fc.constantFrom(...BINARY),
      prefix: fc.constantFrom(...PREFIXES),
      operand: fc.constantFrom(...OPERANDS),
      suffix: fc.constantFrom(...SUFFIXES),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((links) =>
    links
      .map(({ operator, prefix, operand, suffix }, i) =>
        [i === 0 ? "" : operator, prefix, operand, suffix].filter((part) => part !== "").join(" "),
      )
      .join(" ")
      .replace(/ not between 1 and$/, ""),
  );

/** The expression with parentheses around every operator, or null when it is none. */
function withParentheses(text: string): string | null {
  try {
    return printExpression(parseExpression(text, "where"));
  } catch (error) {
    if (error instanceof RuleTextError) return null;
    throw error;
  }
}

test("chains of operators are grouped, and refused, as by MySQL", async () => {
  const connection = await createConnection({
    uri: testServerUrl("mysql").href,
    charset: "utf8mb4",
  });
  await using _ = { [Symbol.asyncDispose]: async () => connection.end() };
  const evaluate = async (text: string): Promise<string> => {
    try {
      const [rows] = await connection.query({ sql: `select ${text}`, rowsAsArray: true });
      return JSON.stringify(rows);
    } catch (error) {
      return `error ${(error as { readonly errno: number }).errno}`;
    }
  };
  const seen = { parsed: 0, refused: 0 };
  for (const text of fc.sample(chains, { numRuns: 1500, seed: 9 })) {
    const explicit = withParentheses(text);
    const theirs = await evaluate(text);
    seen[explicit === null ? "refused" : "parsed"] += 1;
    const expected = explicit === null ? "error 1064" : await evaluate(explicit);
    expect({ text, explicit, result: theirs }).toEqual({ text, explicit, result: expected });
  }
  expect(Math.min(seen.parsed, seen.refused)).toBeGreaterThan(200);
});

import fc from "fast-check";
import { createConnection } from "mysql2/promise";
import { expect, test } from "vitest";
import { parseExpression } from "../../src/query/expression.ts";
import { printExpression } from "../../src/query/print.ts";
import { parseQuery } from "../../src/query/select.ts";
import { tokenize } from "../../src/query/token.ts";
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

/** Evaluates expressions on the server: the rows as JSON, or the number of the error. */
async function openServer() {
  const connection = await createConnection({
    uri: testServerUrl("mysql").href,
    charset: "utf8mb4",
    dateStrings: true,
  });
  const evaluate = async (text: string): Promise<string> => {
    try {
      const [rows] = await connection.query({ sql: `select ${text}`, rowsAsArray: true });
      return JSON.stringify(rows);
    } catch (error) {
      return `error ${(error as { readonly errno: number }).errno}`;
    }
  };
  return { evaluate, [Symbol.asyncDispose]: async () => connection.end() };
}

test("chains of operators are grouped, and refused, as by MySQL", async () => {
  await using server = await openServer();
  const seen = { parsed: 0, refused: 0 };
  for (const text of fc.sample(chains, { numRuns: 1500, seed: 9 })) {
    const explicit = withParentheses(text);
    const theirs = await server.evaluate(text);
    seen[explicit === null ? "refused" : "parsed"] += 1;
    const expected = explicit === null ? "error 1064" : await server.evaluate(explicit);
    expect({ text, explicit, result: theirs }).toEqual({ text, explicit, result: expected });
  }
  expect(Math.min(seen.parsed, seen.refused)).toBeGreaterThan(200);
});

test.each([
  "trim(both 'x' from 'xaxx'), trim(leading from '  a '), trim('b' from 'bab'), trim(trailing 'a' from 'ba')",
  "substring('abcdef' from 2 for 3), substr('abc', -2), mid('abcdef' from 3)",
  "position('b' in 'abc'), locate('c', 'abcabc', 4)",
  "extract(day_minute from '2026-01-02 03:04:05'), extract(year_month from date '2026-01-02')",
  "timestampdiff(sql_tsi_hour, '2026-01-01', '2026-01-02'), timestampadd(week, 1, '2026-01-01')",
  "date_add('2026-01-31', interval 1 month), subdate('2026-01-31', 3), adddate('2026-01-31', interval '1:1' minute_second)",
  "'2026-01-01' + interval (1) + 2 day - interval 3 hour, interval 1 + 1 day + '2026-01-01' + 0",
  "interval(5, 1, 3, 7), interval (23, 1)",
  "cast('12.345' as decimal(5, 2)), convert('7', signed), cast(1.5 as float(30)), cast('a' as char(3) charset latin1)",
  "cast('2026-01-02 03:04:05.678' as datetime(1)), cast('1:2:3' as time), cast(2026 as year), cast('[1]' as json)",
  "convert('a' using latin1), char(77, 121 using utf8mb4), char(65), binary 'a' = 'A'",
  "'it''s', \"a\"\"b\", 'a' 'b' \"c\", '\\n\\%\\_\\q\\0'",
  "_utf8mb4 x'c3a9', _binary'abc', x'4d7953514c', 0x41, b'1000001' + 0, 0b11 | 0",
  "date'2026-01-02', time '10:11:12.5', timestamp \"2026-01-02 03:04:05\"",
  "case when 1 > 2 then 'a' when null then 'b' else 'c' end, case 3 when 1 then 2 end is null",
  "if(1 > 2, 'a', 'b'), ifnull(null, 3), nullif(1, 1), left('abc', 2), right ('abc', 1), repeat('a', 3), replace('aba', 'a', 'c'), insert('abc', 1, 1, 'x')",
  "mod(7, 3), 7 mod 3, 7 % 3, 7 div 2, -7 div 2",
  "'a' not like 'b', 'a%' like 'a|%' escape '|', 'abc' regexp '^a', 'abc' not rlike 'c$'",
  "2 not in (1, 3), 5 not between 1 and 3, 1 member of ('[1,2]')",
  "1 is not true, null is unknown, 0 is not false, not null <=> null",
  "get_format(date, 'EUR'), get_format(timestamp, 'ISO')",
  "1 /* one */ + -- two\n 1 # three\n + 1, 5--3",
  "true and not false || 0 xor 1 && 0, !1 + 1, ~0 & 1 << 3 ^ 2",
  "'a' collate utf8mb4_bin = 'A', 'a' collate 'utf8mb4_0900_as_cs' = 'A'",
  "18446744073709551615, 18446744073709551616, -9223372036854775808, 1., .5, 1.e3, 1E-3, 007",
])("%s means the same when it is printed", async (list) => {
  await using server = await openServer();
  const { items } = parseQuery(`select ${aliased(list)} from s.t`);
  const printed = items.map((item) =>
    item.kind === "field" ? printExpression(item.expression) : "*",
  );
  const theirs = await server.evaluate(list);
  expect(theirs).toMatch(/^\[/);
  expect(await server.evaluate(printed.join(", "))).toBe(theirs);
});

/** The list with a name for each expression: commas between parentheses and in strings are no separators. */
function aliased(list: string): string {
  let depth = 0;
  let [text, from, count] = ["", 0, 0];
  for (const token of tokenize(list)) {
    if (token.kind !== "sign") continue;
    if (token.text === "(") depth += 1;
    if (token.text === ")") depth -= 1;
    if (token.text !== "," || depth > 0) continue;
    text += `${list.slice(from, token.at)} as f${count},`;
    count += 1;
    from = token.end;
  }
  return `${text}${list.slice(from)}\nas f${count}`;
}

import fc from "fast-check";
import { expect, test } from "vitest";
import { parseExpression } from "./expression.ts";
import { printExpression } from "./print.ts";
import { RESERVED_WORDS } from "./reserved-words.ts";
import { RuleTextError } from "./rule-text-error.ts";
import type { CastTarget, Expression } from "./tree.ts";

/** How an expression is understood, with parentheses around every operator. */
function understood(text: string): string {
  return printExpression(parseExpression(text, "where"));
}

/** What is said of an expression, without the place. */
function problemOf(text: string): string {
  try {
    return `none: ${understood(text)}`;
  } catch (error) {
    if (error instanceof RuleTextError) return `${error.at}: ${error.why}`;
    throw error;
  }
}

test.each([
  ["1 + 2 * 3 ^ 4", "(1 + (2 * (3 ^ 4)))"],
  ["-a ^ 2", "((- a) ^ 2)"],
  ["- a collate utf8mb4_bin", "(- (a collate utf8mb4_bin))"],
  ["!a + 1", "((not a) + 1)"],
  ["not a + 1", "(not (a + 1))"],
  ["not a = b and c", "((not (a = b)) and c)"],
  ["a || b && c xor d", "(a or ((b and c) xor d))"],
  ["a = b = c", "((a = b) = c)"],
  ["a = b is null", "((a = b) is null)"],
  ["a is null = b", "((a is null) = b)"],
  ["a = b is not true", "(not ((a = b) is true))"],
  ["a = b in (1, 2)", "(a = (b in (1, 2)))"],
  ["a between 1 and 2 and b", "((a between 1 and 2) and b)"],
  ["a not between b | c and d & e", "(not (a between (b | c) and (d & e)))"],
  ["a not like 'x' escape '!'", "(not (a like 'x' escape '!'))"],
  ["a rlike b + 1", "(a regexp (b + 1))"],
  ["1 member of (a)", "(1 member of (a))"],
  ["a mod b div c % d", "(((a mod b) div c) % d)"],
  ["mod(a, b)", "(a mod b)"],
  ["binary a = b", "((binary a) = b)"],
  ["a <> b != c <=> d", "(((a <> b) <> c) <=> d)"],
  [
    "d - interval 1 day + interval '1:2' minute_second",
    "date_add(date_sub(d, interval 1 day), interval '1:2' minute_second)",
  ],
  ["interval 1 sql_tsi_day + d", "date_add(d, interval 1 day)"],
  ["interval(a, 1, (2))", "interval(a, 1, 2)"],
  ["adddate(d, 3)", "adddate(d, 3)"],
  ["extract(year_month from d)", "extract(year_month from d)"],
  ["timestampdiff(day, a, b)", "timestampdiff(day, a, b)"],
  ["trim(a)", "trim(a)"],
  ["trim(leading 'x' from a)", "trim(leading 'x' from a)"],
  ["trim('x' from a)", "trim(both 'x' from a)"],
  ["substring(a from 2 for 3)", "substring(a, 2, 3)"],
  ["position('x' in a)", "locate('x', a)"],
  ["convert(a, decimal(5, 2))", "cast(a as decimal(5, 2))"],
  ["convert(a using latin1)", "cast(a as char character set latin1)"],
  ["char(65, 66 using utf8mb4)", "cast(char(65, 66) as char character set utf8mb4)"],
  ["current_timestamp", "current_timestamp()"],
  ["case a when 1 then 2 end", "case a when 1 then 2 end"],
  ["a->'$.x' = b->>'$[0]'", "(a->'$.x' = b->>'$[0]')"],
  ["`order`.`a``b`", "`a``b`"],
  ["'it''s' \" \"\"x\"\"\" 'y\\n\\%\\q'", "'it''s \"x\"y\n\\\\%q'"],
  ["_utf8mb4'é' = _binary'é'", "('é' = x'c3a9')"],
  ["x'4D' + 0xabc + b'101' + 0b1", "(((x'4d' + x'0abc') + x'05') + x'01')"],
  [".5 + 1. + 1.5e-3 + 18446744073709551616", "(((.5 + 1.) + 1.5e-3) + 18446744073709551616)"],
  [
    "date '2026-01-02' < timestamp\"2026-01-02 03:04:05\"",
    "(date '2026-01-02' < timestamp '2026-01-02 03:04:05')",
  ],
  ["date + time + status + type + 2nd", "((((date + time) + status) + type) + `2nd`)"],
  ["a -- one\n + # two\n b /* three */", "(a + b)"],
  ["a--1", "(a - (- 1))"],
])("%s is understood as in MySQL", (text, expected) => {
  expect(understood(text)).toBe(expected);
});

test.each([
  ["a like b + 1", "9: an operator or the end is expected here, not +"],
  ["a like b like c", "9: an operator or the end is expected here, not like"],
  ["a is true is true", "10: an operator or the end is expected here, not is"],
  ["a = not b", "4: NOT is not possible behind this operator: put it in parentheses"],
  ["order + 1", "0: order is a word of SQL: put it in back-ticks where it names a column"],
  ["count(*) > 1", "0: a rule makes one document of each row and has no aggregates, so no count()"],
  ["row_number() over ()", "0: a rule has no window functions"],
  ["a in (select 1)", "6: a rule has no sub-queries: list the values"],
  ["(select 1)", "1: a rule has no sub-queries"],
  ["a > all (select 1)", "4: a rule has no sub-queries, so no ALL of one"],
  ["(a, b) = (1, 2)", "0: a rule has no row constructors: compare the values one by one"],
  ["@a + 1", "0: a rule has no variables"],
  ["a = ?", "4: a rule has no placeholders: write the value"],
  ["a sounds like b", "2: a rule has no SOUNDS LIKE: compare soundex(a) with soundex(b)"],
  ["match(a) against ('x')", "0: a rule has no MATCH … AGAINST: that is what the index is for"],
  ["f(a)->'$.x'", "4: an operator or the end is expected here, not ->"],
  ["a->'$.x'->'$.y'", "8: -> stands behind a column only: one path can lead further, '$.a.b'"],
  ["a->b", "3: a path in quotes, such as '$.colour', is expected here, not b"],
  ["shop.f(a)", "0: shop.f is no function of MySQL's own, and a rule has no others"],
  ["N'x'", "0: N'…' is a string of utf8mb3, which rules do not have: write '…'"],
  ["_latin1'x'", "0: a rule has no literals of latin1: it is utf8mb4, or _binary"],
  ["interval 1 day", "0: an INTERVAL stands in date arithmetic only: date + INTERVAL 1 DAY"],
  ["date_add(a, 1)", "12: INTERVAL is expected here, not 1"],
  ["cast(a as varchar(3))", "10: CAST does not make VARCHAR: write CHAR"],
  ["cast(a as decimal(5, 6))", "10: DECIMAL has no more fractional digits than digits"],
  ["1e400", "0: the number is out of range"],
  ["x'abc'", "0: x'…' needs an even number of digits"],
  ["a = 'x", "4: the string is not closed by another '"],
  ["a + `x", "4: the back-tick is not closed"],
  ["a /* x", "2: the comment is not closed by */"],
  ["a /*!80000 + 1 */", "2: a rule has no code for some versions of MySQL (/*!)"],
  ["a +", "3: the text ends where a value is expected"],
  ["(a", '2: the text ends where ")" is expected'],
  ["case a end", "7: WHEN is expected here, not end"],
  ["  ", "0: there is no expression"],
])("%s is refused with place and reason", (text, expected) => {
  expect(problemOf(text)).toBe(expected);
});

test("an error shows the line with a caret", () => {
  expect(() => parseExpression("a = 1 and\n\tb like like 'x'", "where")).toThrow(
    expect.objectContaining({
      code: "RULE_QUERY_INVALID",
      message:
        "where:2:9: like is a word of SQL: put it in back-ticks where it names a column\n    2 | \tb like like 'x'\n      | \t       ^",
    }),
  );
});

const targets: fc.Arbitrary<CastTarget> = fc.oneof(
  fc
    .constantFrom("signed", "unsigned", "double", "float", "date", "year", "json")
    .map((type) => ({ type })),
  fc.record({
    type: fc.constant("decimal"),
    precision: fc.integer({ min: 31, max: 65 }),
    scale: fc.nat(30),
  }),
  fc.record({ type: fc.constantFrom("datetime", "time"), fraction: fc.nat(6) }),
  fc.record({ type: fc.constant("binary"), length: fc.nat(9) }),
  fc.record({ type: fc.constant("char"), charset: fc.constantFrom("latin1", "utf8mb4") }),
);

const leaves: fc.Arbitrary<Expression> = fc.oneof(
  fc.record({ kind: fc.constant("literal"), type: fc.constant("null"), at: fc.constant(0) }),
  fc.record({
    kind: fc.constant("literal"),
    type: fc.constant("boolean"),
    value: fc.boolean(),
    at: fc.constant(0),
  }),
  fc.record({
    kind: fc.constant("literal"),
    type: fc.constant("integer"),
    text: fc.nat().map(String),
    at: fc.constant(0),
  }),
  fc.record({
    kind: fc.constant("literal"),
    type: fc.constant("decimal"),
    text: fc.constantFrom("1.50", ".5", "2."),
    at: fc.constant(0),
  }),
  fc.record({
    kind: fc.constant("literal"),
    type: fc.constant("double"),
    text: fc.constantFrom("1e3", "1.5E-7"),
    at: fc.constant(0),
  }),
  fc.record({
    kind: fc.constant("literal"),
    type: fc.constant("string"),
    value: fc.string({ unit: "binary" }),
    at: fc.constant(0),
  }),
  fc.record({
    kind: fc.constant("literal"),
    type: fc.constant("bytes"),
    value: fc.uint8Array({ maxLength: 4 }),
    at: fc.constant(0),
  }),
  fc.record({
    kind: fc.constant("literal"),
    type: fc.constantFrom("date", "time", "timestamp"),
    text: fc.string(),
    at: fc.constant(0),
  }),
  fc.record({
    kind: fc.constant("column"),
    name: fc.oneof(
      fc.string({ minLength: 1 }),
      fc.constantFrom(...RESERVED_WORDS, "date", "ID", "n", "_utf8mb4", "x1", "sounds", "member"),
    ),
    at: fc.constant(0),
  }),
);

const BINARY = "+ - * / % div mod = <=> <> < <= > >= and or xor & | ^ << >> regexp like".split(" ");
const UNARY = [
  "neg",
  "plus",
  "~",
  "not",
  "binary",
  "is null",
  "is true",
  "is false",
  "is unknown",
  "trim_both",
  "extract_day_hour",
  "abs",
  "current_date",
];
const CALLS = ["in", "coalesce", "if", "substring", "timestampadd_day", "interval", "replace"];

const { expression: expressions } = fc.letrec<{ expression: Expression }>((tie) => {
  const argument = tie("expression");
  const calls = (names: readonly string[], args: fc.Arbitrary<readonly Expression[]>) =>
    fc.record({
      kind: fc.constant("call" as const),
      name: fc.constantFrom(...names),
      arguments: args,
      at: fc.constant(0),
    });
  const interval = fc.record({
    kind: fc.constant("interval" as const),
    count: argument,
    unit: fc.constantFrom("day", "minute_second"),
    at: fc.constant(0),
  });
  return {
    expression: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      leaves,
      calls(BINARY, fc.tuple(argument, argument)),
      calls(UNARY, fc.tuple(argument)),
      calls(["between", "like"], fc.tuple(argument, argument, argument)),
      calls(["trim_leading", "trim_both", "adddate"], fc.tuple(argument, argument)),
      calls(CALLS, fc.array(argument, { minLength: 2, maxLength: 3 })),
      calls(["date_add", "date_sub", "adddate"], fc.tuple(argument, interval)),
      fc.record({
        kind: fc.constant("case" as const),
        operand: fc.option(argument),
        // oxlint-disable-next-line unicorn/no-thenable -- SQL's own word
        branches: fc.array(fc.record({ when: argument, then: argument }), {
          minLength: 1,
          maxLength: 2,
        }),
        otherwise: fc.option(argument),
        at: fc.constant(0),
      }),
      fc.record({ kind: fc.constant("cast" as const), argument, to: targets, at: fc.constant(0) }),
      fc.record({
        kind: fc.constant("collate" as const),
        argument,
        collation: fc.constant("utf8mb4_bin"),
        at: fc.constant(0),
      }),
    ),
  };
});

test("what is printed is parsed to the same tree", () => {
  fc.assert(
    fc.property(expressions, (expression) => {
      const parsed = parseExpression(printExpression(expression), "where");
      expect(withoutPlaces(parsed)).toEqual(withoutPlaces(expression));
    }),
    { numRuns: 500 },
  );
});

function withoutPlaces(expression: Expression): unknown {
  return JSON.parse(
    JSON.stringify(expression, (key, value: unknown) => (key === "at" ? 0 : value)),
  );
}

const WORDS =
  "a 1 .5 1e3 'x' \" ` ( ) , ; . + - * / -> ->> = <=> < != ! ~ && || @ ? : { } is not null true in between and or like escape case when then else end cast as interval day + date trim both from extract year_month char using convert select binary collate member of over x' 0x _utf8mb4 /* -- # \n".split(
    / +/,
  );

test("nothing but its own error comes of whatever text", () => {
  const soup = fc.array(
    fc.oneof(fc.constantFrom(...WORDS), fc.string({ unit: "binary", maxLength: 3 })),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(soup, fc.boolean(), (words, isSpaced) => {
      expect(problemOf(words.join(isSpaced ? " " : ""))).toEqual(expect.any(String));
    }),
    { numRuns: 3000 },
  );
});

test("what is nested too deeply is refused", () => {
  expect(problemOf(`${"(".repeat(600)}a`)).toContain("too long or nested too deeply");
  expect(problemOf(`a${" + a".repeat(600)}`)).toContain("too long or nested too deeply");
  expect(problemOf(`a${" or a = 1 and a".repeat(150)}`)).toContain("none: ");
});

test("intervals in intervals take no time", () => {
  expect(problemOf("interval (".repeat(200))).toContain("nested too deeply");
});

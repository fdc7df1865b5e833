import { expect, test } from "vitest";
import { answer } from "../../../test/support/recorded-answers.ts";

// SELECT expression FROM t: MySQL 9.7; a number is that of an error

test.each([
  ["if(i = 7, 'a', 'b')", "a"],
  ["if(n, 1, 2)", "2"],
  ["if('a', 1, 2)", "2"],
  ["if(0.4, 1, 2)", "1"],
  ["if(i, 1, 2.55)", "1"],
  ["if(i, 1, 2.55) * 1", "1.00"],
  ["concat(if(i, 1, 2.55))", "1"],
  ["if(i, ub, -1)", "18446744073709551615"],
  ["if(i, f, 1)", "1.1"],
  ["if(i, f, i)", "1.100000023841858"],
  ["if(i, 1.5, 2e0)", "1.5"],
  ["if(i, dt, 'x')", "2024-02-29"],
  ["if(i, e, 'x')", "b"],
  ["case i when 1 then 'a' when 7 then 'b' end", "b"],
  ["case when n then 1 else 0 end", "0"],
  ["case n when null then 1 else 0 end", "0"],
  ["case i when '7x' then 1 else 0 end", "1"],
  ["case dt when '2024-2-29' then 1 else 0 end", "1"],
  ["case b when '9007199254740992' then 1 else 0 end", "1"],
  ["case y when 24 then 1 else 0 end", "0"],
  ["if(i = 7, 1, i + 9223372036854775807)", "1"],
  ["if(i = 8, 1, i + 9223372036854775807)", 1690],
])("IF and CASE: %s is %s", (sql, expected) => {
  expect(answer(sql)).toBe(expected);
});

test.each([
  ["coalesce(n, 1)", "1"],
  ["coalesce(n, 1, 2.55)", "1.00"],
  ["ifnull(n, 'x')", "x"],
  ["ifnull(i, d)", "7.00"],
  ["coalesce(f, 1)", "1.1"],
  ["concat(coalesce(f, 1))", "1.100000023841858"],
  ["ifnull(f, i)", "1.100000023841858"],
  ["nullif(i, 7)", null],
  ["nullif(i, '7')", null],
  ["nullif(1, 2.55)", "1"],
  ["nullif('a', 'A')", null],
  ["nullif(b, '9007199254740992')", "9007199254740993"],
  ["nullif(n, 1)", null],
  ["coalesce(null, null)", null],
  ["ifnull(n, n)", null],
])("the first that is not NULL: %s is %s", (sql, expected) => {
  expect(answer(sql)).toBe(expected);
});

test.each([
  ["greatest(1, 2.5)", "2.5"],
  ["greatest(1, n)", null],
  ["least(-1, ub)", "-1"],
  ["greatest(dt, dtm)", "2024-02-29 10:11:12.345"],
  ["greatest(y, 24)", "2024"],
  ["greatest(f, 1)", "1.1"],
  ["greatest(2, 1.50)", "2.00"],
  ["least(d, i, u)", "3.00"],
])("the greatest and the least: %s is %s", (sql, expected) => {
  expect(answer(sql)).toBe(expected);
});

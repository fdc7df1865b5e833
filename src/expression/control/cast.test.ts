import { expect, test } from "vitest";
import { answer } from "../../../test/support/recorded-answers.ts";

// SELECT expression FROM t: MySQL 9.7; a number is that of an error

test.each([
  ["cast('1.9' as signed)", "1"],
  ["cast(' 12x' as signed)", "12"],
  ["cast('18446744073709551615' as signed)", "-1"],
  ["cast('18446744073709551616' as unsigned)", "18446744073709551615"],
  ["cast('-1' as unsigned)", "18446744073709551615"],
  ["cast('1e3' as signed)", "1"],
  ["cast(2.5 as signed)", "3"],
  ["cast(-2.5 as signed)", "-3"],
  ["cast(2.5e0 as signed)", "2"],
  ["cast(1e20 as signed)", "9223372036854775807"],
  ["cast(g * 1e19 as signed)", 1690],
  ["cast(-1.5e0 as unsigned)", "18446744073709551614"],
  ["cast(99999999999999999999 as signed)", "9223372036854775807"],
  ["cast(18446744073709551615.4 as unsigned)", "18446744073709551615"],
  ["cast(ub as signed)", "-1"],
  ["cast(-i as unsigned)", "18446744073709551609"],
  ["cast(dtm as signed)", "20240229101112"],
  ["cast(tm as unsigned)", "18446744073709450504"],
  ["cast(e as signed)", "1"],
  ["cast(x'ff' as signed)", "255"],
  ["cast(timestamp'2024-12-31 23:59:59.5' as signed)", "20250101000000"],
  ["cast(n as signed)", null],
])("integers: %s is %s", (sql, expected) => {
  expect(answer(sql)).toBe(expected);
});

test.each([
  ["cast('1e2' as decimal(5,1))", "100.0"],
  ["cast(' 1.25x' as decimal(5,1))", "1.3"],
  ["cast('99999' as decimal(5,1))", "9999.9"],
  ["cast('1e5000' as decimal(10,1))", "999999999.9"],
  ["cast('1e-5000' as decimal(10,1))", "0.0"],
  ["cast(1.25e0 as decimal(5,1))", "1.3"],
  ["cast(f as decimal(60,30))", "1.100000023841858000000000000000"],
  ["cast(d as decimal(3,1))", "12.3"],
  ["cast(ub as decimal(65,30))", "18446744073709551615.000000000000000000000000000000"],
  ["cast(dtm as decimal(20,2))", "20240229101112.35"],
  ["cast(1 as decimal(3,3))", "0.999"],
  ["cast('' as decimal)", "0"],
  [
    "cast(1e300 as decimal(65,30))",
    "99999999999999999999999999999999999.999999999999999999999999999999",
  ],
])("decimals: %s is %s", (sql, expected) => {
  expect(answer(sql)).toBe(expected);
});

test.each([
  ["cast('1.5x' as double)", "1.5"],
  ["cast(f as double)", "1.100000023841858"],
  ["cast(1234567.89 as float)", "1234570"],
  ["cast(1e39 as float)", 1690],
  ["cast(ub as double)", "1.8446744073709552e19"],
  ["cast(123.456 as char(4))", "123."],
  ["cast(-0e0 as char)", "-0"],
  ["cast(y as char)", "2024"],
  ["cast(dt as char)", "2024-02-29"],
  ["cast('ëxy' as char(1))", "ë"],
  ["cast('24' as year)", "2024"],
  ["cast(0 as year)", "0"],
  ["cast('0' as year)", "2000"],
  ["cast(2156 as year)", null],
  ["cast(1999.5 as year)", "2000"],
  ["cast(dt as year)", "2024"],
  ["binary 'a' = 'A'", "0"],
  ["cast('abc' as binary(2))", "ab"],
])("doubles, years and strings: %s is %s", (sql, expected) => {
  expect(answer(sql)).toBe(expected);
});

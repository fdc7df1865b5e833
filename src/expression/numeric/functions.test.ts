import { expect, test } from "vitest";
import { answer } from "../../../test/support/recorded-answers.ts";

// SELECT expression FROM t: MySQL 9.7; a number is that of an error

test.each([
  ["abs(-i)", "7"],
  ["abs(-d)", "12.34"],
  ["abs(-g)", "2.5"],
  ["abs('-1.5x')", "1.5"],
  ["sign(-d)", "-1"],
  ["sign(0)", "0"],
  ["sign('-1x')", "-1"],
  ["sign(n)", null],
  ["ceiling(d)", "13"],
  ["ceil(-d)", "-12"],
  ["floor(-d)", "-13"],
  ["floor(g)", "2"],
  ["ceil(-0.5e0)", "-0"],
  ["floor(ub)", "18446744073709551615"],
  ["floor('1.5x')", "1"],
  ["ceil(9223372036854775807.5)", "9223372036854775808"],
])("signs and whole parts: %s is %s", (sql, expected) => {
  expect(answer(sql)).toBe(expected);
});

test.each([
  ["round(2.5)", "3"],
  ["round(-2.5)", "-3"],
  ["round(2.5e0)", "2"],
  ["round(-0.5e0)", "-0"],
  ["round(1.255, 2)", "1.26"],
  ["round(0.285e0, 2)", "0.28"],
  ["round(d, 1)", "12.3"],
  ["round(d, -1)", "10"],
  ["round(d, 5)", "12.34"],
  ["round(15, -1)", "20"],
  ["round(-25, -1)", "-30"],
  ["round(ub, -1)", 1690],
  ["round(ub, -20)", "0"],
  ["round(9223372036854775807, -1)", 1690],
  ["round(99999.99, -5)", "100000"],
  ["round(1.5e300, 100)", "1.5e300"],
  ["truncate(1.999, 1)", "1.9"],
  ["truncate(-1.999e0, 2)", "-1.99"],
  ["truncate(199, -1)", "190"],
  ["truncate(ub, -1)", "18446744073709551610"],
])("rounding: %s is %s", (sql, expected) => {
  expect(answer(sql)).toBe(expected);
});

test.each([
  ["5 & 3", "1"],
  ["5 | 3", "7"],
  ["5 ^ 3", "6"],
  ["~0", "18446744073709551615"],
  ["~i", "18446744073709551608"],
  ["1 << 63", "9223372036854775808"],
  ["1 << 64", "0"],
  ["-1 >> 1", "9223372036854775807"],
  ["1 << -1", "0"],
  ["1.5 | 0", "2"],
  ["'5' & 3", "1"],
  ["'-1' | 0", "18446744073709551615"],
  ["g | 0", "2"],
  ["-1.5 | 0", "18446744073709551614"],
  ["x'ff' & 15", "15"],
  ["bit_count(ub)", "64"],
  ["bit_count(-1)", "64"],
  ["n | 1", null],
])("bits: %s is %s", (sql, expected) => {
  expect(answer(sql)).toBe(expected);
});

test.each([
  ["conv('a', 16, 2)", "1010"],
  ["conv(-1, 10, 16)", "FFFFFFFFFFFFFFFF"],
  ["conv('-ff', 16, -10)", "-255"],
  ["conv('18446744073709551616', 10, 16)", "FFFFFFFFFFFFFFFF"],
  ["conv('', 10, 16)", null],
  ["conv(10, 1, 2)", null],
  ["conv('1z', 10, 16)", "1"],
  ["bin(12)", "1100"],
  ["bin(-1)", "1111111111111111111111111111111111111111111111111111111111111111"],
  ["oct('9x')", "11"],
  ["bin(bt)", "101"],
  ["format(1234567.891, 2)", "1,234,567.89"],
  ["format(-0.4, 0)", "0"],
  ["format(g, 5)", "2.50000"],
  ["format(1e20, 2)", "100,000,000,000,000,000,000.00"],
  ["format(0.285e0, 2)", "0.28"],
  ["format(b, 2)", "9,007,199,254,740,993.00"],
  ["format(dtm, 2)", "20,240,229,101,112.34"],
])("other bases and forms: %s is %s", (sql, expected) => {
  expect(answer(sql)).toBe(expected);
});

test.each([
  ["sqrt(2)", "1.4142135623730951"],
  ["sqrt(-1)", null],
  ["degrees(1)", "57.29577951308232"],
  ["radians(180)", "3.141592653589793"],
  ["degrees(1e307)", 1690],
])("functions of doubles: %s is %s", (sql, expected) => {
  expect(answer(sql)).toBe(expected);
});

import { expect, test } from "vitest";
import { formatDouble, formatFloat } from "./format.ts";

// SELECT g, CONCAT(g + 0e0) of a DOUBLE column: MySQL 9.7
test.each([
  [1.5e-7, "0.00000015", "0.00000015"],
  [1e14, "100000000000000", "100000000000000"],
  [1e15, "1e15", "1e15"],
  [1e-15, "0.000000000000001", "0.000000000000001"],
  [1e-16, "1e-16", "1e-16"],
  [1234567890123456.8, "1234567890123456.8", "1234567890123456.8"],
  [1234567890123456, "1.234567890123456e15", "1.234567890123456e15"],
  [-4.23965442286682e-14, "-0.0000000000000423965442286682", "-4.23965442286682e-14"],
  [-1.2345678901234568e-300, "-1.2345678901234568e-300", "-1.23456789012346e-300"],
  [5e-324, "5e-324", "5e-324"],
  [-0, "-0", "-0"],
])("the DOUBLE %d is shown as %s and is the text %s", (value, shown, text) => {
  expect(formatDouble(value)).toBe(shown);
  expect(formatDouble(value, 22)).toBe(text);
});

// SELECT f, CONCAT(f) of a FLOAT column
test.each([
  [1.1, "1.1", "1.1"],
  [123456.5, "123456", "123456"],
  [999999.5, "1000000", "1000000"],
  [16777216, "16777200", "16777200"],
  [1e12, "1000000000000", "1e12"],
  [-0.0000012345, "-0.0000012345", "-1.2345e-6"],
  [1.17549435e-38, "1.17549e-38", "1.17549e-38"],
])("the FLOAT %d is shown as %s and is the text %s", (value, shown, text) => {
  expect(formatFloat(Math.fround(value))).toBe(shown);
  expect(formatFloat(Math.fround(value), 12)).toBe(text);
});

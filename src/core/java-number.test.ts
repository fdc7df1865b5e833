import { expect, test } from "vitest";
import { javaNumberText } from "./java-number.ts";

// what `System.out.println(double)` of JDK 25 prints
test.each([
  [1e-3, "0.001"],
  [9.999e-4, "9.999E-4"],
  [1e7, "1.0E7"],
  [9999999.5, "9999999.5"],
  [-12, "-12.0"],
  [1.5e300, "1.5E300"],
  [2e-5, "2.0E-5"],
  [123456789.125, "1.23456789125E8"],
  [-0, "-0.0"],
  [5e-324, "4.9E-324"],
  [1e22, "1.0E22"],
])("%d is printed as Java does", (value, text) => {
  expect(javaNumberText(value)).toBe(text);
});

import { expect, test } from "vitest";
import { isSameJson, parseExact } from "./exact-json.ts";

function isSame(a: string, b: string): boolean {
  return isSameJson(parseExact(a), parseExact(b));
}

test("compares numbers by their digits, not as doubles", () => {
  expect(isSame("18446744073709551615", "18446744073709551614")).toBe(false);
  expect(isSame("0.12345678901234567890", "0.12345678901234567891")).toBe(false);
  expect(isSame("12.50", "12.5")).toBe(true);
  expect(isSame("1e2", "100")).toBe(true);
  expect(isSame("-1", "1")).toBe(false);
  expect(isSame("-0.0", "0.0")).toBe(true);
  expect(isSame("0.00120", "1.2e-3")).toBe(true);
});

test("takes two texts of one double for the same", () => {
  expect(isSame("5e-324", "4.9406564584124654e-324")).toBe(true);
  expect(isSameJson(parseExact("0.1"), parseExact("0.10000000149011612"), "float")).toBe(true);
  expect(isSameJson(parseExact("0.1"), parseExact("0.10000000149011612"))).toBe(false);
});

test("compares structures whatever the order of keys", () => {
  expect(isSame('{"a":[1,{"b":null}],"c":"x"}', '{"c":"x","a":[1,{"b":null}]}')).toBe(true);
  expect(isSame('{"a":1}', '{"a":1,"b":null}')).toBe(false);
  expect(isSame("[1,2]", "[2,1]")).toBe(false);
  expect(isSame('"1"', "1")).toBe(false);
  expect(isSame("[]", "{}")).toBe(false);
  expect(isSame("null", "{}")).toBe(false);
});

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseTablePattern, patternsOverlap } from "./table-pattern.ts";

test.each([
  ["shop.orders", "shop.orders"],
  ["`shop`.`orders`", "shop.orders"],
  ["`my shop`.`a.b`", "`my shop`.`a.b`"],
  ["`a``b`.t", "`a``b`.t"],
  ["`a*`.t*", "`a*`.t*"],
  ["my-db.order_#", "my-db.order_#"],
  ["shöp.*", "shöp.*"],
  ["a.`b c`*`d e`#", "a.`b c`*`d e`#"],
])("%s is spelled %s", (text, canonical) => {
  expect(parseTablePattern(text).text).toBe(canonical);
  expect(parseTablePattern(canonical).text).toBe(canonical);
});

test("a name without wildcards is exact", () => {
  expect(parseTablePattern("a.b").exact).toBe(true);
  expect(parseTablePattern("a.`b*`").exact).toBe(true);
  expect(parseTablePattern("a.b*").exact).toBe(false);
  expect(parseTablePattern("a#.b").exact).toBe(false);
});

test.each([
  ["a.b", "a.b", true],
  ["a.b", "a.c", false],
  ["a.*", "b.*", false],
  ["a.*x", "a.y*", true],
  ["a.order_#", "a.order_items", false],
  ["a.order_#", "a.order_*s", false],
  ["a.order_#", "a.order_12", true],
  ["a.order_#", "a.order_1#", true],
  ["a.#", "a.x*", false],
  ["a.*a*b*", "a.*c*a", true],
])("%s and %s overlap: %s", (a, b, expected) => {
  const [left, right] = [parseTablePattern(a), parseTablePattern(b)];
  expect(patternsOverlap(left, right)).toBe(expected);
  expect(patternsOverlap(right, left)).toBe(expected);
});

/** The name with a stretch of it replaced by a wildcard. */
function blur(text: string, from: number, to: number): string {
  return `${text.slice(0, Math.min(from, to))}*${text.slice(Math.max(from, to))}`;
}

test("patterns made from one name overlap", () => {
  const name = fc.string({ unit: fc.constantFrom("a", "b", "1", "2"), minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(name, fc.nat(8), fc.nat(8), fc.nat(8), fc.nat(8), (text, a, b, c, d) => {
      const left = parseTablePattern(`s.${blur(text, a, b)}`);
      const right = parseTablePattern(`s.${blur(text, c, d)}`);
      expect(patternsOverlap(left, right)).toBe(true);
    }),
  );
});

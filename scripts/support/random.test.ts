import { expect, test } from "vitest";
import { createRandom } from "./random.ts";

test("numbers are repeated by seed and purpose, and differ between them", () => {
  const numbers = (seed: number, purpose: string): number[] => {
    const random = createRandom(seed, purpose);
    return Array.from({ length: 20 }, () => random.next());
  };
  expect(numbers(1, "a")).toEqual(numbers(1, "a"));
  expect(numbers(1, "a")).not.toEqual(numbers(2, "a"));
  expect(numbers(1, "a")).not.toEqual(numbers(1, "b"));
});

test("choices are even, and follow their weights", () => {
  const random = createRandom(1, "choices");
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < 40_000; i++) counts[random.integer(0, 3)]! += 1;
  for (const count of counts) expect(count).toBeGreaterThan(9_500);
  const items = [
    { weight: 9, item: "often" },
    { weight: 1, item: "rarely" },
  ];
  const rare = Array.from({ length: 10_000 }, () => random.pickWeighted(items)).filter(
    (item) => item === "rarely",
  ).length;
  expect(rare).toBeGreaterThan(850);
  expect(rare).toBeLessThan(1_150);
});

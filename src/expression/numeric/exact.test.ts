import { expect, test } from "vitest";
import { createRandom, type Random } from "../../../scripts/support/random.ts";
import { digitsText } from "../write-digits.ts";
import { formatDecimal } from "./decimal.ts";
import { addExact, type Exact, exactly, multiplyExact, subtractExact } from "./exact.ts";

const EDGES = [0n, 1n, 9n, 10n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n];

function anyOf(random: Random, digits: number): bigint {
  const size = random.pick([
    random.pick(EDGES) + BigInt(random.integer(-1, 1)),
    BigInt(Array.from({ length: random.integer(1, digits) }, () => random.integer(0, 9)).join("")),
  ]);
  return random.pick([size, -size]);
}

function expectExact(value: Exact, expected: bigint): void {
  // a number wherever it can be one, and never -0
  expect(value).toBe(expected === 0n ? 0 : exactly(expected));
  expect(BigInt(value)).toBe(expected);
  expect(typeof value).toBe(
    expected >= -(2n ** 53n - 1n) && expected <= 2n ** 53n - 1n ? "number" : "bigint",
  );
}

test("sums, differences and products are those of bigints", () => {
  const random = createRandom(11, "exact");
  for (let i = 0; i < 4_000; i++) {
    const [a, b] = [anyOf(random, 18), anyOf(random, 18)];
    expectExact(addExact(exactly(a), exactly(b)), a + b);
    expectExact(subtractExact(exactly(a), exactly(b)), a - b);
    expectExact(multiplyExact(exactly(a), exactly(b)), a * b);
  }
});

test("the digits are those of the decimal, whatever its scale and its form", () => {
  const random = createRandom(12, "digits");
  for (let i = 0; i < 4_000; i++) {
    const value = anyOf(random, 40);
    const scale = random.integer(0, 30);
    const text = formatDecimal(value, scale);
    expect(digitsText(value, scale)).toBe(text);
    expect(digitsText(exactly(value), scale)).toBe(text);
  }
});

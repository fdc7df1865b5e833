import fc from "fast-check";
import { expect, test } from "vitest";
import {
  createEnumLabels,
  createSetLabels,
  enumSize,
  setSize,
  writeEnum,
  writeSet,
} from "./enum-set.ts";

function little(value: bigint, size: number): Buffer {
  const b = Buffer.alloc(size);
  for (let i = 0; i < size; i++) b[i] = Number((value >> BigInt(8 * i)) & 0xffn);
  return b;
}

function enumText(members: readonly string[], index: number): string {
  const size = enumSize(members.length);
  const labels = createEnumLabels(members);
  const out = Buffer.alloc(labels.bound + 4, "#");
  const end = writeEnum(little(BigInt(index), size), 0, size, labels, out, 3);
  expect(end - 3).toBeLessThanOrEqual(labels.bound);
  return out.toString("utf8", 3, end);
}

function setText(members: readonly string[], bits: bigint): string {
  const size = setSize(members.length);
  const labels = createSetLabels(members);
  const out = Buffer.alloc(labels.bound + 4, "#");
  const end = writeSet(little(bits, size), 0, size, labels, out, 3);
  expect(end - 3).toBeLessThanOrEqual(labels.bound);
  return out.toString("utf8", 3, end);
}

const ODD = ["new", 'q"uote', "back\\slash", "ключ", "🙂", "tab\t", ""];

test("an ENUM is its label; 0 is the empty string", () => {
  expect(enumText(ODD, 0)).toBe('""');
  ODD.forEach((label, i) => expect(enumText(ODD, i + 1)).toBe(JSON.stringify(label)));
});

test("an ENUM of more than 255 members has two bytes", () => {
  const members = Array.from({ length: 300 }, (_, i) => `m${i}`);
  expect(enumSize(255)).toBe(1);
  expect(enumSize(256)).toBe(2);
  expect(enumText(members, 300)).toBe('"m299"');
});

test("a number without a member is corrupt", () => {
  const corrupt = expect.objectContaining({ code: "BINLOG_CORRUPT" });
  expect(() => enumText(["a", "b"], 3)).toThrow(corrupt);
  expect(() => enumText(["a", "b"], 255)).toThrow(corrupt);
  expect(() => setText(["a", "b"], 4n)).toThrow(corrupt);
  expect(() =>
    setText(
      Array.from({ length: 40 }, (_, i) => `m${i}`),
      1n << 40n,
    ),
  ).toThrow(corrupt);
});

test("a SET is its labels joined by commas, up to 64 members", () => {
  expect(setText(ODD, 0n)).toBe('""');
  expect(setText(ODD, 0b1010n)).toBe(JSON.stringify('q"uote,ключ'));
  expect([1, 8, 9, 16, 17, 24, 25, 32, 33, 64].map(setSize)).toEqual([
    1, 1, 2, 2, 3, 3, 4, 4, 8, 8,
  ]);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 64 }),
      fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
      (count, random) => {
        const members = Array.from({ length: count }, (_, i) => `m${i}`);
        const bits = BigInt.asUintN(count, random);
        const chosen = members.filter((_, i) => ((bits >> BigInt(i)) & 1n) === 1n);
        expect(setText(members, bits)).toBe(JSON.stringify(chosen.join(",")));
      },
    ),
    { numRuns: 500 },
  );
});

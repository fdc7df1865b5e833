import { expect, test } from "vitest";
import { canalPartition, javaHash, javaHashOfJson, murmur2, murmur2Partition } from "./hashes.ts";

// the cases of Kafka's own UtilsTest
test.each([
  ["21", -973932308],
  ["foobar", -790332482],
  ["a-little-bit-long-string", -985981536],
  ["a-little-bit-longer-string", -1486304829],
  ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971],
  ["abc", 479470107],
])("murmur2 of %s is Kafka's", (text, hash) => {
  const bytes = Buffer.from(text);
  expect(murmur2(bytes, bytes.length)).toBe(hash);
  expect(murmur2Partition(hash, 6)).toBe((hash & 0x7fffffff) % 6);
});

test.each([
  ["", 0],
  ["id", 3355],
  ["polygenelubricants", -2147483648],
  ["中文 😀", 2078658121],
])("the hash of %s is Java's", (text, hash) => {
  expect(javaHash(text)).toBe(hash);
  const json = Buffer.from(JSON.stringify(text));
  expect(javaHashOfJson(json, json.length, false)).toBe(hash);
});

test("the least hash has a partition", () => {
  expect(canalPartition(-2147483648, 6)).toBe(2);
});

test("NULs at the end of a BINARY do not count", () => {
  const json = Buffer.from(JSON.stringify("id\0\0"));
  expect(javaHashOfJson(json, json.length, true)).toBe(javaHash("id"));
});

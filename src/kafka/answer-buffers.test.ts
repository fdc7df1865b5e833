import { expect, test } from "vitest";
import { AnswerBuffers } from "./answer-buffers.ts";

test("a buffer that was given back is used again for what fits, and not before", () => {
  const buffers = new AnswerBuffers(1 << 20);
  const first = buffers.take(100_000);
  expect(first.length).toBeGreaterThanOrEqual(100_000);
  expect(buffers.take(100_000)).not.toBe(first);
  buffers.give(first);
  expect(buffers.take(5_000_000)).not.toBe(first);
  expect(buffers.take(90_000)).toBe(first);
  expect(buffers.take(90_000)).not.toBe(first);
});

test("no more is kept than may be", () => {
  const buffers = new AnswerBuffers(300_000);
  const [first, second] = [buffers.take(200_000), buffers.take(200_000)];
  buffers.give(first);
  buffers.give(second);
  expect(buffers.take(1)).toBe(first);
  expect(buffers.take(1)).not.toBe(second);
});

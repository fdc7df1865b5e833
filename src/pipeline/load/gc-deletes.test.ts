import { expect, test } from "vitest";
import { parseTimeValue } from "./gc-deletes.ts";

test.each([
  ["1h", 3_600_000],
  ["60s", 60_000],
  ["500ms", 500],
  ["1.5m", 90_000],
  ["1d", 86_400_000],
  ["-1", 0],
  ["0", 0],
  ["", 60_000],
  ["soon", 60_000],
])("a time of %j is %d ms", (text, ms) => {
  expect(parseTimeValue(text)).toBe(ms);
});

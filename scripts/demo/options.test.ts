import { expect, test } from "vitest";
import { parseDemoOptions } from "./options.ts";

test("durations have a unit, help wins, and what is unknown is an error", () => {
  const nothing = { forMs: null, kafka: false, verify: false, keep: false };
  expect(parseDemoOptions([])).toEqual(nothing);
  expect(parseDemoOptions(["--kafka", "--for", "20s", "--verify"])).toEqual({
    forMs: 20_000,
    kafka: true,
    verify: true,
    keep: false,
  });
  expect(parseDemoOptions(["--keep", "--help"])).toBeNull();
  expect(() => parseDemoOptions(["--for", "20"])).toThrow("such as 20s or 5m");
  expect(() => parseDemoOptions(["--fro", "20s"])).toThrow("--fro");
});

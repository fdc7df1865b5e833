import { expect, test } from "vitest";
import { answer } from "../../../test/support/recorded-answers.ts";

test.each([
  ["pi()", "six digits"],
  ["sin(g)", "last digit"],
  ["now()", "when it is written"],
  ["rand()", "another value each time"],
  ["-tm", "fixed digits"],
  ["dt = 'abc'", "is none"],
  ["dt > tm", "current day"],
  ["y = dt", "YEAR()"],
  ["y in (24, 25)", "four digits"],
  ["dt between '2024-01-01' and 20240301", "at once"],
  ["binary s & binary s", "binary string"],
  ["if(i, bt, 1)", "BIT"],
  ["if(i, dt, tm)", "current day"],
  ["greatest(dt, 'x')", "cast them"],
  ["cast(tm as year)", "YEAR"],
  ["n + null", "NULL"],
  ["no_such(i)", "no function"],
])("%s is refused: %s", (sql, reason) => {
  expect(() => answer(sql)).toThrow(reason);
});

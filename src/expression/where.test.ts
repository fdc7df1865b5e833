import { expect, test } from "vitest";
import { parseExpression } from "../query/expression.ts";
import { createScope } from "./scope.ts";
import { checkWhere } from "./where.ts";

function refusal(condition: string): string | null {
  const scope = createScope({
    column: (name) => ({ type: { kind: "date" }, isNullable: name !== "d", source: name }),
    fail: (_code, _at, why) => {
      throw new Error(why);
    },
  });
  try {
    checkWhere(parseExpression(condition, "where"), scope);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

// CREATE TABLE t (d date NOT NULL, n date); a row with d = '0000-00-00':
// SELECT d IS NULL FROM t is 0, but SELECT … FROM t WHERE d IS NULL finds the row, and WHERE NOT (d IS NULL) finds it, too

test.each(["d is null", "isnull(d)", "n = '2024-01-01' and d is null", "d is null and n is null"])(
  "IS NULL of a date that is NOT NULL is refused in a WHERE: %s",
  (condition) => {
    expect(refusal(condition)).toContain("d is NOT NULL");
  },
);

test.each(["n is null", "not (d is null)", "d is null or n is null", "(d is null) = 1"])(
  "elsewhere it is what it is in a SELECT: %s",
  (condition) => {
    expect(refusal(condition)).toBeNull();
  },
);

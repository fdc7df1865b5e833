import { expect, test } from "vitest";
import { isRetiredTable, isWorkTable, netRenames } from "./renames.ts";

const t = (table: string): { database: string; table: string } => ({ database: "d", table });

function net(...pairs: readonly (readonly [string, string])[]): Record<string, string> {
  const renamed = netRenames(pairs.map(([from, to]) => ({ from: t(from), to: t(to) })));
  return Object.fromEntries(
    renamed.map(({ table, rowsOf, movedTo }) => [
      table.table,
      `${rowsOf?.table ?? "-"} ${movedTo?.table ?? "-"}`,
    ]),
  );
}

test("a rename frees one name and fills another", () => {
  expect(net(["a", "b"])).toEqual({ a: "- b", b: "a -" });
});

test("a swap through a third name fills both names with the other's rows", () => {
  expect(net(["a", "x"], ["b", "a"], ["x", "b"])).toEqual({ a: "b b", b: "a a", x: "- -" });
});

test("a name that gets its rows back has not changed", () => {
  expect(net(["a", "x"], ["x", "a"])).toEqual({ x: "- -" });
});

test("names of online schema changes are known by their form", () => {
  expect(isWorkTable("_o_gho", "o")).toBe(true);
  expect(isWorkTable("__o_new", "o")).toBe(true);
  expect(isWorkTable("o_new", "o")).toBe(false);
  expect(isWorkTable("_other_gho", "o")).toBe(false);
  expect(isRetiredTable("_o_20260101120000_del", "o")).toBe(true);
  expect(isRetiredTable("_o_old", "o")).toBe(true);
  expect(isRetiredTable("o_old", "o")).toBe(false);
});

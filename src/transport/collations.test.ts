import { expect, test } from "vitest";
import type { Column, ColumnType } from "../core/schema.ts";
import { withCollations } from "./collations.ts";

const TEXT = { kind: "text", charset: "utf8mb4", maxBytes: 80, large: false } as const;
const LATIN = { ...TEXT, charset: "latin1", collation: "latin1_swedish_ci", maxBytes: 20 } as const;

function complete(told: ColumnType, present: ColumnType, name = "v"): ColumnType {
  const columns: readonly Column[] = [{ name, type: present, nullable: false }];
  return withCollations([{ name: "v", type: told }], { columns })[0]!.type;
}

test("texts, enums and sets take the collation of the column of the same name", () => {
  expect(complete(TEXT, LATIN)).toEqual(LATIN);
  const collation = "utf8mb4_bin";
  const told = { kind: "enum", members: ["a"] } as const;
  // members are those of the record: they may have been others then
  expect(complete(told, { kind: "enum", members: ["a", "b"], collation })).toEqual({
    ...told,
    collation,
  });
});

test("what the server does not have, or has as another type, stays as the record tells it", () => {
  expect(complete(TEXT, LATIN, "w")).toBe(TEXT);
  expect(complete(TEXT, { kind: "date" })).toBe(TEXT);
  expect(complete(TEXT, TEXT)).toBe(TEXT);
  expect(complete({ kind: "date" }, LATIN)).toEqual({ kind: "date" });
});

import { expect, test } from "vitest";
import { knownKeys, nearestName } from "./known-keys.ts";

test("the keys of a section depend on its type", () => {
  expect(knownKeys(["state"], {})).toEqual(["type", "path"]);
  expect(knownKeys(["state"], { state: { type: "elasticsearch" } })).toEqual(["type", "index"]);
  expect(knownKeys(["rules", 3, "fields"], {})).toEqual([
    "include",
    "exclude",
    "rename",
    "types",
    "constants",
  ]);
  expect(knownKeys([], {})).toContain("dead_letters");
  expect(knownKeys(["nowhere", "at", "all"], {})).toEqual([]);
});

test.each([
  ["idnex", "index"],
  ["Index", "index"],
  ["createIndex", "create_index"],
  ["on-truncate", "on_truncate"],
  ["feilds", "fields"],
  ["upserts", "upsert"],
  ["wibble", null],
  ["x", null],
])("%s probably means %s", (name, expected) => {
  const keys = ["table", "index", "id", "fields", "upsert", "create_index", "on_truncate"];
  expect(nearestName(name, keys)).toBe(expected);
});

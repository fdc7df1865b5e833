import { expect, test } from "vitest";
import type { RuleConfig } from "../config/config.ts";
import type { Column, ColumnType, TableSchema } from "../core/schema.ts";
import { checkRulesOnTables } from "./check-rules.ts";

function rule(table: string, index: string, more: Partial<RuleConfig> = {}): RuleConfig {
  return {
    name: index,
    table,
    index,
    upsert: false,
    onDelete: "delete",
    createIndex: true,
    dynamic: "strict",
    decimals: "auto",
    onTruncate: "keep",
    cascade: "ignore",
    ...more,
  };
}

function column(name: string, type: ColumnType): Column {
  return { name, type, nullable: false };
}

const INTEGER: ColumnType = { kind: "integer", bytes: 4, unsigned: false };

function schema(name: string, columns: readonly Column[], primaryKey = [0]): TableSchema {
  return { database: "shop", table: name, columns, primaryKey };
}

function check(rules: readonly RuleConfig[], tables: readonly TableSchema[]) {
  return checkRulesOnTables(rules, tables, { caseSensitive: true });
}

test("a rule that works says how many tables it takes and what its index must hold", () => {
  const columns = [column("id", INTEGER), column("at", { kind: "date" })];
  const { findings, specs } = check(
    [rule("shop.o_#", "orders")],
    [schema("o_1", columns), schema("o_2", columns), schema("other", columns)],
  );
  expect(findings).toEqual([
    { severity: "ok", check: "rule orders", message: "shop.o_# → orders: takes 2 tables" },
  ]);
  expect(specs).toMatchObject([
    { target: { index: "orders", write: "whole" }, create: true, dynamic: "strict" },
  ]);
  expect(specs[0]?.fields.map((field) => field.name)).toEqual(["id", "at"]);
});

test("a rule without a table is a warning, one that does not fit its table an error", () => {
  const { findings } = check(
    [rule("shop.none", "none"), rule("shop.log", "log"), rule("shop.o", "o", { id: ["nix"] })],
    [schema("log", [column("id", INTEGER)], []), schema("o", [column("id", INTEGER)])],
  );
  expect(findings).toMatchObject([
    { severity: "warning", check: "rule none" },
    {
      severity: "error",
      message: "shop.log → log: the table has no primary key and the rule no id.",
    },
    { severity: "error", message: expect.stringContaining("there is no column nix") },
  ]);
});

test("tables of one index must agree on the types of their fields", () => {
  const { findings } = check(
    [rule("shop.a", "x"), rule("shop.b", "x")],
    [
      schema("a", [column("id", INTEGER), column("v", INTEGER)]),
      schema("b", [column("id", INTEGER), column("v", { kind: "date" })]),
    ],
  );
  expect(findings.map((finding) => finding.severity)).toEqual(["ok", "error"]);
  expect(findings[1]?.message).toBe(
    "shop.b: the field v is of type date, and integer in another table of the same index",
  );
});

test("a table may have several rules, each with an index of its own", () => {
  const columns = [column("id", INTEGER), column("a", INTEGER)];
  const { findings, specs } = check(
    [rule("shop.o", "all"), rule("shop.o", "some-{a}", { name: "some", where: "a > 0" })],
    [schema("o", columns)],
  );
  expect(findings.map(({ message }) => message)).toEqual([
    "shop.o → all: takes 1 table",
    "shop.o → some-{a}: takes 1 table",
  ]);
  expect(specs.map(({ target }) => target.index)).toEqual(["all", "some-*"]);
});

test("what is wrong in a text is shown with a caret, once for all tables of a pattern", () => {
  const columns = [column("id", INTEGER)];
  const query = "select id,\n  nix + 1 as n\nfrom shop.o_%";
  const { findings } = check(
    [rule("shop.o_*", "o", { query })],
    [schema("o_1", columns), schema("o_2", columns)],
  );
  expect(findings).toHaveLength(1);
  expect(findings[0]?.message).toMatch(
    /^query:2:3: there is no column nix.*\n    2 \|   nix \+ 1 as n\n      \|   \^$/,
  );
});

test("fields of documents that several rules update have one owner, but those of the id", () => {
  const upsert = { upsert: true, id: ["id"] };
  const { findings } = check(
    [
      rule("shop.a", "x", { ...upsert, name: "a" }),
      rule("shop.b", "x", { ...upsert, name: "b", include: ["id", "v", "w"] }),
    ],
    [
      schema("a", [column("id", INTEGER), column("v", INTEGER)]),
      schema("b", [column("id", INTEGER), column("v", INTEGER), column("w", INTEGER)]),
    ],
  );
  expect(findings).toMatchObject([
    { severity: "ok", check: "rule a" },
    {
      severity: "error",
      check: "rule b",
      message: "the field v is that of rule a, too: a field has one owner",
    },
  ]);
});

test("rules that write the same documents under ids that are written differently are found", () => {
  const columns = [column("id", INTEGER), column("a", INTEGER)];
  const { findings } = check(
    [rule("shop.o", "x", { name: "one" }), rule("shop.o", "x", { name: "two", id: ["ID"] })],
    [schema("o", columns)],
  );
  expect(findings).toMatchObject([
    { severity: "ok", check: "rule one" },
    {
      severity: "error",
      check: "rule two",
      message:
        "shop.o: rule one writes the same documents, one would replace or delete the other's",
    },
  ]);
});

test("a mapping for a field that the rule does not have is a warning, unless a script or an ingest pipeline may add it", () => {
  const tables = [schema("o", [column("id", INTEGER)])];
  const mapping = { idd: { type: "keyword" } };
  expect(check([rule("shop.o", "o", { mapping })], tables).findings).toMatchObject([
    { severity: "ok" },
    {
      severity: "warning",
      check: "rule o, mapping.idd",
      message: "the rule has no field idd; it has id",
    },
  ]);
  const added = check([rule("shop.o", "o", { mapping, pipeline: "enrich" })], tables);
  expect(added.findings).toMatchObject([{ severity: "ok" }]);
  expect(added.specs[0]?.fields.map(({ name }) => name)).toEqual(["id", "idd"]);
});

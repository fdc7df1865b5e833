import { expect, test } from "vitest";
import type { Column, ColumnType, TableSchema } from "../../core/schema.ts";
import { testRule } from "../../../test/support/rules.ts";
import type { LoadedRule } from "../rule-set.ts";
import { isFoundById, isOfUntoldKey, makerOf } from "./makers.ts";
import type { VerifiedTable } from "./verified-table.ts";

const INT: ColumnType = { kind: "integer", bytes: 4, unsigned: false };
const TEXT: ColumnType = { kind: "text", charset: "utf8mb4", maxBytes: 80, large: false };
const DATE: ColumnType = { kind: "date" };
const BYTES: ColumnType = { kind: "binary", maxBytes: 20, large: false };

function tableOf(types: readonly ColumnType[], primaryKey: readonly number[]): VerifiedTable {
  const columns = types.map((type, i): Column => ({ name: `c${i}`, type, nullable: false }));
  const schema: TableSchema = { database: "d", table: "t", columns, primaryKey };
  return {
    table: { schema, keyName: "PRIMARY", keyColumns: primaryKey },
    rules: [],
    load: {} as VerifiedTable["load"],
  };
}

function ruleOf(options: Parameters<typeof testRule>[0] = {}): LoadedRule {
  const rule = testRule(options);
  return { rule, table: rule.table, config: rule.options as LoadedRule["config"], transform: null };
}

const keyOf = (table: VerifiedTable, id: string, rule = ruleOf()): readonly string[] | null =>
  makerOf(table, rule, id)?.key ?? null;

test("an id names the key that it was made of", () => {
  expect(keyOf(tableOf([INT], [0]), "17")).toEqual(["17"]);
  expect(keyOf(tableOf([TEXT], [0]), "a:b%")).toEqual(["_utf8mb4 0x613a6225"]);
  expect(keyOf(tableOf([BYTES], [0]), "AAE=")).toEqual(["_binary 0x0001"]);
  const composite = tableOf([TEXT, INT], [1, 0]);
  expect(keyOf(composite, "7:a%3Ab%253A%25")).toEqual([
    "7",
    `_utf8mb4 0x${Buffer.from("a:b%3A%").toString("hex")}`,
  ]);
});

test("an id that no key gives names none", () => {
  expect(keyOf(tableOf([INT], [0]), "x")).toBeNull();
  expect(keyOf(tableOf([INT], [0]), "1 OR 1=1")).toBeNull();
  expect(keyOf(tableOf([INT, INT], [0, 1]), "1")).toBeNull();
  expect(keyOf(tableOf([INT, INT], [0, 1]), "1:2:3")).toBeNull();
});

test("rows are found by ids that are made of the key, in any order, and by no others", () => {
  const table = tableOf([INT, INT, TEXT], [0, 1]);
  expect(isFoundById(table, ruleOf())).toBe(true);
  expect(isFoundById(table, ruleOf({ id: ["c1", "c0"] }))).toBe(true);
  expect(keyOf(table, "5:6", ruleOf({ id: ["c1", "c0"] }))).toEqual(["6", "5"]);
  expect(isFoundById(table, ruleOf({ id: ["c2"] }))).toBe(false);
  expect(isFoundById(table, ruleOf({ id: ["c0"] }))).toBe(false);
  expect(isFoundById(table, ruleOf({ id: "x{c0}" }))).toBe(false);
});

test("an id with the place of a date that is no day may be of several rows: none is named", () => {
  const date = tableOf([DATE], [0]);
  expect(isOfUntoldKey(date, ruleOf(), "null")).toBe(true);
  expect(isOfUntoldKey(date, ruleOf(), "2024-02-29")).toBe(false);
  const composite = tableOf([TEXT, DATE], [0, 1]);
  expect(isOfUntoldKey(composite, ruleOf(), "null:2024-02-29")).toBe(false);
  expect(isOfUntoldKey(composite, ruleOf(), "a%3Anull:null")).toBe(true);
  expect(isOfUntoldKey(composite, ruleOf({ id: ["c1", "c0"] }), "null:x")).toBe(true);
  expect(isOfUntoldKey(tableOf([TEXT], [0]), ruleOf(), "null")).toBe(false);
});

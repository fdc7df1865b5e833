import { expect, test } from "vitest";
import type { ColumnType } from "../core/schema.ts";
import { accepts, fieldMapping, findField, mappingOf, substitute } from "./mapping.ts";

const field = (type: ColumnType, decimalAsString = false) => ({ name: "f", type, decimalAsString });
const typeOf = (type: ColumnType) => fieldMapping(field(type)).type;

test("an integer gets the smallest type that holds its range", () => {
  const types = ([1, 2, 3, 4, 8] as const).map((bytes) => [
    typeOf({ kind: "integer", bytes, unsigned: false }),
    typeOf({ kind: "integer", bytes, unsigned: true }),
  ]);
  expect(types).toEqual([
    ["byte", "short"],
    ["short", "integer"],
    ["integer", "integer"],
    ["integer", "long"],
    ["long", "unsigned_long"],
  ]);
});

test("a decimal is a scaled float while a double holds its digits", () => {
  const decimal = (precision: number, scale: number): ColumnType => ({
    kind: "decimal",
    precision,
    scale,
  });
  expect(fieldMapping(field(decimal(10, 2)))).toEqual({
    type: "scaled_float",
    scaling_factor: 100,
  });
  expect(fieldMapping(field(decimal(15, 15)))).toMatchObject({ scaling_factor: 1e15 });
  expect(fieldMapping(field(decimal(16, 2)))).toEqual({ type: "double" });
  expect(fieldMapping(field(decimal(18, 0)))).toEqual({ type: "long" });
  expect(fieldMapping(field(decimal(19, 0)))).toEqual({ type: "double" });
  expect(fieldMapping(field(decimal(65, 30), true))).toEqual({ type: "keyword" });
});

test("text is searched in full and found exactly, long text in full only", () => {
  const text = (large: boolean): ColumnType => ({
    kind: "text",
    charset: "utf8mb4",
    maxBytes: 1020,
    large,
  });
  expect(fieldMapping(field(text(false)))).toEqual({
    type: "text",
    fields: { keyword: { type: "keyword", ignore_above: 1024 } },
  });
  expect(fieldMapping(field(text(true)))).toEqual({ type: "text" });
});

test("every other type has its field", () => {
  expect(typeOf({ kind: "float" })).toBe("float");
  expect(typeOf({ kind: "double" })).toBe("double");
  expect(typeOf({ kind: "bit", bits: 63 })).toBe("long");
  expect(typeOf({ kind: "bit", bits: 64 })).toBe("unsigned_long");
  expect(typeOf({ kind: "year" })).toBe("short");
  expect(typeOf({ kind: "date" })).toBe("date");
  expect(typeOf({ kind: "datetime", fraction: 6 })).toBe("date");
  expect(typeOf({ kind: "timestamp", fraction: 0 })).toBe("date");
  expect(typeOf({ kind: "time", fraction: 0 })).toBe("keyword");
  expect(typeOf({ kind: "enum", members: ["a"] })).toBe("keyword");
  expect(typeOf({ kind: "set", members: ["a"] })).toBe("keyword");
  expect(typeOf({ kind: "uuid" })).toBe("keyword");
  expect(typeOf({ kind: "inet", version: 6 })).toBe("ip");
  expect(typeOf({ kind: "binary", maxBytes: 16, large: false })).toBe("binary");
  expect(fieldMapping(field({ kind: "json", text: false }))).toEqual({
    type: "object",
    enabled: false,
  });
  expect(fieldMapping(field({ kind: "geometry" }))).toEqual({ type: "object", enabled: false });
  expect(fieldMapping(field({ kind: "vector" }))).toEqual({
    type: "float",
    index: false,
    doc_values: false,
  });
});

test("of two fields with one name the first counts", () => {
  const long = field({ kind: "integer", bytes: 8, unsigned: false });
  expect(mappingOf([long, field({ kind: "double" })])).toEqual({ f: { type: "long" } });
});

test("a type that the server does not know is replaced where there is a substitute", () => {
  const properties = { a: { type: "unsigned_long" }, b: { type: "long" } };
  expect(substitute(properties, "unsigned_long")).toEqual({
    a: { type: "keyword" },
    b: { type: "long" },
  });
  expect(substitute(properties, "long")).toBeNull();
});

test("finds fields of an existing mapping by their dotted names", () => {
  const properties = {
    a: { type: "long" },
    o: { properties: { b: { type: "keyword" } } },
    j: { type: "object", enabled: false },
  };
  expect(findField(properties, "a")).toEqual({ type: "long", enabled: true });
  expect(findField(properties, "o.b")).toEqual({ type: "keyword", enabled: true });
  expect(findField(properties, "o")).toEqual({ type: "object", enabled: true });
  expect(findField(properties, "j.x.y")).toEqual({ type: "object", enabled: false });
  expect(findField(properties, "a.b")).toBeNull();
  expect(findField(properties, "z")).toBeNull();
  expect(findField(undefined, "z")).toBeNull();
});

test("an existing field is accepted when it takes every value", () => {
  const fits = (existing: string, wanted: string): boolean =>
    accepts({ type: existing, enabled: true }, { type: wanted });
  expect(fits("long", "byte")).toBe(true);
  expect(fits("integer", "long")).toBe(false);
  expect(fits("keyword", "unsigned_long")).toBe(true);
  expect(fits("text", "date")).toBe(true);
  expect(fits("date", "text")).toBe(false);
  expect(fits("double", "scaled_float")).toBe(true);
  expect(fits("long", "double")).toBe(false);
  expect(accepts({ type: "object", enabled: false }, { type: "date" })).toBe(true);
  expect(accepts({ type: "flattened", enabled: true }, { type: "object", enabled: false })).toBe(
    false,
  );
});

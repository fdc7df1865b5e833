import { expect, test } from "vitest";
import type { ColumnType } from "../core/schema.ts";
import { keyLiteral } from "./key-literal.ts";

function literal(type: ColumnType, json: string): string | null {
  return keyLiteral({ name: "k", type, nullable: false }, json);
}

const text: ColumnType = { kind: "text", charset: "latin1", maxBytes: 20, large: false };

test.each<[ColumnType, string, string | null]>([
  [{ kind: "integer", bytes: 8, unsigned: true }, "18446744073709551615", "18446744073709551615"],
  [{ kind: "decimal", precision: 65, scale: 30 }, "-1.500", "-1.500"],
  [{ kind: "double" }, "1e-7", "(1e-7 + 0e0)"],
  [{ kind: "float" }, "0.1", "(0.10000000149011612 + 0e0)"],
  [{ kind: "date" }, '"2026-11-23"', "'2026-11-23'"],
  [{ kind: "timestamp", fraction: 3 }, '"2026-11-23T10:20:30.123Z"', "'2026-11-23 10:20:30.123'"],
  [{ kind: "time", fraction: 0 }, '"-838:59:59"', "'-838:59:59'"],
  [{ kind: "datetime", fraction: 0 }, "null", null],
  [text, '"ä\'"', "_utf8mb4 0xc3a427"],
  [text, '""', "_utf8mb4 ''"],
  [{ kind: "binary", maxBytes: 9, large: false }, '"AP8="', "_binary 0x00ff"],
])("%j %s", (type, json, expected) => {
  expect(literal(type, json)).toBe(expected);
});

test.each<[ColumnType, string]>([
  [{ kind: "integer", bytes: 4, unsigned: false }, "1 OR 1=1"],
  [{ kind: "date" }, `"2026-01-01' OR '1'='1"`],
  [text, "5"],
  [{ kind: "geometry" }, "{}"],
])("refuses %j %s", (type, json) => {
  expect(() => literal(type, json)).toThrow(/cannot be compared as a key/);
});

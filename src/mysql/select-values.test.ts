import { expect, test } from "vitest";
import type { ColumnType } from "../core/schema.ts";
import { selectExpression, selectValueToJson } from "./select-values.ts";

function json(type: ColumnType, value: string | Buffer | null): string {
  const column = { name: "c", type, nullable: true };
  return selectValueToJson(column, typeof value === "string" ? Buffer.from(value) : value);
}

test("columns are named in backticks, and read so that no digit is lost", () => {
  const expression = (name: string, type: ColumnType): string =>
    selectExpression({ name, type, nullable: true });
  expect(expression("a`b", { kind: "date" })).toBe("`a``b`");
  expect(expression("f", { kind: "float" })).toBe("(`f` + 0e0)");
  expect(expression("d", { kind: "double" })).toBe("(`d` + 0e0)");
  expect(expression("b", { kind: "bit", bits: 64 })).toBe("(`b` + 0)");
});

test("NULL of any type is null", () => {
  expect(json({ kind: "date" }, null)).toBe("null");
  expect(json({ kind: "text", charset: "utf8mb4", maxBytes: 9, large: false }, null)).toBe("null");
});

test("numbers keep every digit and lose the zeros of ZEROFILL", () => {
  const bigint: ColumnType = { kind: "integer", bytes: 8, unsigned: true };
  const decimal: ColumnType = { kind: "decimal", precision: 65, scale: 2 };
  expect(json(bigint, "18446744073709551615")).toBe("18446744073709551615");
  expect(json(bigint, "00000000000000000042")).toBe("42");
  expect(json(bigint, "00000000000000000000")).toBe("0");
  expect(json(decimal, "00012.30")).toBe("12.30");
  expect(json(decimal, "000.05")).toBe("0.05");
  expect(json(decimal, "-0.05")).toBe("-0.05");
  expect(json({ kind: "year" }, "0000")).toBe("0");
  expect(json({ kind: "bit", bits: 64 }, "18446744073709551615")).toBe("18446744073709551615");
  expect(json({ kind: "float" }, "0.10000000149011612")).toBe("0.1");
  expect(json({ kind: "double" }, "1e100")).toBe("1e+100");
});

test("dates are ISO 8601, and null when no calendar has them", () => {
  expect(json({ kind: "date" }, "2026-11-23")).toBe('"2026-11-23"');
  expect(json({ kind: "date" }, "2026-11-00")).toBe("null");
  expect(json({ kind: "datetime", fraction: 3 }, "2026-11-23 10:20:30.120")).toBe(
    '"2026-11-23T10:20:30.120"',
  );
  expect(json({ kind: "datetime", fraction: 0 }, "2026-02-30 00:00:00")).toBe("null");
  expect(json({ kind: "timestamp", fraction: 0 }, "2026-11-23 10:20:30")).toBe(
    '"2026-11-23T10:20:30Z"',
  );
  expect(json({ kind: "timestamp", fraction: 1 }, "0000-00-00 00:00:00.0")).toBe("null");
  expect(json({ kind: "time", fraction: 2 }, "-838:59:59.00")).toBe('"-838:59:59.00"');
});

test("texts are JSON strings, bytes are base64", () => {
  const text: ColumnType = { kind: "text", charset: "latin1", maxBytes: 20, large: false };
  expect(json(text, 'é "q" \\ \n \u0001 \u007f')).toBe('"é \\"q\\" \\\\ \\n \\u0001 \u007f"');
  expect(json({ kind: "set", members: ["a", "b"] }, "a,b")).toBe('"a,b"');
  expect(json({ kind: "binary", maxBytes: 20, large: false }, Buffer.of(0, 255))).toBe('"AP8="');
});

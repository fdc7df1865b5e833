import { describe, expect, test } from "vitest";
import type { ColumnValue, Moment } from "../core/sql-value.ts";
import { parseJsonValue } from "../core/json-value.ts";
import { createScope } from "./scope.ts";
import type { SqlType } from "./sql-type.ts";
import { sessionText } from "./sql-type.ts";
import { compileToJson, fieldTypeOf } from "./to-json.ts";

/** Writes the value and checks that it keeps its bound. */
function write(type: SqlType, value: ColumnValue, decimalAsString = false): string {
  const scope = createScope({
    column: () => undefined,
    fail: (_code, _at, why) => {
      throw new Error(why);
    },
  });
  const typed = { type, isNullable: false, source: "v", at: 0 };
  const { prepare, bound, write: statements } = compileToJson(typed, scope, { decimalAsString });
  const variables = scope.temporaries.map((name) => `let ${name};`).join(" ");
  // oxlint-disable-next-line typescript/no-implied-eval -- our own source
  const run = new Function(
    ...Object.keys(scope.bindings),
    `${variables} return (v, out, o) => { ${prepare} const bound = ${bound}; ${statements} return [o, bound]; };`,
  )(...Object.values(scope.bindings)) as (
    v: ColumnValue,
    out: Buffer,
    o: number,
  ) => [number, number];
  const out = Buffer.alloc(4096, "#");
  const [end, bound_] = run(value, out, 3);
  expect(end - 3).toBeLessThanOrEqual(bound_);
  expect(out.toString("latin1", 0, 3)).toBe("###");
  expect(out[end]).toBe(0x23);
  return out.toString("utf8", 3, end);
}

const moment = (parts: Partial<Moment>): Moment => ({
  year: 0,
  month: 0,
  day: 0,
  hour: 0,
  minute: 0,
  second: 0,
  microsecond: 0,
  isNegative: false,
  ...parts,
});

describe("as JSON", () => {
  test("integers have all their digits", () => {
    const type = { kind: "integer", isUnsigned: true, isSmall: false, digits: 20 } as const;
    expect(write(type, 18446744073709551615n)).toBe("18446744073709551615");
    expect(write({ ...type, isSmall: true, isUnsigned: false }, -12)).toBe("-12");
  });

  test("decimals have the digits that MySQL shows, rounded half away from zero", () => {
    const type = { kind: "decimal", precision: 10, scale: 4, frac: 9 } as const;
    expect(write(type, 333333333n)).toBe("0.3333");
    expect(write(type, -50000n)).toBe("-0.0001");
    expect(write(type, -49999n)).toBe("0.0000");
    expect(write({ ...type, frac: 4 }, 10_000n, true)).toBe('"1.0000"');
    expect(write({ ...type, scale: 0, frac: 0 }, -7n)).toBe("-7");
  });

  test("floats have as many digits as they need", () => {
    expect(write({ kind: "double" }, 0.1)).toBe("0.1");
    expect(write({ kind: "double" }, -1.7976931348623157e308)).toBe("-1.7976931348623157e+308");
    expect(write({ kind: "double", isFloat: true }, Math.fround(0.1))).toBe("0.1");
  });

  test("texts are escaped, whatever their length", () => {
    for (const text of ["", "plain", 'a"b\\', "\u0000\u001f", "é😀", "\u007f", "x".repeat(300)]) {
      expect(write(sessionText(300), text)).toBe(JSON.stringify(text));
    }
    expect(write(sessionText(300), "\u0001".repeat(200))).toBe(
      JSON.stringify("\u0001".repeat(200)),
    );
  });

  test("binary strings are base64", () => {
    const bytes = Buffer.from("..\u0000ab").subarray(2);
    expect(write({ kind: "bytes", maxBytes: 10 }, bytes)).toBe('"AGFi"');
  });

  test("dates are ISO 8601, and null where no calendar has them", () => {
    const day = { year: 2024, month: 2, day: 29 };
    expect(write({ kind: "date" }, moment(day))).toBe('"2024-02-29"');
    expect(write({ kind: "date" }, moment({ ...day, year: 2023 }))).toBe("null");
    expect(write({ kind: "date" }, moment({}))).toBe("null");
    expect(write({ kind: "date" }, moment({ year: 2024, month: 4, day: 31 }))).toBe("null");
    expect(write({ kind: "datetime", fraction: 3 }, moment({ ...day, microsecond: 5_999 }))).toBe(
      '"2024-02-29T00:00:00.005"',
    );
    const time = moment({ hour: 838, minute: 5, microsecond: 1, isNegative: true });
    expect(write({ kind: "time", fraction: 6 }, time)).toBe('"-838:05:00.000001"');
  });

  test("labels and JSON are what columns have", () => {
    const members = ["new", 'a"b'];
    expect(write({ kind: "enum", members, collation: null }, 2)).toBe('"a\\"b"');
    expect(write({ kind: "enum", members, collation: null }, 0)).toBe('""');
    expect(write({ kind: "set", members: ["a", "b", "c"], collation: null }, 5n)).toBe('"a,c"');
    const json = '{"a":[1,1.0,"é",null,true],"bb":{}}';
    expect(write({ kind: "json" }, parseJsonValue(json))).toBe(json);
    expect(write({ kind: "field", field: { kind: "boolean" } }, "true")).toBe("true");
  });
});

test("the mapping of integers holds all their digits", () => {
  const bytes = (digits: number, isUnsigned = false): unknown =>
    fieldTypeOf({ kind: "integer", isUnsigned, isSmall: true, digits });
  expect(bytes(2)).toEqual({ kind: "integer", bytes: 1, unsigned: false });
  expect(bytes(3)).toEqual({ kind: "integer", bytes: 2, unsigned: false });
  expect(bytes(9)).toEqual({ kind: "integer", bytes: 4, unsigned: false });
  expect(bytes(10)).toEqual({ kind: "integer", bytes: 8, unsigned: false });
  expect(bytes(20, true)).toEqual({ kind: "integer", bytes: 8, unsigned: true });
});

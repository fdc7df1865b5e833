import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { parseExpression } from "../../query/expression.ts";
import { compileEvaluator } from "../evaluate.ts";
import { RowError } from "../typed.ts";

const value = (sql: string): unknown =>
  compileEvaluator([parseExpression(sql, "expression")], []).evaluate([])[0];
const field = (sql: string): unknown => {
  const json = value(sql);
  return typeof json === "string" ? JSON.parse(json) : json;
};
const fieldType = (sql: string): unknown =>
  compileEvaluator([parseExpression(sql, "expression")], []).types[0];

describe("split", () => {
  test("gives the parts as they stand, empty ones too", () => {
    expect(field("split('a, b,,c', ',')")).toEqual(["a", " b", "", "c"]);
    expect(field("split('a--b', '--')")).toEqual(["a", "b"]);
  });

  test("gives no part of an empty text, and NULL of NULL", () => {
    expect(field("split('', ',')")).toEqual([]);
    expect(field("split(null, ',')")).toBeNull();
  });

  test("is a list of texts for the mapping", () => {
    expect(fieldType("split('a', ',')")).toMatchObject({
      field: { kind: "list", of: { kind: "text" } },
    });
  });

  test("refuses a separator that is empty or not known", () => {
    expect(() => value("split('a', '')")).toThrow("split by an empty text");
    expect(() => value("split('a', 1)")).toThrow("must be written as a text");
  });
});

describe("array and object", () => {
  test("hold values as documents have them", () => {
    expect(value("array(1, 'a\"b', null, date'2024-02-29', x'00ff', 1.50)")).toBe(
      '[1,"a\\"b",null,"2024-02-29","AP8=",1.50]',
    );
    expect(value("object('n', 1, 'list', array(1, 2), 'none', null)")).toBe(
      '{"n":1,"list":[1,2],"none":null}',
    );
    expect(value("array()")).toBe("[]");
    expect(value("object()")).toBe("{}");
  });

  test("a list of one type maps to that type", () => {
    expect(fieldType("array('a', 'b')")).toMatchObject({ field: { of: { kind: "text" } } });
    expect(fieldType("array('a', 1)")).toMatchObject({ field: { of: { kind: "any" } } });
  });

  test("members need names", () => {
    expect(() => value("object('a')")).toThrow("names and values in turn");
    expect(() => value("object('', 1)")).toThrow("a member without a name");
  });
});

describe("geo_point", () => {
  test("is latitude and longitude, NULL if either is", () => {
    expect(field("geo_point(52.5, '13.4')")).toEqual({ lat: 52.5, lon: 13.4 });
    expect(field("geo_point(-90, 180)")).toEqual({ lat: -90, lon: 180 });
    expect(field("geo_point(null, 1)")).toBeNull();
  });

  test("fails for a row out of range", () => {
    expect(() => value("geo_point(90.5, 0)")).toThrow(RowError);
    expect(() => value("geo_point(0, -180.5)")).toThrow(RowError);
  });
});

describe("json", () => {
  test("takes the JSON that a text holds", () => {
    expect(value("json('{\"a\": [1, 2]}')")).toMatchObject({ kind: "object" });
  });

  test("fails for a row whose text holds none", () => {
    expect(() => value("json('{bad')")).toThrow(expect.objectContaining({ errno: 3141 }));
  });
});

test("bool is true, false or NULL", () => {
  expect(["bool(2)", "bool(0)", "bool('0.5')", "bool(null)"].map(field)).toEqual([
    true,
    false,
    true,
    null,
  ]);
});

describe("mask", () => {
  test("keeps so many characters at either end, and none of a text that has no more", () => {
    expect(value("mask('4111111111111234', 0, 4)")).toBe("************1234");
    expect(value("mask('a😀bc', 1, 1, '#')")).toBe("a##c");
    expect(value("mask('abc', 2, 1)")).toBe("***");
    expect(value("mask('', 2, 1)")).toBe("");
    expect(value("mask(null, 2, 1)")).toBeNull();
  });

  test("refuses what would show more than is meant", () => {
    expect(() => value("mask('abc', -1, 0)")).toThrow("whole number from 0");
    expect(() => value("mask('abc', 1, 1, 'xx')")).toThrow("one character");
  });
});

test("sha256 hashes a text's UTF-8 and a binary string's bytes", () => {
  const expected = createHash("sha256").update("é").digest("hex");
  expect(value("sha256('é')")).toBe(expected);
  expect(value("sha256(x'c3a9')")).toBe(expected);
  expect(value("sha256(12)")).toBe(createHash("sha256").update("12").digest("hex"));
});

describe("dates with a zone", () => {
  test("show the wall clock with its offset, or the instant in UTC", () => {
    expect(field("at_zone(timestamp'2024-01-01 10:00:00', 'Asia/Shanghai')")).toBe(
      "2024-01-01T10:00:00+08:00",
    );
    expect(field("at_zone(timestamp'2024-07-01 10:00:00.25', 'Europe/Berlin')")).toBe(
      "2024-07-01T10:00:00.25+02:00",
    );
    expect(field("to_utc(timestamp'2024-01-01 03:00:00', '+08:00')")).toBe("2023-12-31T19:00:00Z");
    expect(field("at_zone(date'2024-01-01', '-05:30')")).toBe("2024-01-01T00:00:00-05:30");
    expect(field("iso_date(timestamp'2024-01-01 10:00:00.123456')")).toBe(
      "2024-01-01T10:00:00.123456Z",
    );
  });

  test("a time that clocks skip is read with the offset before", () => {
    expect(field("at_zone(timestamp'2026-03-29 01:59:59', 'Europe/Berlin')")).toBe(
      "2026-03-29T01:59:59+01:00",
    );
    expect(field("at_zone(timestamp'2026-03-29 02:30:00', 'Europe/Berlin')")).toBe(
      "2026-03-29T03:30:00+02:00",
    );
    expect(field("at_zone(timestamp'2026-03-08 02:30:00', 'America/New_York')")).toBe(
      "2026-03-08T03:30:00-04:00",
    );
  });

  test("of a time that clocks show twice it is the first", () => {
    expect(field("to_utc(timestamp'2026-10-25 02:30:00', 'Europe/Berlin')")).toBe(
      "2026-10-25T00:30:00Z",
    );
    expect(field("to_utc(timestamp'2026-10-25 03:00:00', 'Europe/Berlin')")).toBe(
      "2026-10-25T02:00:00Z",
    );
    expect(field("to_utc(timestamp'2026-11-01 01:30:00', 'America/New_York')")).toBe(
      "2026-11-01T05:30:00Z",
    );
  });

  test("where offsets have seconds the instant is told in UTC", () => {
    expect(field("at_zone(timestamp'1900-01-01 00:00:00', 'Asia/Shanghai')")).toBe(
      "1899-12-31T15:54:17Z",
    );
  });

  test("to_datetime takes numbers for seconds since 1970, and leaves dates as they are", () => {
    expect(field("to_datetime(1700000000)")).toBe("2023-11-14T22:13:20Z");
    expect(field("to_datetime(1700000000.125)")).toBe("2023-11-14T22:13:20.125Z");
    expect(field("to_datetime(0.5e0)")).toBe("1970-01-01T00:00:00.500000Z");
    expect(field("to_datetime(99999999999999)")).toBeNull();
    expect(fieldType("to_datetime('2024-02-29 10:00:00')")).toMatchObject({ kind: "datetime" });
    expect(fieldType("to_datetime(date'2024-02-29')")).toEqual({ kind: "date" });
  });

  test("epoch_ms counts from 1970, below zero before", () => {
    expect(value("epoch_ms(timestamp'1970-01-02 00:00:00')")).toBe(86_400_000);
    expect(value("epoch_ms(timestamp'1969-12-31 23:59:59.5')")).toBe(-500);
    expect(value("epoch_ms(timestamp'1970-01-01 08:00:00', 'Asia/Shanghai')")).toBe(0);
    expect(value("epoch_ms(timestamp'0001-01-01 00:00:00')")).toBe(
      Date.parse("0001-01-01T00:00:00Z"),
    );
  });

  test("what is no date of the calendar is NULL", () => {
    expect(field("iso_date('nonsense')")).toBeNull();
    expect(field("at_zone(null, '+00:00')")).toBeNull();
    expect(field("to_utc(timestamp'9999-12-31 23:00:00', '-08:00')")).toBeNull();
  });

  test("a zone that there is not is refused", () => {
    expect(() => value("at_zone('2024-01-01', 'Mars/Olympus')")).toThrow(
      "there is no time zone Mars/Olympus",
    );
    expect(() => value("at_zone('2024-01-01', '+15:00')")).toThrow("there is no time zone");
  });
});

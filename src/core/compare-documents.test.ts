import { expect, test } from "vitest";
import { compareDocuments, describeDifference } from "./compare-documents.ts";

test("tells fields that differ, that are missing and that are more", () => {
  expect(compareDocuments('{"a":1,"b":2,"c":3}', '{"a":1,"b":"2","d":4}')).toEqual([
    { field: "b", expected: "2", found: '"2"' },
    { field: "c", expected: "3", found: null },
    { field: "d", expected: null, found: "4" },
  ]);
});

test("compares numbers by their digits", () => {
  expect(
    compareDocuments('{"a":12.50,"b":9007199254740993}', '{"a":12.5,"b":9007199254740993}'),
  ).toEqual([]);
  expect(compareDocuments('{"a":9007199254740993}', '{"a":9007199254740992}')).toEqual([
    { field: "a", expected: "9007199254740993", found: "9007199254740992" },
  ]);
});

test("names the members of objects, and takes lists as a whole", () => {
  expect(
    compareDocuments('{"a":{"b":{"c":1}},"l":[1,2]}', '{"a":{"b":{"c":2}},"l":[2,1]}'),
  ).toEqual([
    { field: "a.b.c", expected: "1", found: "2" },
    { field: "l", expected: "[1,2]", found: "[2,1]" },
  ]);
});

test("leaves fields of other owners alone, but not members that an object of the rule's has too many", () => {
  expect(compareDocuments('{"a":1}', '{"a":1,"b":2}', { isPart: true })).toEqual([]);
  expect(compareDocuments('{"o":{}}', '{"o":{"x":1},"b":2}', { isPart: true })).toEqual([
    { field: "o.x", expected: null, found: "1" },
  ]);
});

test("says what was expected and what was found", () => {
  const difference = { field: "a", expected: null, found: "1" };
  expect(describeDifference(difference, { expected: "expected", found: "made" })).toBe(
    "a: nothing expected, 1 made",
  );
});

test("takes a missing field for null when asked to, inside objects too", () => {
  const options = { isNullMissing: true };
  expect(compareDocuments('{"a":null,"o":{"b":null}}', '{"o":{},"c":null}', options)).toEqual([]);
  expect(compareDocuments('{"a":1}', '{"c":2}', options)).toEqual([
    { field: "a", expected: "1", found: null },
    { field: "c", expected: null, found: "2" },
  ]);
  expect(compareDocuments('{"a":null}', "{}")).toEqual([
    { field: "a", expected: "null", found: null },
  ]);
});

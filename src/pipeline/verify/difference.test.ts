import { expect, test } from "vitest";
import { compareHeld, kindOf } from "./difference.ts";
import type { FoundDocument } from "./get-answer.ts";

const held = (source: string, routing: string | null = null): FoundDocument => ({
  kind: "document",
  source: Buffer.from(source),
  routing,
  version: 1n,
  seqNo: 1,
  primaryTerm: 1,
});

const expected = (document: string, comparing: "whole" | "part" | "presence" = "whole") => ({
  document: Buffer.from(document),
  routing: null,
  comparing,
});

const kind = (document: string, source: string): string => {
  const fields = compareHeld(expected(document), held(source));
  return fields.length === 0 ? "equal" : kindOf(fields);
};

test.each([
  ['{"a":1,"b":"x"}', '{"a":1,"b":"x"}', "equal"],
  ['{"a":1,"b":"x"}', '{ "b": "x", "a": 1.0 }', "equal"],
  ['{"a":1,"b":null}', '{"a":1}', "equal"],
  ['{"a":9007199254740993}', '{"a":9007199254740992}', "stale"],
  ['{"a":1,"b":"x"}', '{"a":1,"b":"y"}', "stale"],
  ['{"a":1,"b":"x"}', '{"a":1,"b":null}', "stale"],
  ['{"a":null}', '{"a":1}', "stale"],
  ['{"a":1,"b":"x"}', '{"a":1,"b":2}', "different"],
  ['{"a":1,"b":"x"}', '{"a":1}', "different"],
  ['{"a":1}', '{"a":1,"b":"x"}', "different"],
  ['{"a":true}', '{"a":"true"}', "different"],
])("a row that makes %s beside %s is %s", (document, source, is) => {
  expect(kind(document, source)).toBe(is);
});

test("of documents with other owners only the rule's fields count, of those of a pipeline only that they are there", () => {
  expect(compareHeld(expected('{"a":1}', "part"), held('{"a":1,"b":2}'))).toEqual([]);
  expect(compareHeld(expected('{"a":1}', "part"), held('{"a":2,"b":2}'))).toHaveLength(1);
  expect(compareHeld(expected('{"a":1}', "presence"), held('{"z":2}'))).toEqual([]);
});

test("another routing is a difference, though the document was found", () => {
  const fields = compareHeld(expected('{"a":1}'), held('{"a":1}', "r"));
  expect(fields).toEqual([{ field: "_routing", expected: null, found: '"r"' }]);
  expect(kindOf(fields)).toBe("different");
});

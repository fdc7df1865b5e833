import { expect, test } from "vitest";
import { parseGetAnswer } from "./get-answer.ts";

const parse = (text: string) => parseGetAnswer(Buffer.from(text));

test("gives the sources of found documents as they stand in the answer", () => {
  // as Elasticsearch 9.5 answered
  const held = parse(
    '{"docs":[{"_index":"i","_id":"1","_version":9223372036854775806,"_seq_no":12,"_primary_term":3,"_routing":"a\\"}","found":true,"_source":{"a":1.00,"b":12345678901234567890.10, "c":"\\u00e9\\/x}\\\\" }},{"_index":"i","_id":"2","found":false},{"_index":"n","_id":"2","error":{"root_cause":[{"type":"index_not_found_exception","reason":"no such index [n]"}],"type":"index_not_found_exception","reason":"no such index [n]"}}]}',
  );
  expect(held).toHaveLength(3);
  const [found, none, missing] = held;
  expect(found).toMatchObject({
    kind: "document",
    version: 9223372036854775806n,
    seqNo: 12,
    primaryTerm: 3,
  });
  expect(found!.kind === "document" && found!.source.toString()).toBe(
    '{"a":1.00,"b":12345678901234567890.10, "c":"\\u00e9\\/x}\\\\" }',
  );
  expect(none).toEqual({ kind: "none" });
  expect(missing).toEqual({ kind: "no index" });
});

test("passes over long strings and empty documents", () => {
  const long = `{"t":"${'x\\"'.repeat(200)}","e":"","l":[[],{}]}`;
  const held = parse(
    `{"docs":[{"_id":"1","_version":1,"found":true,"_source":${long}},{"_id":"2","_version":1,"found":true,"_source":{}}]}`,
  );
  expect(held.map((each) => each.kind === "document" && each.source.toString())).toEqual([
    long,
    "{}",
  ]);
  expect(parse('{"docs":[]}')).toEqual([]);
});

test("an answer that is cut or of another kind is an error that passes", () => {
  for (const text of [
    "",
    "<html>",
    '{"docs":[{"_id":"1","found":true,"_source":{"a":"',
    '{"docs":[{"_id":"1"',
    '{"error":"x"}',
  ])
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: "BULK_UNREACHABLE" }));
});

test("a document that cannot be read now, or whose source is not kept, is no missing one", () => {
  expect(() =>
    parse(
      '{"docs":[{"_id":"1","error":{"type":"no_shard_available_action_exception","reason":"r"}}]}',
    ),
  ).toThrow(expect.objectContaining({ code: "BULK_OVERLOADED" }));
  expect(() => parse('{"docs":[{"_id":"1","_version":1,"found":true}]}')).toThrow(
    expect.objectContaining({ code: "BULK_INDEX_UNUSABLE" }),
  );
});

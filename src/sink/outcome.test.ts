import { describe, expect, test } from "vitest";
import {
  type BulkItem,
  classifyAnswer,
  classifyItem,
  type ItemOutcome,
  type SentAction,
} from "./outcome.ts";

const INDEX: SentAction = { operation: "index", versioned: true };
const DELETE: SentAction = { operation: "delete", versioned: true };
const UPDATE: SentAction = { operation: "update", versioned: false };

describe("an item", () => {
  const cases: readonly [string, SentAction, number, string | null, string, ItemOutcome | null][] =
    [
      ["created", INDEX, 201, null, "", "applied"],
      ["updated", INDEX, 200, null, "", "applied"],
      ["deleted", DELETE, 200, null, "", "applied"],
      ["a delete of nothing", DELETE, 404, null, "", "applied"],
      ["an index that found nothing", INDEX, 404, null, "", null],
      ["a newer version there", INDEX, 409, "version_conflict_engine_exception", "", "conflict"],
      [
        "a newer version at a delete",
        DELETE,
        409,
        "version_conflict_engine_exception",
        "",
        "conflict",
      ],
      ["a race of an upsert", UPDATE, 409, "version_conflict_engine_exception", "", "retry"],
      ["a full queue", INDEX, 429, "es_rejected_execution_exception", "", "retry"],
      ["a full queue of OpenSearch", INDEX, 429, "rejected_execution_exception", "", "retry"],
      ["memory pressure", INDEX, 429, "circuit_breaking_exception", "", "retry"],
      ["shards away", INDEX, 503, "unavailable_shards_exception", "", "retry"],
      ["a read-only index", INDEX, 403, "cluster_block_exception", "FORBIDDEN/8", "retry"],
      ["a full disk", INDEX, 429, "cluster_block_exception", "TOO_MANY_REQUESTS/12", "retry"],
      ["a closed index", INDEX, 400, "index_closed_exception", "closed", "retry"],
      ["no master", INDEX, 503, "master_not_discovered_exception", "", "retry"],
      ["a timeout", INDEX, 408, "whatever", "", "retry"],
      ["an unknown error of the server", INDEX, 500, "something_new_exception", "", "retry"],
      ["a gateway", INDEX, 502, "x", "", "retry"],
      [
        "an alias without write index",
        INDEX,
        400,
        "illegal_argument_exception",
        "no write index is defined for alias [a]",
        "retry",
      ],
      [
        "a full shard",
        INDEX,
        400,
        "illegal_argument_exception",
        "number of documents in the index cannot exceed 2147483519",
        "retry",
      ],
      [
        "a mapping that changed meanwhile",
        INDEX,
        400,
        "illegal_argument_exception",
        "mapper [v] cannot be changed from type [integer] to [long]",
        "race",
      ],
      ["a value that does not fit", INDEX, 400, "document_parsing_exception", "", "rejected"],
      ["the same before 8.8", INDEX, 400, "mapper_parsing_exception", "", "rejected"],
      ["an unknown field", INDEX, 400, "strict_dynamic_mapping_exception", "", "rejected"],
      [
        "an immense term",
        INDEX,
        400,
        "illegal_argument_exception",
        "Document contains at least one immense term",
        "rejected",
      ],
      ["an error without a known type", INDEX, 422, "unknown", "", "rejected"],
      ["a missing index", INDEX, 404, "index_not_found_exception", "", "index_missing"],
      [
        "a missing index at a delete",
        DELETE,
        404,
        "index_not_found_exception",
        "",
        "index_missing",
      ],
      ["no right", INDEX, 403, "security_exception", "", "denied"],
      ["no valid credentials", INDEX, 401, "security_exception", "", "denied"],
      ["a success with an error", INDEX, 200, "odd", "", null],
      ["no status of HTTP", INDEX, 0, null, "", null],
    ];
  test.each(cases)("%s", (_name, action, status, type, reason, expected) => {
    const error = type === null ? undefined : { type, reason };
    expect(classifyItem(action, { status, error })).toBe(expected);
  });
});

describe("an answer", () => {
  const classify = (status: number, body: string, count = 2) =>
    classifyAnswer(status, Buffer.from(body), count);

  test("without errors is a success, with or without filter_path", () => {
    const bodies = [
      '{"errors":false}',
      '{"errors":false,"items":[{"index":{"status":200}}]}',
      '{"took":12,"errors":false,"items":[]}',
      '{"errors":false,"took":12,"items":[]}',
      '{"took":1,"ingest_took":3,"errors":false,"items":[]}',
      '{ "took" : 1, "errors" : false }\n',
    ];
    for (const body of bodies) expect(classify(200, body)).toEqual({ kind: "applied" });
  });

  test("with errors is judged by its items", () => {
    const error = { type: "t", reason: "r", caused_by: { type: "c" } };
    const body = JSON.stringify({
      errors: true,
      items: [{ index: { status: 201 } }, { delete: { status: 400, error } }],
    });
    expect(classify(200, body)).toEqual({
      kind: "items",
      items: [{ status: 201 }, { status: 400, error }],
    });
  });

  test("that is not understood is repeated", () => {
    const bodies = [
      "",
      "<html>errors false</html>",
      "[]",
      "null",
      '"ok"',
      "{}",
      '{"errors":"false"}',
      '{"items":[]}',
      '{"acknowledged":true}',
      '{"errors":false',
      '{"errors":true,"items":[{"index":{"status":200}}]}',
      '{"errors":true,"items":[{"index":{"status":200}},{"index":{}}]}',
      '{"errors":true,"items":[{"index":{"status":200}},7]}',
      '{"errors":true}',
      '{"x":"{\\"errors\\":false}"}',
    ];
    for (const body of bodies) expect(classify(200, body), body).toMatchObject({ kind: "retry" });
  });

  test("of another status is never a success", () => {
    const applied = '{"errors":false,"items":[]}';
    for (const status of [201, 202, 204, 301, 302, 404, 405, 408, 429, 500, 502, 503, 504, 599]) {
      expect(classify(status, applied), String(status)).toMatchObject({ kind: "retry" });
    }
    expect(classify(413, applied)).toEqual({ kind: "too_large" });
    expect(classify(413, "<html>")).toEqual({ kind: "too_large" });
  });

  test("of 400 is about a malformed action only when Elasticsearch says what is wrong", () => {
    const error = {
      type: "illegal_argument_exception",
      reason: "Malformed action/metadata line [3]",
    };
    expect(classify(400, JSON.stringify({ error }))).toEqual({ kind: "malformed", error });
    expect(classify(400, '{"error":"no handler found for uri [/x/_bulk]"}')).toMatchObject({
      kind: "retry",
    });
    expect(classify(400, "The plain HTTP request was sent to HTTPS port")).toMatchObject({
      kind: "retry",
    });
  });

  test("of 401 and 403 is fatal unless it is a block", () => {
    const error = { type: "security_exception", reason: "missing authentication credentials" };
    expect(classify(401, JSON.stringify({ error }))).toEqual({
      kind: "denied",
      reason: "HTTP 401 security_exception: missing authentication credentials",
    });
    expect(classify(403, "<html>")).toEqual({ kind: "denied", reason: "HTTP 403" });
    const block = { type: "cluster_block_exception", reason: "blocked" };
    expect(classify(403, JSON.stringify({ error: block }))).toMatchObject({ kind: "retry" });
  });
});

test("an operation that is larger than all that a node takes at a time is too large, one that came too early is not", () => {
  const rejected = (bytes: number): BulkItem => ({
    status: 429,
    error: {
      type: "es_rejected_execution_exception",
      reason: `rejected execution of primary operation [coordinating_and_primary_bytes=45000208, replica_bytes=0, all_bytes=45000208, primary_operation_bytes=${bytes}, max_primary_bytes=107374182]`,
    },
  });
  const action = { operation: "index", versioned: true } as const;
  expect(classifyItem(action, rejected(180_000_032))).toBe("too_large");
  expect(classifyItem(action, rejected(2_000_000))).toBe("retry");
  const body = Buffer.from(JSON.stringify({ error: rejected(180_000_032).error }));
  expect(classifyAnswer(429, body, 1)).toEqual({ kind: "too_large" });
});

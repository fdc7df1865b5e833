import { expect, test } from "vitest";
import { decodeRecords, type RecordText } from "../../test/support/decoded-records.ts";
import type { ColumnType, TableSchema } from "../core/schema.ts";

const POINT = '{"type":"Point","coordinates":[1,2]}';

const VALUES: readonly (readonly [type: ColumnType, json: string, document: string])[] = [
  [{ kind: "decimal", precision: 15, scale: 3 }, "1.5", "1.500"],
  [{ kind: "decimal", precision: 15, scale: 3 }, "0E-30", "0.000"],
  [{ kind: "decimal", precision: 15, scale: 3 }, "-12E+2", "-1200.000"],
  [{ kind: "decimal", precision: 15, scale: 3 }, '"123456789012.125"', "123456789012.125"],
  [{ kind: "integer", bytes: 8, unsigned: true }, "18446744073709551615", "18446744073709551615"],
  [{ kind: "bit", bits: 1 }, "true", "1"],
  [{ kind: "year" }, "1900", "0"],
  [{ kind: "date" }, '"2012-00-00"', "null"],
  [{ kind: "time", fraction: 6 }, '"12:34:56"', '"12:34:56.000000"'],
  [{ kind: "time", fraction: 0 }, '"100:00:00.5"', '"100:00:00"'],
  [{ kind: "datetime", fraction: 3 }, '"2026-11-23 10:20:30.5"', '"2026-11-23T10:20:30.500"'],
  [{ kind: "timestamp", fraction: 0 }, '"2026-11-23 10:20:30"', '"2026-11-23T10:20:30Z"'],
  [{ kind: "timestamp", fraction: 0 }, '"no time"', '"no time"'],
  [{ kind: "binary", fixedLength: 4, maxBytes: 4, large: false }, '"AAE="', '"AAEAAA=="'],
  [{ kind: "binary", maxBytes: 9, large: false }, '"no base64!"', '"no base64!"'],
  [{ kind: "set", members: ["a", "b c"] }, '["a","b c"]', '"a,b c"'],
  [{ kind: "enum", members: ["a"] }, '"a"', '"a"'],
  [{ kind: "json", text: false }, '{ "b" : [1.0E2, "\\u00e9\\/"] }', '{"b":[100.0,"é/"]}'],
  [{ kind: "geometry" }, '"POINT (1 2)"', POINT],
  [
    { kind: "geometry" },
    '"GEOMETRYCOLLECTION (POINT (1 2), LINESTRING EMPTY)"',
    `{"type":"GeometryCollection","geometries":[${POINT},{"type":"LineString","coordinates":[]}]}`,
  ],
  [
    { kind: "geometry" },
    '"MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))"',
    '{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]]]}',
  ],
  [
    { kind: "geometry" },
    '"MULTIPOINT ((1 2), 3 4)"',
    '{"type":"MultiPoint","coordinates":[[1,2],[3,4]]}',
  ],
  [
    { kind: "text", charset: "utf8mb4", maxBytes: 9, large: false },
    String.raw`"\uD83D\uDE00\u0041\ud83d"`,
    '"😀A\ufffd"',
  ],
];

function tableOf(v: ColumnType): TableSchema {
  return {
    database: "shop",
    table: "orders",
    columns: [
      { name: "id", type: { kind: "integer", bytes: 4, unsigned: false }, nullable: false },
      { name: "v", type: v, nullable: true },
    ],
    primaryKey: [0],
  };
}

function record(type: string, rest: string): RecordText {
  const value = `{"database":"shop","table":"orders","type":"${type}","ts":1700000000,${rest}}`;
  return { topic: "maxwell", offset: 1, key: null, value };
}

test.each(VALUES)("%j %s becomes %s", async (type, json, document) => {
  const { actions, events } = await decodeRecords(
    [record("insert", `"data":{"id":1,"v":${json}}`)],
    {
      describeTable: () => Promise.resolve(tableOf(type)),
    },
  );
  expect(events).toEqual([]);
  expect(actions.get("orders")).toMatchObject([
    { kind: "index", document: `{"id":1,"v":${document}}` },
  ]);
});

test("rows of bootstraps are inserts, updates know what has changed", async () => {
  const records = [
    record("bootstrap-start", '"data":{}'),
    record("bootstrap-insert", '"data":{"id":1,"v":1}'),
    record("update", '"data":{"id":2,"v":1},"old":{"id":1}'),
    record("delete", '"data":{"id":2,"v":1}'),
    record("bootstrap-complete", '"data":{}'),
  ];
  const { actions, events } = await decodeRecords(records, {
    describeTable: () => Promise.resolve(tableOf({ kind: "integer", bytes: 1, unsigned: false })),
  });
  expect(events).toEqual([]);
  expect(actions.get("orders")!.map(({ kind, id }) => `${kind} ${id}`)).toEqual([
    "index 1",
    "delete 1",
    "index 2",
    "delete 2",
  ]);
});

test("a table that was dropped is told, its documents are not deleted: the notice comes in a topic of its own", async () => {
  const { events } = await decodeRecords([record("table-drop", '"sql":"DROP TABLE orders"')]);
  expect(events).toMatchObject([
    { kind: "schema", type: "ERASE", timestampMs: 1_700_000_000 },
    { kind: "gap", code: "SCHEMA_TABLE_CLEARED" },
  ]);
  expect(events[1]).not.toHaveProperty("isEmptied");
});

test("an unknown type is poison", async () => {
  const { events } = await decodeRecords([record("upsert", '"data":{"id":1}')]);
  expect(events).toMatchObject([{ kind: "poison", detail: "its type is no operation" }]);
});

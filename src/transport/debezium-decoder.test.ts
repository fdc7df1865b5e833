import { expect, test } from "vitest";
import {
  decodeRecords,
  type RecordText,
  type TestDecoderOptions,
} from "../../test/support/decoded-records.ts";
import type { ColumnType, TableSchema } from "../core/schema.ts";
import type { ConnectSchema } from "./connect-schema.ts";

const TOPIC = "p.shop.orders";

function tableOf(columns: Readonly<Record<string, ColumnType>>): TableSchema {
  return {
    database: "shop",
    table: "orders",
    columns: Object.entries(columns).map(([name, type]) => ({
      name,
      type,
      nullable: name !== "id",
    })),
    primaryKey: [0],
  };
}

const INT: ColumnType = { kind: "integer", bytes: 4, unsigned: false };
const TEXT: ColumnType = { kind: "text", charset: "utf8mb4", maxBytes: 40, large: false };

function described(columns: Readonly<Record<string, ColumnType>>): TestDecoderOptions {
  return { describeTable: () => Promise.resolve(tableOf(columns)) };
}

function recordOf(value: unknown, key: unknown = { id: 1 }): RecordText {
  return {
    topic: TOPIC,
    offset: 3,
    key: JSON.stringify(key),
    value: value === null ? null : JSON.stringify(value),
  };
}

function envelope(op: string, before: unknown, after: unknown): unknown {
  return {
    before,
    after,
    source: { db: "shop", table: "orders", ts_ms: 5, ts_us: 5123 },
    op,
    ts_ms: 9,
  };
}

/** The documents and deletions of the table's records, as texts. */
async function outcome(
  records: readonly RecordText[],
  options: TestDecoderOptions,
): Promise<string[]> {
  const { actions, events } = await decodeRecords(records, options);
  expect(events).toEqual([]);
  return (actions.get("orders") ?? []).map((action) =>
    action.kind === "index" ? action.document : `-${action.id}`,
  );
}

interface FieldCase {
  readonly name: string;
  readonly schema: ConnectSchema;
  readonly json: unknown;
  readonly document: string;
}

const FIELDS: readonly FieldCase[] = [
  { name: "int64", schema: { type: "int64" }, json: -5, document: "-5" },
  { name: "boolean", schema: { type: "boolean" }, json: true, document: "1" },
  { name: "float", schema: { type: "float" }, json: 1.1, document: "1.1" },
  {
    name: "Date",
    schema: { type: "int32", name: "io.debezium.time.Date" },
    json: -719_162,
    document: '"0001-01-01"',
  },
  {
    name: "connect Date",
    schema: { type: "int32", name: "org.apache.kafka.connect.data.Date" },
    json: 19_000,
    document: '"2022-01-08"',
  },
  {
    name: "IsoDate",
    schema: { type: "string", name: "io.debezium.time.IsoDate" },
    json: "2022-01-08Z",
    document: '"2022-01-08"',
  },
  {
    name: "MicroTime",
    schema: { type: "int64", name: "io.debezium.time.MicroTime" },
    json: -3_020_399_000_000,
    document: '"-838:59:59"',
  },
  {
    name: "Time",
    schema: { type: "int32", name: "org.apache.kafka.connect.data.Time" },
    json: 1500,
    document: '"00:00:01.500000"',
  },
  {
    name: "NanoTime",
    schema: { type: "int64", name: "io.debezium.time.NanoTime" },
    json: 1_000,
    document: '"00:00:00.000001"',
  },
  {
    name: "Timestamp",
    schema: { type: "int64", name: "io.debezium.time.Timestamp" },
    json: -1,
    document: '"1969-12-31T23:59:59.999000"',
  },
  {
    name: "connect Timestamp",
    schema: { type: "int64", name: "org.apache.kafka.connect.data.Timestamp" },
    json: 1_700_000_000_000,
    document: '"2023-11-14T22:13:20"',
  },
  {
    name: "NanoTimestamp",
    schema: { type: "int64", name: "io.debezium.time.NanoTimestamp" },
    json: 1_000_000_001_000,
    document: '"1970-01-01T00:16:40.000001"',
  },
  {
    name: "ZonedTimestamp",
    schema: { type: "string", name: "io.debezium.time.ZonedTimestamp" },
    json: "2026-11-23T12:20:30.25+02:00",
    document: '"2026-11-23T10:20:30.25Z"',
  },
  {
    name: "Year",
    schema: { type: "int32", name: "io.debezium.time.Year" },
    json: 1900,
    document: "0",
  },
  {
    name: "Decimal",
    schema: {
      type: "bytes",
      name: "org.apache.kafka.connect.data.Decimal",
      parameters: { scale: "2", "connect.decimal.precision": "10" },
    },
    json: "/av0HAE=",
    document: "-99999999.99",
  },
  {
    name: "Decimal as a number",
    schema: {
      type: "bytes",
      name: "org.apache.kafka.connect.data.Decimal",
      parameters: { scale: "2", "connect.decimal.precision": "10" },
    },
    json: 1.5,
    document: "1.50",
  },
  {
    name: "Bits",
    schema: { type: "bytes", name: "io.debezium.data.Bits", parameters: { length: "17" } },
    json: "AQAB",
    document: "65537",
  },
  { name: "bytes", schema: { type: "bytes" }, json: "3q2+7wA=", document: '"3q2+7wA="' },
  {
    name: "string",
    schema: { type: "string" },
    json: 'a"\u0001é',
    document: String.raw`"a\"\u0001é"`,
  },
  {
    name: "Json",
    schema: { type: "string", name: "io.debezium.data.Json" },
    json: '{"a": [1E2, 18446744073709551616]}',
    document: '{"a":[100.0,1.8446744073709552e19]}',
  },
  {
    name: "Enum",
    schema: { type: "string", name: "io.debezium.data.Enum", parameters: { allowed: "a,b" } },
    json: "b",
    document: '"b"',
  },
  {
    name: "Point",
    schema: { type: "struct", name: "io.debezium.data.geometry.Point" },
    json: { x: 1.5, y: -2.25, wkb: "AQEAAAAAAAAAAAD4PwAAAAAAAALA", srid: null },
    document: '{"type":"Point","coordinates":[1.5,-2.25]}',
  },
  {
    name: "FloatVector",
    schema: { type: "array", name: "io.debezium.data.FloatVector" },
    json: [1.100000023841858, -2],
    document: "[1.1,-2]",
  },
  {
    name: "a propagated type",
    schema: {
      type: "int64",
      name: "io.debezium.time.MicroTime",
      parameters: {
        "__debezium.source.column.type": "TIME",
        "__debezium.source.column.length": "3",
      },
    },
    json: 1_000_000,
    document: '"00:00:01.000"',
  },
  {
    name: "an unsigned propagated type",
    schema: { type: "int64", parameters: { "__debezium.source.column.type": "BIGINT UNSIGNED" } },
    json: -1,
    document: "18446744073709551615",
  },
];

function wrapped(row: ConnectSchema[], payload: unknown): unknown {
  const image = { type: "struct", fields: row };
  const fields = [
    { ...image, field: "before" },
    { ...image, field: "after" },
    { type: "string", field: "op" },
  ];
  return { schema: { type: "struct", fields }, payload };
}

const ID: ConnectSchema = { type: "int32", field: "id" };
const KEY = { schema: { type: "struct", fields: [ID] }, payload: { id: 1 } };

test.each(FIELDS)("$name as its schema tells it", async ({ schema, json, document }) => {
  const value = wrapped([ID, { ...schema, field: "v" }], envelope("c", null, { id: 1, v: json }));
  expect(await outcome([recordOf(value, KEY)], {})).toEqual([`{"id":1,"v":${document}}`]);
});

test("MySQL's types count where a schema tells less", async () => {
  const row: ConnectSchema[] = [
    ID,
    { type: "int64", field: "n" },
    { type: "int64", name: "io.debezium.time.MicroTime", field: "t" },
    { type: "int64", name: "io.debezium.time.MicroTimestamp", field: "d" },
  ];
  const value = wrapped(row, envelope("r", null, { id: 1, n: -1, t: 0, d: 0 }));
  const options = described({
    id: INT,
    n: { kind: "integer", bytes: 8, unsigned: true },
    t: { kind: "time", fraction: 2 },
    d: { kind: "datetime", fraction: 4 },
  });
  expect(await outcome([recordOf(value, KEY)], options)).toEqual([
    '{"id":1,"n":18446744073709551615,"t":"00:00:00.00","d":"1970-01-01T00:00:00.0000"}',
  ]);
});

test("values without a schema are told apart by their form", async () => {
  const price: ColumnType = { kind: "decimal", precision: 10, scale: 2 };
  const records = ["1.50", 1.5, "1234", "AJY=", "1234", null].map((value) =>
    recordOf(envelope("c", null, { id: 1, price: value })),
  );
  expect(await outcome(records, described({ id: INT, price }))).toEqual([
    '{"id":1,"price":1.50}',
    '{"id":1,"price":1.50}',
    '{"id":1,"price":1234.00}',
    '{"id":1,"price":1.50}',
    // once it is base64, it always is
    '{"id":1,"price":-26588.24}',
    '{"id":1,"price":null}',
  ]);
});

test("updates, deletions, and tombstones behind them", async () => {
  const records = [
    recordOf(envelope("c", null, { id: 1, v: "a" })),
    recordOf(envelope("u", { id: 1, v: "a" }, { id: 2, v: "b" })),
    recordOf(envelope("u", null, { id: 2, v: "c" })),
    recordOf(envelope("d", { id: 2 }, null)),
    recordOf(null, { id: 2 }),
    recordOf(envelope("d", null, null), { id: 3 }),
  ];
  expect(await outcome(records, described({ id: INT, v: TEXT }))).toEqual([
    '{"id":1,"v":"a"}',
    "-1",
    '{"id":2,"v":"b"}',
    '{"id":2,"v":"c"}',
    "-2",
    "-3",
  ]);
});

test("unwrapped rows name their table or their topic does, and are deleted by mark or tombstone", async () => {
  const records = [
    recordOf({ id: 1, v: "a" }),
    recordOf({
      id: 2,
      v: "b",
      __op: "c",
      __table: "orders",
      __source_db: "shop",
      __source_ts_ms: 7,
    }),
    recordOf({ id: 2, v: "b", __deleted: "true" }),
    recordOf({ id: 3, v: "b", __op: "d" }),
    recordOf(null, { id: 1 }),
  ];
  expect(await outcome(records, described({ id: INT, v: TEXT }))).toEqual([
    '{"id":1,"v":"a"}',
    '{"id":2,"v":"b"}',
    "-2",
    "-3",
    "-1",
  ]);
});

test("a tombstone of unwrapped rows with schemas deletes once their columns are known", async () => {
  const fields = [ID, { type: "string", field: "v" }, { type: "string", field: "__deleted" }];
  const row = {
    schema: { type: "struct", fields },
    payload: { id: 1, v: "a", __deleted: "false" },
  };
  const tombstone = recordOf(null, KEY);
  const first = await decodeRecords([tombstone]);
  expect(first.events).toMatchObject([{ kind: "gap", code: "KAFKA_RECORD_INCOMPLETE" }]);
  expect(await outcome([recordOf(row, KEY), tombstone], {})).toEqual(['{"id":1,"v":"a"}', "-1"]);
});

test("what is no row gives nothing, a truncation is a gap", async () => {
  const records = [
    recordOf({ ts_ms: 1 }),
    recordOf({ status: "BEGIN", id: "x:1", event_count: null, data_collections: null, ts_ms: 1 }),
    recordOf({
      source: { db: "shop" },
      ts_ms: 1,
      databaseName: "shop",
      ddl: "DROP TABLE orders",
      tableChanges: [],
    }),
    recordOf(envelope("m", null, null)),
    recordOf(envelope("t", null, null), null),
  ];
  const { events } = await decodeRecords(records, described({ id: INT }));
  expect(events).toMatchObject([{ kind: "gap", code: "SCHEMA_TABLE_CLEARED", isEmptied: true }]);
});

test("a column that MySQL has gained makes rows incomplete, one that the record has gained is asked for", async () => {
  let columns: Readonly<Record<string, ColumnType>> = { id: INT };
  let asked = 0;
  const describeTable = (): Promise<TableSchema> => {
    asked += 1;
    return Promise.resolve(tableOf(columns));
  };
  const first = recordOf(envelope("c", null, { id: 1 }));
  const second = recordOf(envelope("c", null, { id: 1, v: "a" }));
  const dropped = recordOf(envelope("c", null, { id: 1, gone: 1 }));
  const { events, actions } = await decodeRecords([first, dropped, dropped], { describeTable });
  expect(events).toEqual([]);
  expect(actions.get("orders")!.length).toBe(3);
  expect(asked).toBe(2);
  columns = { id: INT, v: TEXT };
  expect(await outcome([second], { describeTable })).toEqual(['{"id":1,"v":"a"}']);
  const older = await decodeRecords([first], { describeTable });
  expect(older.events).toMatchObject([{ kind: "incomplete", rows: [{ after: ["1", undefined] }] }]);
});

test("without schemas and without a server nothing can be read", async () => {
  const decoding = decodeRecords([recordOf(envelope("c", null, { id: 1 }))]);
  await expect(decoding).rejects.toMatchObject({ code: "KAFKA_SCHEMA_UNKNOWN" });
});

test("rows of tables that are not captured are left out, what is in no format is poison", async () => {
  const isCaptured = (): boolean => false;
  expect(await outcome([recordOf(envelope("c", null, { id: 1 }))], { isCaptured })).toEqual([]);
  const { events } = await decodeRecords([recordOf({ id: 1 })], { isCaptured });
  expect(events).toMatchObject([
    { kind: "poison", detail: "it is a change in no format that is known" },
  ]);
});

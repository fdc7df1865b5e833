import { expect, test } from "vitest";
import {
  decodeRecords,
  readRecording,
  type RecordText,
  replay,
} from "../../test/support/decoded-records.ts";

interface Message {
  readonly type: string;
  readonly data: readonly Readonly<Record<string, string | null>>[] | null;
  readonly old?: readonly Readonly<Record<string, string | null>>[] | null;
  readonly mysqlType?: Readonly<Record<string, string>>;
  readonly pkNames?: readonly string[] | null;
  readonly isDdl?: boolean;
  readonly sql?: string;
}

const TABLE = {
  database: "shop",
  table: "orders",
  mysqlType: { id: "int", name: "varchar(10)", price: "decimal(10,2)" },
  pkNames: ["id"],
  isDdl: false,
  es: 1_700_000_000_000,
};

function record(message: Message, headers?: RecordText["headers"]): RecordText {
  const value = JSON.stringify({ ...TABLE, ...message });
  return { topic: "t", offset: 7, key: null, value, ...(headers && { headers }) };
}

test("what Canal wrote becomes documents", async () => {
  const { actions, events } = await decodeRecords(readRecording("canal.jsonl"));
  const types = replay(actions.get("rec_types")!);
  expect([...types.keys()]).toEqual(["1", "18446744073709551615", "5", "6", "40"]);
  expect(types.get("1")).toContain(
    '"d":1.1e-300,"bt1":1,"bt64":18446744073709551615,"da":"2026-11-23","ti0":"-838:59:59"',
  );
  expect([...replay(actions.get("rec_shard_1")!).values()]).toEqual([
    '{"id":2,"extra":-0.001,"v":"s1"}',
    '{"id":3,"v":"s1"}',
    '{"id":4,"extra":9.125,"v":"s1"}',
  ]);
  expect(events.filter(({ kind }) => kind === "poison" || kind === "incomplete")).toEqual([]);
});

test("an update is as before where old says nothing, also where it says what has not changed", async () => {
  const update = record({
    type: "UPDATE",
    data: [
      { id: "2", name: "b", price: "1.00" },
      { id: "3", name: "c", price: "1.00" },
    ],
    old: [{ id: "1", name: "b" }, { name: "x" }],
  });
  const { actions } = await decodeRecords([update]);
  expect(actions.get("orders")).toEqual([
    { kind: "delete", id: "1", version: (1n << 55n) | 7n },
    {
      kind: "index",
      id: "2",
      document: '{"id":2,"name":"b","price":1.00}',
      version: (1n << 55n) | 7n,
    },
    {
      kind: "index",
      id: "3",
      document: '{"id":3,"name":"c","price":1.00}',
      version: (1n << 55n) | 7n,
    },
  ]);
});

test("records of ours have their version in a header", async () => {
  const insert = record({ type: "INSERT", data: [{ id: "1", name: null, price: "0.5" }] }, [
    ["tailrace.version", "9223372036854775807"],
    ["tailrace.schema", "0123456789abcdef"],
    ["other", ""],
  ]);
  const { actions } = await decodeRecords([insert]);
  expect(actions.get("orders")).toEqual([
    {
      kind: "index",
      id: "1",
      document: '{"id":1,"name":null,"price":0.50}',
      version: 2n ** 63n - 1n,
    },
  ]);
});

test("a row with NULL in its id is poison, and the others of its record are not", async () => {
  const insert = record({
    type: "INSERT",
    data: [
      { id: "1", name: "a", price: "1" },
      { id: "2", name: null, price: "1" },
      { id: "3", name: "c", price: "1" },
    ],
  });
  const { actions, events } = await decodeRecords([insert], { idColumns: () => ["name"] });
  expect(actions.get("orders")!.map(({ id }) => id)).toEqual(["a", "c"]);
  expect(events).toMatchObject([
    {
      kind: "poison",
      record: { topic: "t", partition: 0, offset: 7 },
      detail: "row 2: column name, of which ids are made, is NULL",
      value: insert.value,
    },
  ]);
});

test("rows that lack columns are incomplete", async () => {
  const insert = record({ type: "INSERT", data: [{ id: "1", price: "2" }] });
  const { events } = await decodeRecords([insert]);
  expect(events).toMatchObject([
    {
      kind: "incomplete",
      operation: "insert",
      rows: [{ before: null, after: ["1", undefined, "2.00"] }],
    },
  ]);
});

test("a statement that empties a table is a gap, and a notice", async () => {
  const truncate = record({ type: "TRUNCATE", data: null, isDdl: true, sql: "TRUNCATE orders" });
  const { events } = await decodeRecords([truncate]);
  expect(events).toMatchObject([
    { kind: "schema", type: "TRUNCATE", table: "orders", statement: "TRUNCATE orders" },
    { kind: "gap", code: "SCHEMA_TABLE_CLEARED", table: "orders", isEmptied: true },
  ]);
  const several = await decodeRecords([truncate], {
    topicOf: () => ({ generation: 1, partitions: 2 }),
  });
  expect(several.events[1]).not.toHaveProperty("isEmptied");
});

test("statements in records of ours empty tables in topics of any number of partitions", async () => {
  const message = {
    type: "ERASE",
    data: null,
    isDdl: true,
    sql: "DROP TABLE orders, others",
  } as const;
  const drop = record(message, [["tailrace.version", "300"]]);
  const { events } = await decodeRecords([drop], {
    topicOf: () => ({ generation: 1, partitions: 12 }),
  });
  expect(events).toMatchObject([
    { kind: "schema", type: "ERASE" },
    { kind: "gap", table: "orders", isEmptied: true, versionHigh: 0, versionLow: 300 },
    { kind: "gap", table: "others", isEmptied: true },
  ]);
});

test("records that hold keys only are incomplete, but for deletions", async () => {
  const headers = [["tailrace.key_only", "1"]] as const;
  const { actions, events } = await decodeRecords([
    record({ type: "UPDATE", data: [{ id: "1" }], old: null }, headers),
    record({ type: "DELETE", data: [{ id: "2" }] }, headers),
  ]);
  expect(events).toMatchObject([
    { kind: "incomplete", operation: "update", rows: [{ after: ["1", undefined, undefined] }] },
  ]);
  expect(actions.get("orders")).toMatchObject([{ kind: "delete", id: "2" }]);
});

test("other writers' records without types are read with MySQL's", async () => {
  const { mysqlType: _, pkNames: __, isDdl: ___, ...table } = TABLE;
  const value = JSON.stringify({ ...table, type: "INSERT", data: [{ id: 1, name: "a" }] });
  const { actions } = await decodeRecords([{ topic: "t", key: null, value }], {
    describeTable: () =>
      Promise.resolve({
        database: "shop",
        table: "orders",
        columns: [
          { name: "id", type: { kind: "integer", bytes: 4, unsigned: false }, nullable: false },
          { name: "name", type: { kind: "enum", members: ["a"] }, nullable: true },
        ],
        primaryKey: [0],
      }),
  });
  expect(actions.get("orders")).toMatchObject([{ document: '{"id":1,"name":"a"}' }]);
});

test.each([
  ["[]", "no JSON object at byte 0"],
  ['{"type":"INSERT","data":[{}', "no comma and no end of an object or array at byte 27"],
  ['{"type":"INSERT","data":[],"x":tru}', "no JSON value at byte 31"],
  ['{"type":"INSERT","data":[{"id":"1"}]} ,', "something follows the JSON object at byte 38"],
  ["\u0001", "no JSON object at byte 0"],
])("%j is poison", async (value, detail) => {
  const { events } = await decodeRecords([{ topic: "t", key: "k", value }], { format: "canal" });
  expect(events).toMatchObject([{ kind: "poison", key: "k", value, detail }]);
});

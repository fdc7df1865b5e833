import fc from "fast-check";
import { expect, test } from "vitest";
import type { LayoutColumn } from "../binlog/column-layout.ts";
import { ColumnTypeCode } from "../binlog/constants.ts";
import { createBinlogLayout } from "../binlog/row-layout.ts";
import type { Operation, RowsEvent, SchemaChangeEvent } from "../core/change-event.ts";
import { RECORD_HEADERS, type RecordTopic, type RecordWriter } from "../core/record.ts";
import type { TableVersion } from "../core/row-layout.ts";
import type { ColumnType, TableSchema } from "../core/schema.ts";
import { CanalEncoder } from "./canal-encoder.ts";
import { Partitioner, type PartitionerOptions } from "./partitioner.ts";

type Value = string | number | null;
type Row = readonly [id: number, text: Value, count: Value];
type Json = Readonly<Record<string, unknown>>;

interface Written {
  readonly partition: number;
  readonly message: Json;
  readonly headers: string;
}

/** Refuses values of more than `maxBytes`. */
class Collector implements RecordWriter {
  readonly written: Written[] = [];
  readonly #maxBytes: number;

  constructor(maxBytes = Infinity) {
    this.#maxBytes = maxBytes;
  }

  append(...[, partition, { value, headers }]: Parameters<RecordWriter["append"]>): boolean {
    if (value === null || value.length > this.#maxBytes) return false;
    const message = JSON.parse(Buffer.from(value).toString()) as Json;
    this.written.push({ partition, message, headers: Buffer.from(headers).toString("latin1") });
    return true;
  }
}

const INT: ColumnType = { kind: "integer", bytes: 4, unsigned: false };
const TEXT: ColumnType = { kind: "text", charset: "utf8mb4", maxBytes: 60_000, large: false };
const { LONG, VARCHAR } = ColumnTypeCode;

function createTable(primaryKey: readonly number[] = [0]): TableVersion {
  const column = (
    name: string,
    type: ColumnType,
    mapped: LayoutColumn["mapped"],
  ): LayoutColumn => ({
    column: { name, type, nullable: name !== "id" },
    mapped,
  });
  const columns = [
    column("id", INT, { type: LONG, metadata: 0 }),
    column('te"xt', TEXT, { type: VARCHAR, metadata: 60_000 }),
    column("count", INT, { type: LONG, metadata: 0 }),
  ];
  const schema = {
    database: "shop",
    table: "orders",
    columns: columns.map(({ column: named }) => named),
    primaryKey,
  };
  return { schema, layout: createBinlogLayout(columns) };
}

/** A row image: null bits, INT, VARCHAR with a length of two bytes, INT. */
function image([id, text, count]: Row): Buffer {
  const int = (value: Value): Buffer => {
    const bytes = Buffer.alloc(value === null ? 0 : 4);
    if (value !== null) bytes.writeInt32LE(Number(value));
    return bytes;
  };
  const content = Buffer.from(text === null ? "" : String(text));
  const length = Buffer.alloc(text === null ? 0 : 2);
  if (text !== null) length.writeUInt16LE(content.length);
  const nulls = Buffer.of((text === null ? 2 : 0) | (count === null ? 4 : 0));
  return Buffer.concat([nulls, int(id), length, content, int(count)]);
}

function eventOf(operation: Operation, table: TableVersion, images: readonly Row[]): RowsEvent {
  const bytes = Buffer.concat(images.map(image));
  return {
    kind: "rows",
    operation,
    table,
    bytes,
    start: 0,
    end: bytes.length,
    versionHigh: 1,
    versionLow: 2,
    timestampMs: 1_700_000_000_000,
    commitTimeUs: 1_700_000_000_123_456,
    gtid: "3E11FA47-71CA-11E1-9E33-C80AA9429562:23",
  };
}

function topicOf(partitions: number): RecordTopic {
  return { name: "t", partitions, maxBatchBytes: 1_000_000 };
}

function createEncoder(
  options: Partial<PartitionerOptions> = {},
  onKeyOnly?: (table: TableSchema) => void,
): CanalEncoder {
  const partitioner = new Partitioner({
    partitioner: "murmur2",
    partitionBy: {},
    onUnkeyed: () => undefined,
    ...options,
  });
  const clock = { now: () => 42, random: () => 0, sleep: () => Promise.resolve() };
  return new CanalEncoder({ partitioner, enumLabels: false, clock, onKeyOnly });
}

function textOf([id, text, count]: Row): Json {
  const words = (value: Value): string | null => (value === null ? null : String(value));
  return { id: String(id), 'te"xt': words(text), count: words(count) };
}

test("a record has Canal's fields in Canal's order", () => {
  const collector = new Collector();
  const event = eventOf("insert", createTable(), [[1, 'a"b', null]]);
  expect(createEncoder().take(event, topicOf(1), collector)).toEqual([]);
  const [record] = collector.written;
  expect(JSON.stringify(record?.message)).toBe(
    JSON.stringify({
      data: [{ id: "1", 'te"xt': 'a"b', count: null }],
      database: "shop",
      es: 1_700_000_000_000,
      gtid: "3E11FA47-71CA-11E1-9E33-C80AA9429562:23",
      id: 1,
      isDdl: false,
      mysqlType: { id: "int", 'te"xt': "varchar(15000)", count: "int" },
      old: null,
      pkNames: ["id"],
      sql: "",
      sqlType: { id: 4, 'te"xt': 12, count: 4 },
      table: "orders",
      ts: 42,
      type: "INSERT",
    }),
  );
  expect(record?.headers).toContain(`${RECORD_HEADERS.version}\x144294967298`);
  expect(record?.headers).toContain(`${RECORD_HEADERS.commitTime} 1700000000123456`);
  expect(record?.headers).not.toContain(RECORD_HEADERS.keyOnly);
});

const row = fc.tuple(
  fc.integer({ min: -3, max: 3 }),
  fc.option(fc.string({ unit: "grapheme", maxLength: 5 })),
  fc.option(fc.integer({ min: 0, max: 2 })),
);

/** What an update of these rows must be, in order, by the plainest of means. */
function expectedUpdates(pairs: readonly (readonly [Row, Row])[]): Json[] {
  return pairs.flatMap(([before, after]): Json[] => {
    const [was, is] = [textOf(before), textOf(after)];
    if (was["id"] !== is["id"])
      return [
        { type: "DELETE", data: was, old: null },
        { type: "INSERT", data: is, old: null },
      ];
    const changed = Object.entries(was).filter(([name, value]) => is[name] !== value);
    return [{ type: "UPDATE", data: is, old: Object.fromEntries(changed) }];
  });
}

/** The rows of records, one by one. */
function rowsOf(written: readonly Written[]): (Json & { readonly partition: number })[] {
  return written.flatMap(({ message, partition }) => {
    const { data, old, type } = message as { data: Json[]; old: Json[] | null; type: string };
    return data.map((one, i) => ({ type, data: one, old: old?.[i] ?? null, partition }));
  });
}

test("updates tell what has changed in their own row, and a changed key is a delete and an insert", () => {
  const table = createTable();
  const encoder = createEncoder();
  fc.assert(
    fc.property(
      fc.array(fc.tuple(row, row), { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1, max: 5 }),
      (pairs, partitions) => {
        const collector = new Collector();
        encoder.take(eventOf("update", table, pairs.flat()), topicOf(partitions), collector);
        const found = rowsOf(collector.written);
        const expected = expectedUpdates(pairs);
        const keyOf = (one: Json): unknown => (one["data"] as Json)["id"];
        const partitionOf = new Map(found.map((one) => [keyOf(one), one.partition]));
        // every key in one partition, every partition in the event's order
        for (const one of found) expect(partitionOf.get(keyOf(one))).toBe(one.partition);
        for (let partition = 0; partition < partitions; partition++)
          expect(
            found
              .filter((one) => one.partition === partition)
              .map(({ type, data, old }) => ({ type, data, old })),
          ).toEqual(expected.filter((one) => partitionOf.get(keyOf(one)) === partition));
        expect(found.length).toBe(expected.length);
      },
    ),
  );
});

test("the delete of a key that a row has left is older than its insert, unless events share a version", () => {
  const versionsOf = (collector: Collector): (readonly [unknown, string | undefined])[] =>
    collector.written.map(({ message, headers }) => [
      message["type"],
      new RegExp(`${RECORD_HEADERS.version}.(\\d+)`).exec(headers)?.[1],
    ]);
  const encoder = createEncoder();
  const event = eventOf("update", createTable(), [
    [1, "x", 1],
    [2, "x", 1],
  ]);
  const [first, second, third] = [new Collector(), new Collector(), new Collector()];
  encoder.take(event, topicOf(1), first);
  expect(versionsOf(first)).toEqual([
    ["DELETE", "4294967297"],
    ["INSERT", "4294967298"],
  ]);
  encoder.take(event, topicOf(1), second);
  expect(versionsOf(second)).toEqual([
    ["DELETE", "4294967298"],
    ["INSERT", "4294967298"],
  ]);
  encoder.take({ ...event, versionLow: 0 }, topicOf(1), third);
  expect(versionsOf(third)).toEqual([
    ["DELETE", "4294967295"],
    ["INSERT", "4294967296"],
  ]);
});

test("rows as JSON texts are written as row images are", () => {
  const table = createTable();
  const texts = ([id, text, count]: Row): (string | null)[] => [
    String(id),
    text === null ? null : JSON.stringify(text),
    count === null ? null : String(count),
  ];
  fc.assert(
    fc.property(row, row, fc.constantFrom("murmur2", "canal"), (before, after, partitioner) => {
      const options = { partitioner } as const;
      const [fromImages, fromTexts] = [new Collector(), new Collector()];
      const event = eventOf("update", table, [before, after]);
      createEncoder(options).take(event, topicOf(7), fromImages);
      const rows = [{ before: texts(before), after: texts(after) }];
      createEncoder(options).takeJsonRows(
        { ...event, schema: table.schema, rows },
        topicOf(7),
        fromTexts,
      );
      const inOrder = (written: readonly Written[]): Written[] =>
        written.toSorted((a, b) => a.partition - b.partition);
      expect(inOrder(fromTexts.written)).toEqual(inOrder(fromImages.written));
    }),
  );
});

test("rows that are not known whole are written with their key", () => {
  const { schema } = createTable();
  const event = eventOf("update", createTable(), []);
  const collector = new Collector();
  const encoder = createEncoder();
  const rows = [{ before: ["1", undefined, undefined], after: ["1", '"x"', undefined] }];
  expect(encoder.takeJsonRows({ ...event, schema, rows }, topicOf(1), collector)).toEqual([]);
  expect(rowsOf(collector.written)).toMatchObject([
    { type: "UPDATE", data: { id: "1" }, old: null },
  ]);
  expect(collector.written[0]?.headers).toContain(RECORD_HEADERS.keyOnly);
  const removed = [{ before: ["1", undefined, undefined], after: null }];
  encoder.takeJsonRows({ ...event, schema, rows: removed }, topicOf(1), collector);
  expect(collector.written[1]?.message).toMatchObject({ type: "DELETE", data: [{ id: "1" }] });
  expect(collector.written[1]?.headers).not.toContain(RECORD_HEADERS.keyOnly);
});

test("what is too large for the topic is split, then written with its key only", () => {
  const rows: Row[] = [
    [1, "x".repeat(300), 1],
    [2, "y".repeat(5_000), 2],
    [3, "z".repeat(300), 3],
    [4, null, 4],
  ];
  const collector = new Collector(1_200);
  const event = eventOf("insert", createTable(), rows);
  const keysOnly: string[] = [];
  const encoder = createEncoder({}, ({ table }) => keysOnly.push(table));
  expect(encoder.take(event, topicOf(1), collector)).toEqual([]);
  expect(keysOnly).toEqual([event.table.schema.table]);
  expect(rowsOf(collector.written).map(({ data }) => data)).toEqual([
    textOf(rows[0]!),
    { id: "2" },
    textOf(rows[2]!),
    textOf(rows[3]!),
  ]);
  expect(collector.written.map(({ headers }) => headers.includes(RECORD_HEADERS.keyOnly))).toEqual([
    false,
    true,
    false,
  ]);
});

test("an update too large is written with its key and without what it was", () => {
  const collector = new Collector(1_200);
  const event = eventOf("update", createTable(), [
    [7, "x".repeat(3_000), 1],
    [7, "y", 1],
  ]);
  expect(createEncoder().take(event, topicOf(1), collector)).toEqual([]);
  expect(rowsOf(collector.written)).toMatchObject([
    { type: "UPDATE", data: { id: "7" }, old: null },
  ]);
});

test("a row too large without a key is a gap", () => {
  const unkeyed: string[] = [];
  const encoder = createEncoder({ onUnkeyed: ({ table }) => unkeyed.push(table) });
  const collector = new Collector(1_200);
  const event = eventOf("insert", createTable([]), [
    [1, "x".repeat(5_000), 1],
    [2, "y", 2],
  ]);
  expect(encoder.take(event, topicOf(6), collector)).toEqual([
    {
      kind: "gap",
      code: "KAFKA_RECORD_TOO_LARGE",
      database: "shop",
      table: "orders",
      detail: expect.stringContaining("1 row is larger"),
      versionHigh: 1,
      versionLow: 2,
    },
  ]);
  expect(rowsOf(collector.written)).toMatchObject([{ data: { id: "2" }, partition: 0 }]);
  encoder.take({ ...event, table: createTable([]) }, topicOf(6), collector);
  expect(unkeyed).toEqual(["orders"]);
});

test("rows of a table without a key go by the columns named for it", () => {
  const rows: Row[] = Array.from({ length: 50 }, (_, i) => [i, `c${i % 5}`, null]);
  for (const partitioner of ["murmur2", "canal"] as const) {
    const collector = new Collector();
    const encoder = createEncoder({ partitioner, partitionBy: { "shop.*": ['te"xt'] } });
    encoder.take(eventOf("insert", createTable([]), rows), topicOf(6), collector);
    const places = rowsOf(collector.written).map(
      ({ data, partition }) => `${String((data as Json)['te"xt'])} in ${partition}`,
    );
    expect(new Set(places).size).toBe(5);
    expect(collector.written.length).toBeGreaterThan(1);
  }
});

test("a column that is named for the partition and missing is told", () => {
  const encoder = createEncoder({ partitionBy: { "shop.orders": ["tenant"] } });
  const event = eventOf("insert", createTable(), [[1, null, null]]);
  expect(() => encoder.take(event, topicOf(2), new Collector())).toThrow(/tenant/);
});

test("a row longer than its event is refused", () => {
  const event = eventOf("insert", createTable(), [[1, "text", 1]]);
  const cut = { ...event, end: event.end - 2 };
  expect(() => createEncoder().take(cut, topicOf(2), new Collector())).toThrow(
    expect.objectContaining({ code: "BINLOG_CORRUPT" }),
  );
});

test("a statement goes to every partition", () => {
  const event: SchemaChangeEvent = {
    kind: "schema",
    type: "ALTER",
    database: "shop",
    table: "orders",
    statement: "alter table orders add x int",
    position: { file: "binlog.000001", position: 4 },
    versionHigh: 0,
    versionLow: 5,
    timestampMs: 1_000,
    commitTimeUs: 0,
    gtid: undefined,
  };
  const collector = new Collector();
  createEncoder().takeSchemaChange(event, topicOf(3), collector);
  expect(collector.written.map(({ partition }) => partition)).toEqual([0, 1, 2]);
  expect(JSON.stringify(collector.written[2]?.message)).toBe(
    '{"data":null,"database":"shop","es":1000,"gtid":"","id":1,"isDdl":true,"mysqlType":null,"old":null,"pkNames":null,' +
      '"sql":"alter table orders add x int","sqlType":null,"table":"orders","ts":42,"type":"ALTER"}',
  );
  expect(collector.written[0]?.headers).toContain(`${RECORD_HEADERS.version}\x025`);
});

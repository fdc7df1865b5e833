import { expect, test } from "vitest";
import type { IncompleteRow, Operation } from "../core/change-event.ts";
import type { RecordTopic, RecordWriter } from "../core/record.ts";
import type { TableSchema } from "../core/schema.ts";
import { createDebeziumEncoder } from "./debezium-encoder.ts";
import { murmur2, murmur2Partition } from "./hashes.ts";
import { createMaxwellEncoder } from "./maxwell-encoder.ts";
import { Partitioner, type PartitionerOptions } from "./partitioner.ts";
import type { RecordEncoder, RecordGap } from "./record-encoder.ts";

const TEXT = { kind: "text", charset: "utf8mb4", maxBytes: 65_535, large: true } as const;
const INT = { kind: "integer", bytes: 4, unsigned: false } as const;
const TABLE: TableSchema = {
  database: "shop",
  table: "notes",
  columns: [
    { name: "Id", type: INT, nullable: false },
    { name: "text", type: TEXT, nullable: true },
    { name: "owner", type: INT, nullable: true },
  ],
  primaryKey: [0],
};
const TOPIC: RecordTopic = { name: "notes", partitions: 12, maxBatchBytes: 400 };

interface Kept {
  readonly partition: number;
  readonly key: string | null;
  readonly value: Readonly<Record<string, unknown>> | null;
  readonly isKeyOnly: boolean;
}

/** Writes rows and returns what the topic takes, which is nothing with a value of more than `most` bytes. */
function write(
  encoder: RecordEncoder,
  [operation, ...rows]: readonly [Operation, ...IncompleteRow[]],
  {
    schema = TABLE,
    most = Infinity,
  }: { readonly schema?: TableSchema; readonly most?: number } = {},
): { readonly records: Kept[]; readonly gaps: readonly RecordGap[] } {
  const records: Kept[] = [];
  const writer: RecordWriter = {
    append: (_topic, partition, { key, value, headers }) => {
      if (value !== null && value.length > most) return false;
      const text = value && Buffer.from(value).toString();
      records.push({
        partition,
        key: key && Buffer.from(key).toString(),
        value: text === null ? null : (JSON.parse(text) as Kept["value"]),
        isKeyOnly: Buffer.from(headers).includes("tailrace.key_only"),
      });
      return true;
    },
  };
  const origin = { timestampMs: 1_000, commitTimeUs: 0, gtid: undefined };
  const event = { ...origin, operation, schema, rows, versionHigh: 8, versionLow: 77 };
  return { gaps: encoder.takeJsonRows(event, TOPIC, writer), records };
}

function partitioner(options: Partial<PartitionerOptions> = {}): Partitioner {
  return new Partitioner({
    partitioner: "murmur2",
    partitionBy: {},
    onUnkeyed: () => undefined,
    ...options,
  });
}

const debezium = (
  options?: Partial<PartitionerOptions>,
  onKeyOnly?: (table: TableSchema) => void,
): RecordEncoder =>
  createDebeziumEncoder(partitioner(options), {
    name: "n",
    logBaseName: "b",
    now: () => 0,
    onKeyOnly,
  });
const maxwell = (options?: Partial<PartitionerOptions>): RecordEncoder =>
  createMaxwellEncoder(partitioner(options), { logBaseName: "b", now: () => 0 });

function partitionOf(key: string): number {
  const bytes = Buffer.from(key);
  return murmur2Partition(murmur2(bytes, bytes.length), TOPIC.partitions);
}

test("a record's partition is the murmur2 hash of its key", () => {
  const { records } = write(debezium(), ["insert", { before: null, after: ["7", "null", null] }]);
  expect(records.map(({ key, partition }) => [key, partition])).toEqual([
    ['{"Id":7}', partitionOf('{"Id":7}')],
  ]);
});

test("a changed key is a delete, its tombstone and an insert in Debezium's records, a delete and an insert in Maxwell's", () => {
  const change = ["update", { before: ["1", '"a"', null], after: ["2", '"a"', null] }] as const;
  expect(
    write(debezium(), change).records.map(({ key, value }) => [key, value?.["op"] ?? null]),
  ).toEqual([
    ['{"Id":1}', "d"],
    ['{"Id":1}', null],
    ['{"Id":2}', "c"],
  ]);
  const place = '{"database":"shop","table":"notes"';
  const { records } = write(maxwell(), change);
  expect(records.map(({ key, value }) => [key, value?.["type"], value?.["data"]])).toEqual([
    [`${place},"pk.id":1}`, "delete", { Id: 1, text: "a", owner: null }],
    [`${place},"pk.id":2}`, "insert", { Id: 2, text: "a", owner: null }],
  ]);
});

test("a row that goes to another partition by its other columns is deleted where it was", () => {
  const options = { partitionBy: { "shop.notes": ["owner"] } };
  const rows = { before: ["1", null, "1"], after: ["1", null, "2"] } as const;
  const { records } = write(maxwell(options), ["update", rows]);
  expect(records.map(({ partition, value }) => [partition, value?.["type"]])).toEqual([
    [partitionOf("1"), "delete"],
    [partitionOf("2"), "insert"],
  ]);
});

test("columns that are not known are left out, a key that is not comes from the other image", () => {
  const rows = {
    before: ["1", undefined, undefined],
    after: [undefined, '"new"', undefined],
  } as const;
  const [record] = write(maxwell(), ["update", rows]).records;
  expect(record!.key).toBe('{"database":"shop","table":"notes","pk.id":1}');
  expect(record!.value).toMatchObject({ type: "update", data: { text: "new" } });
});

test("a row too large goes without what it was, then as its key alone", () => {
  const long = JSON.stringify("x".repeat(300));
  const longer = JSON.stringify("y".repeat(3_000));
  const size = 900;
  const update = (after: string) =>
    ["update", { before: ["1", long, null], after: ["1", after, null] }] as const;
  const [shorter] = write(debezium(), update(long), { most: size }).records;
  expect(shorter).toMatchObject({ isKeyOnly: false, value: { before: null } });
  const told: string[] = [];
  const encoder = debezium({}, ({ table }) => told.push(table));
  const [keyOnly] = write(encoder, update(longer), { most: size }).records;
  expect(told).toEqual([TABLE.table]);
  expect(keyOnly).toMatchObject({
    isKeyOnly: true,
    value: { before: { Id: 1 }, after: { Id: 1 } },
  });
});

test("a row too large without a key is told", () => {
  const schema = { ...TABLE, primaryKey: [] };
  const rows = { before: null, after: ["1", JSON.stringify("x".repeat(900)), null] };
  const { records, gaps } = write(debezium(), ["insert", rows], { schema, most: 500 });
  expect(records).toEqual([]);
  expect(gaps).toMatchObject([
    {
      kind: "gap",
      code: "KAFKA_RECORD_TOO_LARGE",
      database: "shop",
      table: "notes",
      versionLow: 77,
    },
  ]);
});

test("times that are not known are 0", () => {
  const { records } = write(debezium(), ["delete", { before: ["7", null, null], after: null }]);
  expect(records[0]!.value).toMatchObject({
    ts_ms: 0,
    ts_us: 0,
    ts_ns: 0,
    source: { ts_ms: 1_000 },
  });
});

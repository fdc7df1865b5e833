import { expect, test } from "vitest";
import type { RecordTopic } from "../../src/core/record.ts";
import { createDebeziumEncoder } from "../../src/transport/debezium-encoder.ts";
import { createMaxwellEncoder } from "../../src/transport/maxwell-encoder.ts";
import { Partitioner } from "../../src/transport/partitioner.ts";
import type { RecordEncoder } from "../../src/transport/record-encoder.ts";
import { openTestDatabase } from "../support/mysql.ts";
import {
  readRealRecords,
  readScript,
  RecordCollector,
  type TextRecord,
} from "../support/real-records.ts";
import { recordChanges } from "../support/recorded-changes.ts";

type Json = Readonly<Record<string, unknown>>;

const partitioner = new Partitioner({
  partitioner: "murmur2",
  partitionBy: {},
  onUnkeyed: () => undefined,
});
const GENERATED =
  ", gen int generated always as (i * 2) virtual, genst int generated always as (i + 1) stored";

/** Runs the script on the real server and encodes what it logged; the database's name is that of the recording again. */
async function encodeScript(
  encoder: RecordEncoder,
  editSchema: (sql: string) => string = (sql) => sql,
): Promise<TextRecord[]> {
  await using db = await openTestDatabase();
  const script = await readScript(db.name);
  await db.query(editSchema(script.schema));
  const collector = new RecordCollector();
  await recordChanges({
    url: db.url.href,
    database: db.name,
    rule: null,
    work: async () => void (await db.query(script.changes)),
    onRows: (event) => {
      const topic: RecordTopic = {
        name: event.table.schema.table,
        partitions: 12,
        maxBatchBytes: 1_000_000,
      };
      expect(encoder.take(event, topic, collector)).toEqual([]);
    },
  });
  return collector.records.map((record) => ({
    ...record,
    key: record.key?.replaceAll(db.name, "peers_bench") ?? null,
    value: record.value?.replaceAll(db.name, "peers_bench") ?? null,
  }));
}

/** Paths of all fields in which two JSON values differ, numbers being equal as doubles. */
function differences(real: unknown, ours: unknown, path: string): string[] {
  if (isObject(real) && isObject(ours))
    return [...new Set([...Object.keys(real), ...Object.keys(ours)])].flatMap((name) =>
      differences(real[name], ours[name], path === "" ? name : `${path}.${name}`),
    );
  return JSON.stringify(real) === JSON.stringify(ours) ? [] : [path];
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parse(text: string | null): Json | null {
  return text === null ? null : (JSON.parse(text) as Json);
}

test("Debezium's records are those that Debezium wrote for the same script", async () => {
  const encoder = createDebeziumEncoder(partitioner, {
    name: "dbz",
    logBaseName: "binlog",
    now: () => 1_795_430_662_368,
  });
  const ours = await encodeScript(encoder, (sql) => sql.replace(GENERATED, ""));
  const all = await readRealRecords("debezium");
  const real = all.filter(({ topic }) => topic.startsWith("dbz.peers_bench."));
  const found = new Set<string>();
  for (const table of new Set(ours.map(({ topic }) => topic))) {
    const written = ours.filter(({ topic }) => topic === table);
    const expected = real.filter(({ topic }) => topic === `dbz.peers_bench.${table}`);
    expect(written.map(({ key }) => key)).toEqual(expected.map(({ key }) => key));
    for (const [i, { value }] of expected.entries())
      for (const path of differences(readable(value), readable(written[i]!.value), ""))
        found.add(path);
  }
  expect(ours).toHaveLength(real.length);
  // What tells of the run, and what only its connection knows: server, thread, and the begin of an event (ours: its end).
  expect([...found].toSorted()).toEqual(
    [
      "ts_ms",
      "ts_us",
      "ts_ns",
      "source.ts_ms",
      "source.ts_us",
      "source.ts_ns",
      "source.version",
      "source.gtid",
      "source.file",
      "source.pos",
      "source.server_id",
      "source.thread",
      "transaction",
    ].toSorted(),
  );
});

/** A record with the text of its JSON column parsed: numbers in it have more than one form. */
function readable(value: string | null): Json | null {
  const record = parse(value);
  const image = (row: unknown): unknown =>
    isObject(row) && typeof row["js"] === "string"
      ? { ...row, js: JSON.parse(row["js"]) as unknown }
      : row;
  return record && { ...record, before: image(record["before"]), after: image(record["after"]) };
}

test("Maxwell's records are those that Maxwell wrote for the same script", async () => {
  const encoder = createMaxwellEncoder(partitioner, {
    logBaseName: "binlog",
    now: () => 0,
  });
  const ours = await encodeScript(encoder);
  const real = (await readRealRecords("maxwell")).filter(({ topic }) => topic === "rec-maxwell");
  const expected = real.flatMap(splitKeyChange);
  expect(ours.map(({ key }) => withoutUuid(key))).toEqual(
    expected.map(({ key }) => withoutUuid(key)),
  );
  const found = new Map<string, string>();
  for (const [i, { value }] of expected.entries()) {
    const [a, b] = [parse(value)!, parse(ours[i]!.value)!];
    for (const path of differences(a, b, "")) found.set(path, `${at(a, path)} ${at(b, path)}`);
  }
  for (const path of ["ts", "position", "xid", "xoffset", "commit"]) found.delete(path);
  expect(Object.fromEntries(found)).toEqual({
    // A duration as a time of day.
    "data.ti0": '"17:04:05" "-838:59:59"',
    // Without the zero bytes at the end of a BINARY.
    "data.bin16": '"ABEiM0RVZneImaq7zN0=" "ABEiM0RVZneImaq7zN0AAA=="',
    // Zero dates are null in documents.
    "data.da": '"0000-00-00" null',
    "data.dt": '"0000-00-00 00:00:00" null',
    // The empty text that stands for an invalid value.
    "data.en": 'null ""',
  });
});

/** A change of the key as delete and insert, each under its own key: ours. */
function splitKeyChange(record: TextRecord): TextRecord[] {
  const value = parse(record.value)!;
  const { old, ...rest } = value;
  const [data, before, key] = [value["data"], old, parse(record.key)!] as [
    Json,
    Json | undefined,
    Json,
  ];
  const changed = Object.keys(before ?? {}).filter((name) => `pk.${name}` in key);
  if (changed.length === 0) return [record];
  const oldRow = { ...data, ...before };
  const oldKey = Object.fromEntries(
    Object.entries(key).map(([name, part]) => [
      name,
      name.startsWith("pk.") ? oldRow[name.slice(3)] : part,
    ]),
  );
  const oldPrimaryKey = Object.entries(oldKey).flatMap(([name, part]) =>
    name.startsWith("pk.") ? [part] : [],
  );
  return [
    {
      ...record,
      key: JSON.stringify(oldKey),
      value: JSON.stringify({ ...rest, type: "delete", primary_key: oldPrimaryKey, data: oldRow }),
    },
    { ...record, value: JSON.stringify({ ...rest, type: "insert" }) },
  ];
}

function withoutUuid(key: string | null): string | undefined {
  return key?.replace(/"_uuid":"[^"]*"/, '"_uuid":""');
}

function at(value: unknown, path: string): string {
  return JSON.stringify(
    path.split(".").reduce<unknown>((inner, name) => (inner as Json)[name], value),
  );
}

import { expect, test } from "vitest";
import type { IncompleteRow, RowsEvent } from "../../src/core/change-event.ts";
import { systemClock } from "../../src/core/clock.ts";
import type { RecordTopic } from "../../src/core/record.ts";
import type { TableVersion } from "../../src/core/row-layout.ts";
import { CanalEncoder } from "../../src/transport/canal-encoder.ts";
import { Partitioner } from "../../src/transport/partitioner.ts";
import { compileRowTexts } from "../../src/transport/row-texts.ts";
import { hasCanalClient, readWithCanalClient } from "../support/canal-client.ts";
import { openTestDatabase, type TestDatabase } from "../support/mysql.ts";
import {
  readRealRecords,
  readScript,
  RecordCollector,
  type TextRecord,
} from "../support/real-records.ts";
import { recordChanges } from "../support/recorded-changes.ts";

type Row = Readonly<Record<string, string | null>>;

/** Canal's flat message. */
interface FlatMessage {
  readonly data: readonly Row[] | null;
  readonly old: readonly Row[] | null;
  readonly mysqlType: Readonly<Record<string, string>> | null;
  readonly sqlType: Readonly<Record<string, number>> | null;
  readonly isDdl: boolean;
  readonly type: string;
  readonly table: string;
  readonly [field: string]: unknown;
}

interface PlacedMessage {
  readonly partition: number;
  /** As it was written. */
  readonly text: string;
  readonly message: FlatMessage;
}

function createEncoder(options: { readonly enumLabels?: boolean } = {}): CanalEncoder {
  const partitioner = new Partitioner({
    partitioner: "canal",
    partitionBy: {},
    onUnkeyed: () => undefined,
  });
  return new CanalEncoder({ partitioner, enumLabels: false, clock: systemClock, ...options });
}

function topicOf(partitions: number): RecordTopic {
  return { name: "canal", partitions, maxBatchBytes: 1_000_000 };
}

function messages(records: readonly TextRecord[], database: string): PlacedMessage[] {
  return records.map(({ partition, key, value }) => {
    expect(key).toBeNull();
    const text = value?.replaceAll(database, "peers_bench") ?? "null";
    return { partition, text, message: JSON.parse(text) as FlatMessage };
  });
}

/** Where in place of the encoder rows go. */
type TakeRows = (event: RowsEvent, encoder: CanalEncoder, collector: RecordCollector) => void;

interface EncodeOptions {
  readonly partitions: number;
  readonly encoder?: CanalEncoder;
  readonly takeRows?: TakeRows;
}

/** Does the work on the real server and encodes what it logged. */
async function encodeWork(
  db: TestDatabase,
  work: string,
  { partitions, encoder = createEncoder(), takeRows = takeAll(topicOf(partitions)) }: EncodeOptions,
): Promise<PlacedMessage[]> {
  const collector = new RecordCollector();
  const topic = topicOf(partitions);
  await recordChanges({
    url: db.url.href,
    database: db.name,
    rule: null,
    work: async () => void (await db.query(work)),
    onRows: (event) => takeRows(event, encoder, collector),
    onSchemaChange: (event) => encoder.takeSchemaChange(event, topic, collector),
  });
  return messages(collector.records, db.name);
}

function takeAll(topic: RecordTopic): TakeRows {
  return (event, encoder, collector) => expect(encoder.take(event, topic, collector)).toEqual([]);
}

/** Takes rows as of the recorded database: its name is part of a partition's hash. */
function inRecordedDatabase(topic: RecordTopic): TakeRows {
  const tables = new Map<TableVersion, TableVersion>();
  return (event, encoder, collector) => {
    const { schema, layout } = event.table;
    const table = tables.get(event.table) ?? {
      schema: { ...schema, database: "peers_bench" },
      layout,
    };
    tables.set(event.table, table);
    expect(encoder.take({ ...event, table }, topic, collector)).toEqual([]);
  };
}

/** Takes rows by their JSON texts in documents. */
function asTexts(topic: RecordTopic): TakeRows {
  return (event, encoder, collector) => {
    const read = compileRowTexts(event.table.layout);
    const rows: IncompleteRow[] = [];
    const next = { p: event.start };
    while (next.p < event.end) {
      const first = read(event.bytes, next.p, event.end, next);
      if (event.operation === "update")
        rows.push({ before: first, after: read(event.bytes, next.p, event.end, next) });
      else
        rows.push(
          event.operation === "insert"
            ? { before: null, after: first }
            : { before: first, after: null },
        );
    }
    const taken = { ...event, schema: event.table.schema, rows };
    expect(encoder.takeJsonRows(taken, topic, collector)).toEqual([]);
  };
}

/** The rows of messages, one by one, with what was changed. */
function rowsOf(placed: readonly PlacedMessage[]): unknown[] {
  return placed.flatMap(({ message: { data, old, type, table, mysqlType } }) =>
    (data ?? []).map((row, i) => ({ type, table, mysqlType, row, old: old?.[i] ?? null })),
  );
}

/** Canal stopped on a table with generated columns, so its recording has none. */
function withoutGenerated(schema: string): string {
  return schema.replace(/, gen int generated .*(?=\n\))/, "");
}

/** Fields that name a time or a batch; the recorded Canal did not write GTIDs. */
const INCIDENTAL = new Set(["id", "es", "ts", "gtid"]);

/** `field.row.column` of everything in which two messages differ. */
function differences(real: FlatMessage, ours: FlatMessage): string[] {
  expect(Object.keys(ours)).toEqual(Object.keys(real));
  return Object.keys(real).flatMap((field) => {
    if (INCIDENTAL.has(field)) return [];
    return valueDifferences(real[field], ours[field], field);
  });
}

function valueDifferences(real: unknown, ours: unknown, path: string): string[] {
  if (typeof real !== "object" || typeof ours !== "object" || real === null || ours === null)
    return Object.is(real, ours) ? [] : [path];
  const [one, two] = [real as Record<string, unknown>, ours as Record<string, unknown>];
  return [...new Set([...Object.keys(one), ...Object.keys(two)])].flatMap((name) =>
    valueDifferences(one[name], two[name], `${path}.${name}`),
  );
}

/** What Canal does not decode, strips or prints in another way; see the README of the recording. */
const WRONG_IN_ROW_1 = ["l1", "gbk_c", "bin16", "js"].map((column) => `data.0.${column}`);
/** The width of a TINYINT(1) is not in the log; Canal has parsed the CREATE TABLE. */
const NOT_IN_LOG = ["mysqlType.b1"];

/** The differences from Canal's recorded messages, by their number, that there should be. */
const EXPECTED_DIFFERENCES: Readonly<Record<number, readonly string[]>> = {
  // "� latin", "����", BINARY without its zero bytes at the end, 1.0E100 for 1e100; "0.0" for 0.00 and 27 zeros for 30
  7: [...WRONG_IN_ROW_1, "data.2.de", "data.2.deu", "data.2.bin16", ...NOT_IN_LOG],
  8: NOT_IN_LOG,
  9: [...WRONG_IN_ROW_1, ...NOT_IN_LOG],
  10: [...WRONG_IN_ROW_1, ...NOT_IN_LOG, "old.0.js"],
  // Canal adds what an earlier row of the event has changed
  11: [...NOT_IN_LOG, "old.2.vc"],
  13: NOT_IN_LOG,
};
/** Updates of a key, which become a delete and an insert. */
const KEY_CHANGES = new Set([12, 18]);
/** Canal's recording begins with DROPs of what was there before. */
const FIRST = 2;

function expectKeyChange(real: FlatMessage, ours: readonly FlatMessage[]): void {
  const before = { ...real.data?.[0], ...real.old?.[0] };
  expect(ours).toMatchObject([
    { type: "DELETE", data: [before], old: null },
    { type: "INSERT", data: real.data, old: null },
  ]);
}

test("records equal Canal's but where Canal is wrong", async () => {
  await using db = await openTestDatabase();
  const { schema, changes } = await readScript(db.name);
  const work = `${withoutGenerated(schema)}\n${changes}`;
  const ours = (await encodeWork(db, work, { partitions: 1 })).map(({ message }) => message);
  const real = messages(await readRealRecords("canal"), db.name).map(({ message }) => message);
  ours.splice(
    0,
    ours.findIndex(({ type }) => type === "CREATE"),
  );
  const found: Record<number, readonly string[]> = {};
  for (const [number, message] of real.entries()) {
    if (number < FIRST) continue;
    if (KEY_CHANGES.has(number)) {
      expectKeyChange(message, ours.splice(0, 2));
      continue;
    }
    const paths = differences(message, ours.shift()!);
    if (paths.length > 0) found[number] = paths;
  }
  expect(ours).toEqual([]);
  expect(found).toEqual(EXPECTED_DIFFERENCES);
});

test("what Canal has wrong is right", async () => {
  await using db = await openTestDatabase();
  const { schema, changes } = await readScript(db.name);
  await db.query(withoutGenerated(schema));
  const [first] = await encodeWork(db, changes, { partitions: 1 });
  expect(first?.message.data?.[0]).toMatchObject({
    l1: "é latin",
    gbk_c: "中文",
    bin16: Buffer.from("00112233445566778899AABBCCDD0000", "hex").toString("latin1"),
  });
  expect(first?.message.data?.[2]).toMatchObject({
    de: "0.00",
    deu: `0.${"0".repeat(30)}`,
    bin16: "\0".repeat(16),
  });
  const [printed] = await db.query<{ js: string }>(
    `SELECT CAST(js AS CHAR) js FROM ${db.name}.rec_types WHERE id = 1`,
  );
  const updated = (
    await encodeWork(db, "update rec_types set vc = 'again' where id = 1", { partitions: 1 })
  )[0];
  expect(updated?.message.data?.[0]?.["js"]).toBe(printed?.js);
});

test("every key lies in the partition where Canal put it", async () => {
  await using db = await openTestDatabase();
  const { schema, changes, partitions } = await readScript(db.name);
  await db.query(withoutGenerated(schema));
  await db.query(changes);
  const takeRows = inRecordedDatabase(topicOf(6));
  const ours = await encodeWork(db, partitions, { partitions: 6, takeRows });
  const real = messages(await readRealRecords("canal-6-partitions"), db.name);
  const partitionsOf = (
    placed: readonly PlacedMessage[],
    types: readonly string[],
  ): Record<string, number> =>
    Object.fromEntries(
      placed.flatMap(({ message, partition }) =>
        types.includes(message.type)
          ? (message.data ?? []).map((row) => [
              `${message.table} ${JSON.stringify(Object.values(row))}`,
              partition,
            ])
          : [],
      ),
    );
  // its updates change keys: ours are a delete and an insert; the recording's first record is the end of the script before
  const inserted = partitionsOf(real, ["INSERT", "UPDATE"]);
  expect(Object.keys(inserted).length).toBeGreaterThan(200);
  expect(partitionsOf(ours, ["INSERT"])).toEqual(inserted);
  expect(partitionsOf(ours, ["DELETE"])).toMatchObject(partitionsOf(real.slice(1), ["DELETE"]));
});

test("rows read again have the values that the log has", async () => {
  await using db = await openTestDatabase();
  const { schema, changes } = await readScript(db.name);
  // a document has no zero dates
  const work = changes.replaceAll("'0000-00-00", "'2001-01-01");
  await db.query(withoutGenerated(schema));
  const encoder = createEncoder();
  const fromTexts: PlacedMessage[] = [];
  const fromImages = await encodeWork(db, work, {
    partitions: 1,
    takeRows: (event, other, collector) => {
      takeAll(topicOf(1))(event, other, collector);
      const texts = new RecordCollector();
      asTexts(topicOf(1))(event, encoder, texts);
      fromTexts.push(...messages(texts.records, db.name));
    },
  });
  expect(rowsOf(fromTexts).length).toBeGreaterThan(20);
  expect(rowsOf(fromTexts)).toEqual(rowsOf(fromImages));
});

test.skipIf(!hasCanalClient())(
  "Canal's own client reads what we write",
  {
    timeout: 600_000,
  },
  async () => {
    await using db = await openTestDatabase();
    const { schema, changes, partitions } = await readScript(db.name);
    const work = `${withoutGenerated(schema)}\n${changes}\n${partitions}`;
    const written = await encodeWork(db, work, { partitions: 3 });
    expect(written.length).toBeGreaterThan(50);
    const read = await readWithCanalClient(written.map(({ text }) => text));
    expect(read).toEqual(written.map(({ message }) => message));
  },
);

test("labels stand for ordinals where that is asked for", async () => {
  await using db = await openTestDatabase();
  await db.query("create table t (id int primary key, e enum('a','b\"c'), s set('x','y','z'))");
  const work = "insert into t values (1, 'b\"c', 'x,z'), (2, null, '')";
  const encoder = createEncoder({ enumLabels: true });
  const [labels] = await encodeWork(db, work, { partitions: 1, encoder });
  expect(labels?.message.data).toEqual([
    { id: "1", e: 'b"c', s: "x,z" },
    { id: "2", e: null, s: "" },
  ]);
});

test("MariaDB's own types are texts", async () => {
  await using db = await openTestDatabase("mariadb");
  await db.query(
    `create table t (id int unsigned primary key, u uuid, i4 inet4, i6 inet6, js json, z text compressed, b bit(10), y year, e enum('p','q'),
     g point, ti time(2), ts timestamp(6) null, t1 tinyint(1))`,
  );
  const values = `'123e4567-e89b-12d3-a456-426655440000', '192.0.2.1', '2001:db8::1', '{"a": [1, "é"]}', repeat('ü', 100), 512, 2026, 'q',
    ST_GeomFromText('POINT(1 2)'), '-01:02:03.50', '2026-11-23 10:20:30.123456', 1`;
  const work = `set time_zone='+00:00'; insert into t values (4294967295, ${values})`;
  const [record] = await encodeWork(db, work, { partitions: 1 });
  const geometry = Buffer.alloc(25);
  geometry.writeUInt8(1, 4);
  geometry.writeUInt32LE(1, 5);
  geometry.writeDoubleLE(1, 9);
  geometry.writeDoubleLE(2, 17);
  expect(record?.message.data).toEqual([
    {
      id: "4294967295",
      u: "123e4567-e89b-12d3-a456-426655440000",
      i4: "192.0.2.1",
      i6: "2001:db8::1",
      js: '{"a": [1, "é"]}',
      z: "ü".repeat(100),
      b: "512",
      y: "2026",
      e: "2",
      g: geometry.toString("latin1"),
      ti: "-01:02:03.50",
      ts: "2026-11-23 10:20:30.123456",
      t1: "1",
    },
  ]);
  expect(record?.message.mysqlType).toMatchObject({
    id: "int(10) unsigned",
    u: "uuid",
    t1: "tinyint(1)",
    y: "year(4)",
    g: "point",
  });
  expect(record?.message.sqlType).toMatchObject({ id: -5, z: 2005, g: 2004 });
});

import { expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import type { RecordTopic } from "../../src/core/record.ts";
import { openConnection, parseConnectionUrl } from "../../src/mysql/connection.ts";
import { describeTable } from "../../src/mysql/table-lookup.ts";
import { createRecordEncoder } from "../../src/transport/record-encoder.ts";
import { decodeRecords, replay, TableActions } from "../support/decoded-records.ts";
import { openTestDatabase, type TestDatabase } from "../support/mysql.ts";
import { readScript, RecordCollector, type TextRecord } from "../support/real-records.ts";
import { recordChanges } from "../support/recorded-changes.ts";

const FORMATS = ["canal", "debezium", "maxwell"] as const;

/** What the recorded script lacks: types, fractions and shapes, and a key in an order of its own. */
const MORE = `
create table more (b int, a varchar(10), t1 time(1), t3 time(3), dt2 datetime(2), dt3 datetime(3), dt4 datetime(4), ts5 timestamp(5) null, bt9 bit(9), de0 decimal(20,0), de5 decimal(9,5),
  da date not null, f float, d double, y year, vb varbinary(10), v vector(3), g geometry, gc geometrycollection, js json, primary key (a, b));
insert into more values
 (1, 'a:%', '-00:00:00.5', '00:00:00.001', '0001-01-01 00:00:00.25', '1969-12-31 23:59:59.999', '9999-12-31 23:59:59.9999', '1970-01-01 00:00:01.00001', b'100000001', -1, 0.00001, '0099-12-31',
  3.4028235e38, 5e-324, 1901, '', to_vector('[1,-2.5,3e38]'), st_geomfromtext('POLYGON((0 0,1 0,1 1,0 0),(0.1 0.1,0.2 0.1,0.2 0.2,0.1 0.1))'), st_geomfromtext('GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1e-7 1e21))'), 'null'),
 (2, '"\\\\é', '838:59:59', '-838:59:59', '1000-02-28 00:00:00', null, '2024-02-29 01:02:03.4', '2038-01-19 03:14:07.99999', b'0', 99999999999999999999, -9999.99999, '0000-00-00',
  -1.5e-10, 123456789.125, 2155, unhex('ff00'), null, st_geomfromtext('MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((5 5,6 5,6 6,5 5)))'), st_geomfromtext('GEOMETRYCOLLECTION EMPTY'), '{"a":[1.0,-0.0,1e15,"x"],"b":{"c":null}}'),
 (3, '', null, null, null, null, null, null, null, null, null, '2026-11-23', 0, -0.0, 0, null, null, st_geomfromtext('MULTIPOINT(0 0,-1.25 2)'), null, '"text"');
update more set a = 'b', b = -7 where b = 3;
update more set js = '[]', t1 = null, g = st_geomfromtext('MULTILINESTRING((0 0,1 1),(2 2,3 3))') where b = 1;
`;

/** Runs the script on the real server; what it logged, as actions of the direct pipeline and as records of each format. */
async function encodeScript(db: TestDatabase) {
  const { schema, changes } = await readScript(db.name);
  await db.query(schema);
  const direct = new TableActions();
  const encoders = FORMATS.map((format) => ({
    collector: new RecordCollector(),
    encoder: createRecordEncoder({
      format,
      partitioner: "murmur2",
      partitionBy: {},
      enumLabels: false,
      name: "test",
      logBaseName: "binlog",
      clock: systemClock,
      onUnkeyed: () => undefined,
    }),
  }));
  await recordChanges({
    url: db.url.href,
    database: db.name,
    rule: null,
    // What a server is asked for is the definition that a table has now.
    work: async () => void (await db.query(withoutAlter(changes) + MORE)),
    onRows: (event) => {
      direct.take(event);
      const topic: RecordTopic = {
        name: event.table.schema.table,
        partitions: 12,
        maxBatchBytes: 1_000_000,
      };
      for (const { encoder, collector } of encoders)
        expect(encoder.take(event, topic, collector)).toEqual([]);
    },
  });
  return { direct: direct.of, records: encoders.map(({ collector }) => collector.records) };
}

function withoutAlter(changes: string): string {
  return changes.replace(/alter table rec_shard_1[^;]*;[\s\S]*?(?=truncate)/, "");
}

test("the script's records of every format give the documents of the direct pipeline", async () => {
  await using db = await openTestDatabase();
  await using connection = await openConnection(parseConnectionUrl(db.url.href));
  const { direct, records } = await encodeScript(db);
  expect(new Set(direct.keys())).toEqual(
    new Set(["more", "rec_composite", "rec_shard_0", "rec_shard_1", "rec_types"]),
  );
  for (const [i, format] of FORMATS.entries()) {
    const { actions } = await decodeRecords(records[i]!, {
      describeTable: async (database, table) =>
        (await describeTable(connection, database, table))?.schema ?? null,
    });
    for (const [table, wanted] of direct) {
      const [one, two] = [wanted, actions.get(table) ?? []].map((list) => replay(list));
      expect(Object.fromEntries(two!), `${table} through ${format}`).toEqual(
        Object.fromEntries(one!),
      );
    }
  }
});

test("all records of a key are in one partition", async () => {
  await using db = await openTestDatabase();
  const { records } = await encodeScript(db);
  for (const list of [records[1]!, records[2]!]) {
    const partitions = new Map<string, number>();
    for (const { topic, key, partition } of list.filter(isKeyed)) {
      const place = `${topic} ${key}`;
      expect(partitions.get(place) ?? partition).toBe(partition);
      partitions.set(place, partition);
    }
    expect(new Set(partitions.values()).size).toBeGreaterThan(3);
  }
});

function isKeyed({ key }: TextRecord): boolean {
  return key !== null && !key.includes("_uuid");
}

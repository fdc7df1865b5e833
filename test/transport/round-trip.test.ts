/** Rows of many types through records and back: their documents are those that the log's row images give. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import type { RowsEvent } from "../../src/core/change-event.ts";
import { openConnection, parseConnectionUrl } from "../../src/mysql/connection.ts";
import { describeTable } from "../../src/mysql/table-lookup.ts";
import { CanalEncoder } from "../../src/transport/canal-encoder.ts";
import { createDebeziumEncoder } from "../../src/transport/debezium-encoder.ts";
import { createMaxwellEncoder } from "../../src/transport/maxwell-encoder.ts";
import { Partitioner } from "../../src/transport/partitioner.ts";
import type { RecordDecoderOptions } from "../../src/transport/record-decoder.ts";
import type { RecordEncoder } from "../../src/transport/record-encoder.ts";
import {
  decodeRecords,
  RecordKeeper,
  TableActions,
  type TestDecoderOptions,
} from "../support/decoded-records.ts";
import { openTestDatabase, type TestDatabase } from "../support/mysql.ts";
import { recordChanges, type RecordedAction } from "../support/recorded-changes.ts";

const text = (most: number): fc.Arbitrary<string> =>
  fc
    .string({ unit: "binary", maxLength: most })
    .map((value) => `_utf8mb4 x'${Buffer.from(value.toWellFormed()).toString("hex")}'`);
const bytes = (most: number): fc.Arbitrary<string> =>
  fc.uint8Array({ maxLength: most }).map((value) => `x'${Buffer.from(value).toString("hex")}'`);
const integer = (min: bigint, max: bigint): fc.Arbitrary<string> =>
  fc.oneof(fc.bigInt({ min, max }), fc.constantFrom(min, max, 0n)).map(String);
const decimal = (digits: number, scale: number): fc.Arbitrary<string> =>
  fc
    .bigInt({ min: -(10n ** BigInt(digits)) + 1n, max: 10n ** BigInt(digits) - 1n })
    .map((value) => {
      const all = String(value < 0n ? -value : value).padStart(digits + 1, "0");
      const point = all.length - scale;
      return `${value < 0n ? "-" : ""}${all.slice(0, point)}.${all.slice(point)}`;
    });
const moment = (min: string, max: string): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.date({ min: new Date(min), max: new Date(max), noInvalidDate: true }),
      fc.integer({ min: 0, max: 999 }),
    )
    .map(
      ([date, rest]) =>
        `'${date.toISOString().slice(0, 23).replace("T", " ")}${String(rest).padStart(3, "0")}'`,
    );
const duration: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom("", "-"),
    fc.integer({ min: 0, max: 838 }),
    fc.integer({ min: 0, max: 59_999_999 }),
  )
  .map(
    ([sign, hours, rest]) =>
      `'${sign}${hours}:${Math.floor(rest / 1e6)}:59.${String(rest % 1e6).padStart(6, "0")}'`,
  );
const json: fc.Arbitrary<string> = fc
  .json({ maxDepth: 3 })
  .map((value) => `cast(_utf8mb4 x'${Buffer.from(value.toWellFormed()).toString("hex")}' as json)`);
const point: fc.Arbitrary<string> = fc
  .tuple(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer())
  .map(([x, y]) => `st_geomfromtext('point(${x} ${y})')`);
const double = fc
  .double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 })
  .map(String);

/** Columns and their values as SQL; those marked are NULL at times. */
const COLUMNS: readonly (readonly [definition: string, values: fc.Arbitrary<string>])[] = [
  ["ti tinyint", integer(-128n, 127n)],
  ["tiu tinyint(3) unsigned zerofill", integer(0n, 255n)],
  ["si smallint unsigned", integer(0n, 65_535n)],
  ["mi mediumint", integer(-8_388_608n, 8_388_607n)],
  ["miu mediumint unsigned", integer(0n, 16_777_215n)],
  ["iu int unsigned", integer(0n, 4_294_967_295n)],
  ["bi bigint", integer(-(2n ** 63n), 2n ** 63n - 1n)],
  ["biu bigint unsigned", integer(0n, 2n ** 64n - 1n)],
  ["de decimal(10,2)", decimal(10, 2)],
  ["de0 decimal(18,0)", decimal(18, 0)],
  ["deu decimal(60,28)", decimal(60, 28)],
  ["d30 decimal(30,30)", decimal(30, 30)],
  [
    "f float",
    fc
      .float({
        noNaN: true,
        noDefaultInfinity: true,
        min: Math.fround(-1e30),
        max: Math.fround(1e30),
      })
      .map(String),
  ],
  ["d double", double],
  ["b1 bit(1)", integer(0n, 1n)],
  ["b17 bit(17)", integer(0n, 2n ** 17n - 1n)],
  ["b64 bit(64)", integer(0n, 2n ** 64n - 1n)],
  [
    "da date",
    moment("0001-01-01", "9999-12-31T23:59:59Z").map((value) => `${value.slice(0, 11)}'`),
  ],
  ["t0 time", duration],
  ["t3 time(3)", duration],
  ["t6 time(6)", duration],
  ["dt datetime", moment("0001-01-01", "9999-12-31T23:59:58Z")],
  ["dt3 datetime(3)", moment("0001-01-01", "9999-12-31T23:59:58Z")],
  ["dt6 datetime(6)", moment("0001-01-01", "9999-12-31T23:59:59Z")],
  ["ts timestamp null", moment("1970-01-01T00:00:01Z", "2038-01-19T03:14:06Z")],
  ["ts4 timestamp(4) null", moment("1970-01-01T00:00:01Z", "2038-01-19T03:14:06Z")],
  ["y year", integer(1901n, 2155n)],
  ["c char(20)", text(20)],
  ["vc varchar(60)", text(60)],
  ["l1 varchar(20) character set latin1", fc.constantFrom("'é'", "''", "'\\'\"\\\\'", "'€uro'")],
  ["gb varchar(20) character set gbk", fc.constantFrom("'中文'", "'a'", "''")],
  ["tx text", text(200)],
  ["bin binary(16)", bytes(16)],
  ["vb varbinary(300)", bytes(300)],
  ["bl blob", bytes(100)],
  ["en enum('new','it''s','a,b','zu spät','\\\\')", integer(1n, 5n)],
  ["se set('a','b','c d','é')", integer(0n, 15n)],
  ["js json", json],
  ["pt geometry", point],
];

/** Statements that insert, change and delete `count` rows. */
function work(count: number): string[] {
  const row = fc.tuple(...COLUMNS.map(([, values]) => fc.option(values, { freq: 8, nil: "null" })));
  const rows = fc.sample(row, { seed: 20261123, numRuns: 2 * count });
  const names = COLUMNS.map(([definition]) => definition.split(" ")[0]!);
  const inserts = rows
    .slice(0, count)
    .map(
      (values, i) =>
        `insert into t (id, k, ${names.join(",")}) values (${i}, 'k${i}:"é', ${values.join(",")})`,
    );
  const updates = rows.slice(count).map((values, i) => {
    const changes = names.flatMap((name, n) =>
      (n + i) % 3 === 0 ? [`${name} = ${values[n]}`] : [],
    );
    return `update t set ${changes.join(",")}${i % 5 === 0 ? `, id = id + ${count}` : ""} where id = ${i}`;
  });
  return [
    ...inserts,
    ...updates,
    "delete from t where id % 7 = 0",
    "update t set vc = concat(id, 'x'), ti = null",
  ];
}

interface RoundTrip {
  readonly direct: readonly RecordedAction[];
  readonly decoded: readonly RecordedAction[];
}

async function roundTrip(
  db: TestDatabase,
  encoder: RecordEncoder,
  options: TestDecoderOptions,
): Promise<RoundTrip> {
  const definitions = COLUMNS.map(([definition]) => definition).join(", ");
  await db.query(`create table t (id int, k varchar(30), ${definitions}, primary key (k, id))`);
  const actions = new TableActions();
  const keeper = new RecordKeeper();
  const topic = { name: `p.${db.name}.t`, partitions: 1, maxBatchBytes: 1_000_000 };
  await recordChanges({
    url: db.url.href,
    database: db.name,
    rule: null,
    work: async () => {
      await db.query("set sql_mode = '', time_zone = '+00:00'");
      for (const statement of work(120)) await db.query(statement);
    },
    onRows: (event: RowsEvent) => {
      actions.take(event);
      expect(encoder.take(event, topic, keeper)).toEqual([]);
    },
  });
  const decoded = await decodeRecords(keeper.records, options);
  expect(decoded.events).toEqual([]);
  return { direct: actions.of.get("t")!, decoded: decoded.actions.get("t")! };
}

/** In order; versions too, but that a key's deletion for a row that moves to another key is older than the row. */
function expectSameActions({ direct, decoded }: RoundTrip): void {
  expect(direct.length).toBeGreaterThan(300);
  for (const [i, action] of direct.entries()) {
    const other = decoded[i];
    const isOlder = action.kind === "delete" && other?.version === action.version - 1n;
    expect(isOlder ? { ...other, version: action.version } : other).toEqual(action);
  }
  expect(decoded.length).toBe(direct.length);
}

function createPartitioner(): Partitioner {
  return new Partitioner({ partitioner: "murmur2", partitionBy: {}, onUnkeyed: () => undefined });
}

function describer(db: TestDatabase): RecordDecoderOptions["describeTable"] {
  return async (database, table) => {
    await using connection = await openConnection(parseConnectionUrl(db.url.href));
    return (await describeTable(connection, database, table))?.schema ?? null;
  };
}

test.each([false, true])("rows through Canal's records, labels: %s", async (enumLabels) => {
  await using db = await openTestDatabase();
  const encoder = new CanalEncoder({
    partitioner: createPartitioner(),
    enumLabels,
    clock: systemClock,
  });
  expectSameActions(await roundTrip(db, encoder, {}));
});

test("rows through Debezium's records", async () => {
  await using db = await openTestDatabase();
  const options = { name: "p", logBaseName: "binlog", now: () => 1_700_000_000_000 };
  const encoder = createDebeziumEncoder(createPartitioner(), options);
  expectSameActions(await roundTrip(db, encoder, { describeTable: describer(db) }));
});

test("rows through Maxwell's records", async () => {
  await using db = await openTestDatabase();
  const encoder = createMaxwellEncoder(createPartitioner(), {
    logBaseName: "binlog",
    now: () => 0,
  });
  expectSameActions(await roundTrip(db, encoder, { describeTable: describer(db) }));
});

test("MariaDB's own types through Canal's records, JSON where the server can be asked", async () => {
  await using db = await openTestDatabase("mariadb");
  await db.query(
    "create table t (id int primary key, u uuid, i4 inet4, i6 inet6, js json, ts timestamp(6) null)",
  );
  const partitioner = createPartitioner();
  const encoder = new CanalEncoder({ partitioner, enumLabels: false, clock: systemClock });
  const actions = new TableActions();
  const keeper = new RecordKeeper();
  const topic = { name: "t", partitions: 1, maxBatchBytes: 1_000_000 };
  await recordChanges({
    url: db.url.href,
    database: db.name,
    rule: null,
    work: async () => {
      await db.query(
        String.raw`insert into t values (1, '123e4567-e89b-12d3-a456-426655440000', '192.0.2.1', '::ffff:1.2.3.4', '{"a" : [1.0E2, "\u00e9"]}', null), (2, null, null, null, 'null', '2026-11-23 10:20:30.5')`,
      );
      await db.query("update t set js = '[]' where id = 2");
    },
    onRows: (event) => {
      actions.take(event);
      expect(encoder.take(event, topic, keeper)).toEqual([]);
    },
  });
  const asked = await decodeRecords(keeper.records, { describeTable: describer(db) });
  expect(asked.actions.get("t")).toEqual(actions.of.get("t"));
  const notAsked = await decodeRecords(keeper.records);
  expect(notAsked.actions.get("t")!.at(-1)).toMatchObject({
    document: expect.stringContaining('"js":"[]"') as string,
  });
});

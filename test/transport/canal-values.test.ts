import { expect, test } from "vitest";
import type { RecordTopic } from "../../src/core/record.ts";
import { CanalEncoder } from "../../src/transport/canal-encoder.ts";
import { Partitioner } from "../../src/transport/partitioner.ts";
import { openTestDatabase, type TestDatabase } from "../support/mysql.ts";
import { RecordCollector } from "../support/real-records.ts";
import { recordChanges } from "../support/recorded-changes.ts";

type Row = Readonly<Record<string, string | null>>;

/** A column `v0` to `v6` for each number of fractional digits, or one column `v`. */
function columnsOf(type: string): Readonly<Record<string, string>> {
  if (!type.includes("(n)")) return { v: type };
  return Object.fromEntries(
    Array.from({ length: 7 }, (_, n) => [`v${n}`, type.replace("(n)", `(${n})`)]),
  );
}

/** Inserts the values into all columns, one a row, and returns what the records have of each. */
async function recordedValues(
  db: TestDatabase,
  type: string,
  values: readonly string[],
): Promise<(string | null)[]> {
  const columns = columnsOf(type);
  const names = Object.keys(columns);
  const definitions = names.map((name) => `${name} ${columns[name]}`);
  await db.query(`create table t (id int primary key, ${definitions.join(", ")})`);
  const rows = values.map((value, i) => `(${i}, ${names.map(() => value).join(", ")})`).join(", ");
  const collector = new RecordCollector();
  const partitioner = new Partitioner({
    partitioner: "murmur2",
    partitionBy: {},
    onUnkeyed: () => undefined,
  });
  const encoder = new CanalEncoder({ partitioner, enumLabels: false });
  const topic: RecordTopic = { name: "t", partitions: 1, maxBatchBytes: 1_000_000 };
  await recordChanges({
    url: db.url.href,
    database: db.name,
    rule: null,
    work: async () => void (await db.query(`insert into t values ${rows}`)),
    onRows: (event) => expect(encoder.take(event, topic, collector)).toEqual([]),
  });
  return collector.records.flatMap(({ value }) =>
    (JSON.parse(value ?? "") as { data: Row[] }).data.flatMap((row) =>
      names.map((name) => row[name] ?? null),
    ),
  );
}

/** What the server says of the columns, by an expression of `v`. */
async function printedValues(
  db: TestDatabase,
  expression: string,
  type = "",
): Promise<(string | null)[]> {
  const names = Object.keys(columnsOf(type));
  const selected = names.map((name) => `${expression.replace("v", name)} ${name}`).join(", ");
  const rows = await db.query<Row>(`select ${selected} from t order by id`);
  return rows.flatMap((row) => names.map((name) => row[name] ?? null));
}

const ZERO_DATES = ["'0000-00-00'", "'2012-00-00'", "'2012-02-00'", "'9999-12-31'", "'0001-01-01'"];
const CLOCKS = ["00:00:00", "23:59:59.9", "10:20:30.123456", "01:02:03.000001"];
const DATETIMES = ZERO_DATES.flatMap((date) =>
  CLOCKS.map((clock) => `'${date.slice(1, -1)} ${clock}'`),
);
const TIMESTAMPS = [
  "0",
  ...["1970-01-01 00:00:01", "2038-01-19 03:14:06.9", "2026-11-23 10:20:30.123456"].map(
    (text) => `'${text}'`,
  ),
];
const TIMES = ["-838:59:59", "838:59:58.9", "-00:00:00.5", "00:00:00", "100:00:00.25", "-1:2:3.4"];
const DECIMALS = ["0", "-0.004", "12345678901234567890", "-99999.5", "0.1", "null"];

test.each([
  ["datetime(n)", DATETIMES],
  ["timestamp(n) null", TIMESTAMPS],
  ["time(n)", TIMES.map((text) => `'${text}'`)],
  ["date", ZERO_DATES],
  ["year", ["0", "1901", "2155", "null"]],
  ["decimal(65,30)", DECIMALS],
  ["decimal(30,0)", DECIMALS],
  ["decimal(4,4)", ["0.1234", "-0.0001", "0"]],
  ["decimal(20,2) unsigned", ["0", "1.5"]],
  ["bigint", ["-9223372036854775808", "9223372036854775807", "0"]],
  ["text character set utf8mb4", ["'😀 \\\\ \\\" \\0 \\n'", "''", "repeat('é\\t', 500)"]],
  ["varchar(20) character set gbk", ["'中文'", "''"]],
] as const)("%s is what the server prints", async (type, values) => {
  await using db = await openTestDatabase();
  await db.query("set sql_mode = 'NO_UNSIGNED_SUBTRACTION', time_zone = '+00:00'");
  const recorded = await recordedValues(db, type, values);
  expect(recorded.length).toBeGreaterThanOrEqual(values.length);
  expect(recorded).toEqual(await printedValues(db, "cast(v as char)", type));
});

const JSONS = [
  "{}",
  "[]",
  "null",
  "true",
  '""',
  "-1",
  "1e100",
  "1e-7",
  "18446744073709551615",
  '{"b": 1, "a": [1.0, {"x": {}}], "é\\\\"": "a, b: c"}',
  '"\\\\u0001\\\\t\\\\\\\\ /\\\\/ \\\\u2028 😀"',
  `[${Array.from({ length: 2000 }, (_, i) => `"${i}"`).join()}]`,
].map((text) => `'${text}'`);
const MADE_JSONS = [
  "cast(cast('2026-11-23 10:20:30.5' as datetime(6)) as json)",
  "cast(cast(1.50 as decimal(10,2)) as json)",
  "json_array(repeat('\\\"', 3000), x'00ff')",
];

test("JSON is the text that MySQL prints", async () => {
  await using db = await openTestDatabase();
  const recorded = await recordedValues(db, "json", [...JSONS, ...MADE_JSONS]);
  expect(recorded).toEqual(await printedValues(db, "cast(v as char)"));
});

test.each([
  ["varbinary(300)", ["x''", "x'00'", "unhex(repeat('00ff7f80225c0a', 40))"]],
  ["binary(5)", ["x''", "x'0100'", "x'ff00ff00ff'"]],
  ["mediumblob", ["unhex(repeat('deadbeef', 20000))"]],
  ["bit(1)", ["0", "1"]],
  ["point", ["ST_GeomFromText('POINT(1 2)', 4326)", "null"]],
  ["geometry", ["ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))')"]],
  ["vector(3)", ["to_vector('[1,2.5,-3]')"]],
] as const)("%s is its bytes as Latin-1 or a number", async (type, values) => {
  await using db = await openTestDatabase();
  const recorded = await recordedValues(db, type, values);
  const bytes = recorded.map((text) => {
    if (text === null) return null;
    return type === "bit(1)"
      ? `0${text}`
      : Buffer.from(text, "latin1").toString("hex").toUpperCase();
  });
  const printed = type === "bit(1)" ? "concat('0', v + 0)" : "hex(cast(v as binary))";
  expect(bytes).toEqual(
    await printedValues(db, type === "point" || type === "geometry" ? "hex(v)" : printed),
  );
});

test("ENUM is its ordinal and SET its mask", async () => {
  await using db = await openTestDatabase();
  await db.query("set sql_mode = ''");
  expect(await recordedValues(db, "enum('a','b')", ["'b'", "'?'", "null"])).toEqual([
    "2",
    "0",
    null,
  ]);
  await db.query("drop table t");
  const members = Array.from({ length: 64 }, (_, i) => `'m${i}'`);
  const set = `set(${members.join()})`;
  expect(await recordedValues(db, set, ["''", "'m0,m63'", "18446744073709551615"])).toEqual([
    "0",
    "9223372036854775809",
    "18446744073709551615",
  ]);
});

test("FLOAT and DOUBLE are as Java prints them", async () => {
  await using db = await openTestDatabase();
  const doubles = [
    "0",
    "-0e0",
    "1e7",
    "9999999.5",
    "0.001",
    "0.0009",
    "1.1e-300",
    "1.7976931348623157e308",
  ];
  expect(await recordedValues(db, "double", doubles)).toEqual([
    "0.0",
    "-0.0",
    "1.0E7",
    "9999999.5",
    "0.001",
    "9.0E-4",
    "1.1E-300",
    "1.7976931348623157E308",
  ]);
  await db.query("drop table t");
  expect(await recordedValues(db, "float", ["1.1", "16777216", "3.4e38", "1e-10"])).toEqual([
    "1.1",
    "1.6777216E7",
    "3.4E38",
    "1.0E-10",
  ]);
});

test.each([
  ["json", "json_array(repeat(char(1), 400000), repeat('\"', 400000))", "cast(v as char)"],
  ["longtext", "repeat(char(1), 400000)", "v"],
  ["longblob", "repeat(char(0), 400000)", "cast(v as char)"],
] as const)("%s has room where it grows most", async (type, value, expression) => {
  await using db = await openTestDatabase();
  expect(await recordedValues(db, type, [value])).toEqual(await printedValues(db, expression));
});

import { expect, test } from "vitest";
import { openTestTarget, type TestTarget } from "./elasticsearch.ts";
import { openTestDatabase, type TestDatabase } from "./mysql.ts";
import { formatCounts, formatDifferences } from "./verify-report.ts";
import { verifyTables, type VerifyResult } from "./verify.ts";

const COLUMNS = `
  id BIGINT UNSIGNED PRIMARY KEY, tiny TINYINT UNSIGNED, amount DECIMAL(10,2), exact DECIMAL(30,10), ratio DOUBLE, score FLOAT, flags BIT(12), year_of YEAR,
  day_of DATE, at DATETIME(6), seen TIMESTAMP(3) NULL, span TIME(2), name VARCHAR(100), state ENUM('a','b é'), tags SET('x','y'), uid BINARY(4), body BLOB, data JSON`;

const ROW = `(18446744073709551615, 255, 12.50, 12345678901234567890.1234567890, 0.1, 0.1, b'101000000001', 2026,
  '2026-11-23', '2026-11-23 10:20:30.000001', '2026-11-23 10:20:30.120', '-01:02:03.50', 'naïve "漢字" 🚀\\n', 'b é', 'x,y', 0x01020000, REPEAT('a', 100), '{"n": 18446744073709551615, "d": 1.50, "a": [1, "x", null]}')`;

const DOCUMENT = {
  tiny: "255",
  amount: "12.50",
  exact: '"12345678901234567890.1234567890"',
  ratio: "0.1",
  score: "0.1",
  flags: "2561",
  year_of: "2026",
  day_of: '"2026-11-23"',
  at: '"2026-11-23T10:20:30.000001"',
  seen: '"2026-11-23T10:20:30.120Z"',
  span: '"-01:02:03.50"',
  name: JSON.stringify('naïve "漢字" 🚀\n'),
  state: '"b é"',
  tags: '"x,y"',
  uid: '"AQIAAA=="',
  body: JSON.stringify(Buffer.from("a".repeat(100)).toString("base64")),
  data: '{"a":[1,"x",null],"d":1.5,"n":18446744073709551615}',
};

async function put(
  target: TestTarget,
  place: { readonly index: string; readonly id: string },
  fields: Readonly<Record<string, string>>,
): Promise<void> {
  const document = Object.entries(fields).map(
    ([name, value]) => `${JSON.stringify(name)}:${value}`,
  );
  const head = JSON.stringify({ index: { _index: place.index, _id: place.id } });
  const reply = await target.request("POST", "_bulk", `${head}\n{${document.join(",")}}\n`);
  expect(reply.body).toMatchObject({ errors: false });
}

async function verify(
  db: TestDatabase,
  target: TestTarget,
  tables: readonly string[],
): Promise<VerifyResult> {
  const index = `${target.prefix}i`;
  return await verifyTables({
    mysql: db.url,
    elasticsearch: target.url,
    tables: tables.map((table) => ({ database: db.name, table, index })),
  });
}

test("a row equals its document in every type", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  const index = `${target.prefix}i`;
  await db.query(
    `SET time_zone = '+00:00'; CREATE TABLE a (${COLUMNS}); INSERT INTO a VALUES ${ROW}`,
  );
  await target.request("PUT", index, { mappings: { dynamic: false } });
  const id = "18446744073709551615";
  await put(target, { index, id }, { id, ...DOCUMENT });
  const result = await verify(db, target, ["a"]);
  expect(formatDifferences(result)).toEqual([]);
  expect(result).toMatchObject({ isEqual: true, tables: [{ rows: 1, equal: 1 }] });
});

test("every single field that differs is found, and digits beyond a double's count", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  const index = `${target.prefix}i`;
  await db.query(
    `SET time_zone = '+00:00'; CREATE TABLE a (${COLUMNS}); INSERT INTO a VALUES ${ROW}`,
  );
  await target.request("PUT", index, { mappings: { dynamic: false } });
  const id = "18446744073709551615";
  const wrong = {
    ...DOCUMENT,
    exact: '"12345678901234567890.1234567891"',
    at: '"2026-11-23T10:20:30.000002"',
    data: '{"a":[1,"x",null],"d":1.5,"n":18446744073709551614}',
    gone: "1",
  };
  await put(target, { index, id }, { id, ...wrong });
  const result = await verify(db, target, ["a"]);
  expect(result).toMatchObject({ isEqual: false, tables: [{ equal: 0, different: 1 }] });
  const fields = new Set(result.differences.map((difference) => difference.field));
  expect(fields).toEqual(new Set(["exact", "at", "data", "gone"]));
});

test("missing and extra documents are found, also among thousands and in an index of two tables", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  const index = `${target.prefix}i`;
  await db.query(
    "CREATE TABLE a (k VARCHAR(20), n INT, PRIMARY KEY (n, k)); CREATE TABLE b LIKE a; INSERT INTO b VALUES ('a:b%', 7)",
  );
  await db.query("INSERT INTO a VALUES ?", [Array.from({ length: 2500 }, (_, i) => [`k${i}`, i])]);
  const lines = Array.from({ length: 2500 }, (_, i) =>
    i === 1234
      ? '{"index":{"_id":"never"}}\n{}\n'
      : `{"index":{"_id":"${i}:k${i}"}}\n{"k":"k${i}","n":${i}}\n`,
  );
  await target.request("POST", `${index}/_bulk`, lines.join(""));
  await put(target, { index, id: "7:a%3Ab%25" }, { k: '"a:b%"', n: "7" });
  const result = await verify(db, target, ["a", "b"]);
  expect(result).toMatchObject({
    isEqual: false,
    tables: [
      { rows: 2500, equal: 2499, missing: 1, different: 0 },
      { rows: 1, equal: 1 },
    ],
  });
  expect(result.documents.get(index)).toEqual({ count: 2501, extra: 1 });
  expect(formatDifferences(result)).toEqual([
    `${db.name}.a 1234:k1234: no document in ${index}`,
    `${index} never: a document without a row`,
  ]);
  expect(formatCounts(result)[1]).toMatch(/2,500 +2,499 +1 +0 +2,501 +1$/);
});

test("null equals an absent field, zero dates are null, no table and no index are empty", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  const index = `${target.prefix}i`;
  expect(await verify(db, target, ["a"])).toMatchObject({ isEqual: true, tables: [{ rows: 0 }] });
  await db.query(
    "SET sql_mode = ''; CREATE TABLE a (id INT PRIMARY KEY, d DATE, t DATETIME(2), n INT); INSERT INTO a VALUES (1, '2012-00-10', '0000-00-00', NULL)",
  );
  await put(target, { index, id: "1" }, { id: "1", d: "null" });
  const result = await verify(db, target, ["a"]);
  expect(formatDifferences(result)).toEqual([]);
});

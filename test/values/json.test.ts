/** The oracle is the server: what its SELECT prints, without the white space. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { compactJsonText } from "../../src/binlog/values/json-text.ts";
import { openTestDatabase, type TestDatabase } from "../support/mysql.ts";
import { recordChanges } from "../support/recorded-changes.ts";

interface Row {
  readonly id: number;
  readonly doc: string | null;
}

/** Runs statements on table `t (id, doc)` and compares the last document that each row had in the binlog with what a SELECT gives. */
async function expectSameDocuments(
  db: TestDatabase,
  statements: readonly (string | [sql: string, values: readonly unknown[]])[],
): Promise<string[]> {
  const recorded = await recordChanges({
    url: db.url.href,
    database: db.name,
    work: async () => {
      for (const statement of statements) {
        const [sql, values] = typeof statement === "string" ? [statement, []] : statement;
        await db.query(sql, values);
      }
    },
  });
  const rows = await db.query<Row>("SELECT id, CAST(doc AS CHAR) AS doc FROM t ORDER BY id");
  expect(rows.length).toBeGreaterThan(0);
  const documents = new Map(
    recorded.actions.map((action) => [action.id, action.kind === "index" ? action.document : ""]),
  );
  const selected = rows.map(({ doc }) => (doc === null ? "null" : compactJsonText(doc)));
  for (const [i, { id }] of rows.entries()) {
    const document = documents.get(String(id));
    expect(document).toBe(`{"id":${id},"doc":${selected[i]!}}`);
    expect(() => JSON.parse(document!) as unknown).not.toThrow();
  }
  return selected;
}

async function openTable(): Promise<TestDatabase> {
  const db = await openTestDatabase("mysql");
  await db.query("CREATE TABLE t (id INT PRIMARY KEY, doc JSON)");
  return db;
}

const insert = (id: number, expression: string): string =>
  `INSERT INTO t VALUES (${id}, ${expression})`;
const insertText = (id: number, text: string): [string, unknown[]] => [
  "INSERT INTO t VALUES (?, ?)",
  [id, text],
];

const SCALARS =
  `null true false {} [] "" 0 -0.0 1.0 -1 32767 32768 -32768 -32769 65535 65536 2147483647 2147483648 -2147483648 ` +
  `-2147483649 4294967295 4294967296 9007199254740993 9223372036854775807 -9223372036854775808 9223372036854775808 ` +
  `18446744073709551615 18446744073709551616 1e308`;

test("every kind of JSON value reads the same from the binlog and from a SELECT", async () => {
  await using db = await openTable();
  const texts = [
    ...SCALARS.split(" "),
    '{"a": {"b": {"c": [[], {}, [null, true, false]]}}, "": 1, "é": "漢字 😀"}',
    '[1, -1, 40000, 70000, -70000, 5000000000, -5000000000, 1.5, "x", {"k": "v"}]',
    String.raw`["\"", "\\", "\/", "\b\f\n\r\t", "\u0000\u001f\u007f\u2028", {"\"\n\\": 0}]`,
    '{"bbb": 1, "a": 2, "cc": 3, "a": 4}',
    JSON.stringify({ ["k".repeat(65_535)]: 1 }),
    "[".repeat(100) + "1" + "]".repeat(100),
    '{"a":'.repeat(99) + "{}" + "}".repeat(99),
  ];
  const selected = await expectSameDocuments(db, [
    insert(0, "NULL"),
    ...texts.map((text, i) => insertText(i + 1, text)),
  ]);
  expect(selected[texts.indexOf("18446744073709551615") + 1]).toBe("18446744073709551615");
  expect(selected[texts.indexOf("1.0") + 1]).toBe("1.0");
});

test("large objects, arrays and strings read the same", async () => {
  await using db = await openTable();
  const object = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`key${i * 7919}`, i]));
  const mixed = Array.from({ length: 20_000 }, (_, i) =>
    i % 5 === 0 ? -i * 70_000 : i % 5 === 1 ? i * 3 : i % 5 === 2 ? null : `text ${i}`,
  );
  const strings = [0, 127, 128, 16_383, 16_384, 70_000, 2_100_000].map((n) => "ä\n".repeat(n / 2));
  await expectSameDocuments(db, [
    insertText(1, JSON.stringify(object)),
    insertText(2, JSON.stringify(mixed)),
    insertText(3, JSON.stringify(strings)),
    insertText(4, JSON.stringify([mixed, { small: { a: [1] }, large: object }])),
  ]);
});

test("values of SQL types inside JSON read the same", async () => {
  await using db = await openTable();
  const expressions = [
    "1.50, -0.05, 0.00, 12345678901234567890123456789012345.123456789012345678901234567891, -1e0, 1e-7",
    "CAST(99999999999999999999999999999999999999999999999999999999999999999 AS DECIMAL(65,0))",
    "CAST(-0.000000000000000000000000000001 AS DECIMAL(30,30)), CAST(7 AS DECIMAL(1,0))",
    "DATE'2015-01-15', DATE'9999-12-31', DATE'0001-01-01', CAST('10:11:12.5' AS TIME(1))",
    "CAST('-838:59:59' AS TIME), CAST('-00:00:00.000001' AS TIME(6)), CAST('838:59:59' AS TIME)",
    "TIMESTAMP'2015-01-15 23:24:25.12', TIMESTAMP'9999-12-31 23:59:59.999999'",
    "CAST('x' AS BINARY), CAST('' AS BINARY), X'00FF', b'101', CAST(2020 AS YEAR)",
    ...[56, 57, 58, 114, 115, 128, 1000].map((n) => `CAST(REPEAT('a', ${n}) AS BINARY)`),
    "ST_GeomFromText('POINT(1 2)'), ST_GeomFromText('LINESTRING(1 2, 3 4)', 4326)",
  ];
  const selected = await expectSameDocuments(db, [
    ...expressions.map((expression, i) => insert(i, `JSON_ARRAY(${expression})`)),
    `CREATE TABLE typed (id INT PRIMARY KEY, e ENUM('a','b'), s SET('x','y'), b BIT(5), y YEAR, ts TIMESTAMP(3) NULL,
       v VARBINARY(10), f BINARY(4), l BLOB, d FLOAT)`,
    `INSERT INTO typed VALUES (-1, 'b', 'x,y', 5, 1999, '2020-01-02 03:04:05.678', 'ab', 'ab', 'cd', 1.1)`,
    "INSERT INTO t SELECT 100, JSON_ARRAY(e, s, b, y, ts, v, f, l, d) FROM typed",
  ]);
  expect(selected[0]).toContain("[1.50,-0.05,0.00,");
  expect(selected[3]).toBe('["2015-01-15","9999-12-31","0001-01-01","10:11:12.500000"]');
});

test("thousands of doubles have the server's own text", async () => {
  await using db = await openTable();
  const powers = Array.from({ length: 640 }, (_, i) => Number(`1e${i - 325}`));
  const nearPowers = powers.flatMap((power) => [
    power,
    power * 1.5,
    -power / 3,
    power * (1 + 2 ** -52),
  ]);
  const binary = Array.from({ length: 2098 }, (_, i) => 2 ** (i - 1074));
  const random = fc.sample(fc.double({ noNaN: true, noDefaultInfinity: true }), 5000);
  const decimals = fc
    .sample(fc.tuple(fc.maxSafeInteger(), fc.integer({ min: -20, max: 6 })), 5000)
    .map(([digits, exponent]) => Number(`${digits}e${exponent}`));
  const lists = [nearPowers, binary, random, decimals].map((list) =>
    list.filter((value) => value !== 0 && Number.isFinite(value)),
  );
  const statements = lists.map((list, i) =>
    insertText(i, `[${list.map((value) => value.toExponential()).join(", ")}]`),
  );
  const selected = await expectSameDocuments(db, statements);
  for (const [i, text] of selected.entries()) expect(JSON.parse(text)).toEqual(lists[i]);
});

test("documents changed in place, with holes and moved entries, read the same", async () => {
  await using db = await openTable();
  const document = JSON.stringify({
    a: "a long text that can become shorter",
    b: [1, 2, 3, { deep: "another long text to replace" }],
    c: 123_456_789_012,
    d: { x: 1.5, y: null },
  });
  const paths = [
    "JSON_SET(doc, '$.a', 'short')",
    "JSON_REPLACE(doc, '$.b[3].deep', 'x', '$.c', 5)",
    "JSON_REMOVE(doc, '$.c')",
    "JSON_REMOVE(doc, '$.b[0]', '$.d.x')",
    "JSON_SET(doc, '$.a', REPEAT('long again ', 20), '$.new', JSON_ARRAY(1.5, 'y'))",
    "JSON_REMOVE(JSON_SET(doc, '$.b[1]', NULL), '$.a')",
  ];
  await expectSameDocuments(db, [
    ...paths.map((_, i) => insertText(i, document)),
    ...paths.map((path, i) => `UPDATE t SET doc = ${path} WHERE id >= ${i}`),
  ]);
});

test("random documents read the same", async () => {
  await using db = await openTable();
  const documents = fc.sample(fc.json({ maxDepth: 5, stringUnit: "grapheme" }), 300);
  await expectSameDocuments(db, [
    [
      `INSERT INTO t VALUES ${documents.map(() => "(?, ?)").join(", ")}`,
      documents.flatMap((text, i) => [i, text]),
    ],
  ]);
});

test("MariaDB's JSON, which is text, keeps what was typed but for the white space", async () => {
  await using db = await openTestDatabase("mariadb");
  await db.query(
    "CREATE TABLE t (id INT PRIMARY KEY, doc JSON); SET check_constraint_checks = OFF",
  );
  const texts = [
    ' { "b" : 1.0 , "a" : [ 1e5 , -0 , 18446744073709551616 ] , "b" : " x  y " } ',
    String.raw`"\u00e9\/ \" \\ "`,
    "not JSON",
    "",
  ];
  const selected = await expectSameDocuments(
    db,
    texts.map((text, i) => insertText(i, text)),
  );
  expect(selected).toEqual([
    '{"b":1.0,"a":[1e5,-0,18446744073709551616],"b":" x  y "}',
    String.raw`"\u00e9\/ \" \\ "`,
    '"not JSON"',
    '""',
  ]);
});

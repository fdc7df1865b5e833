/** Walks of tables by every type of key and collation that can be one: each row once, in the order of the index. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ChunkTable, KeyLiterals } from "../../src/core/load.ts";
import { describedTable } from "../../src/mysql/chunk-table.ts";
import { rangeCondition } from "../../src/mysql/key-range.ts";
import { SEED } from "../support/seed.ts";
import { openChunks, type Chunks } from "./chunks.ts";

/** A column's type and SQL expressions of values, many of them close together or equal to one another by the collation. */
interface KeyType {
  readonly type: string;
  readonly values: readonly string[];
}

const WORDS = [
  "",
  "a",
  "A",
  "ä",
  "a ",
  "b",
  "ß",
  "ss",
  "é",
  "Z",
  "zz",
  "0",
  "10",
  "9",
  "'",
  "\\\\",
];
const text = (type: string, words: readonly string[] = WORDS): KeyType => ({
  type,
  values: words.map((word) => `'${word === "'" ? "''" : word}'`),
});
const numbers = (type: string, values: readonly (string | number)[]): KeyType => ({
  type,
  values: values.map((value) => `${value}`),
});

const COMMON: readonly KeyType[] = [
  numbers("INT", [-2147483648, -10, -9, -1, 0, 1, 9, 10, 2147483647]),
  numbers("BIGINT UNSIGNED", [
    0,
    1,
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
  ]),
  numbers("SMALLINT ZEROFILL", [0, 1, 10, 100, 65535]),
  numbers("DECIMAL(30,10)", ["-1.5", "-0.0000000001", 0, "0.1", "12345678901234567890.0123456789"]),
  numbers("FLOAT", ["-3.4e38", "-0.1", 0, "1e-30", "0.1", "0.3", "16777216", "3.4e38"]),
  numbers("FLOAT(7,2)", ["-0.1", "0.1", "0.3", "33333.33"]),
  numbers("DOUBLE", [
    "-1.1e-300",
    0,
    "5e-324",
    "0.1",
    "0.30000000000000004",
    "1.7976931348623157e308",
  ]),
  numbers("BIT(10)", [0, 1, 255, 256, 1023]),
  numbers("YEAR", ["'0000'", 1901, 1999, 2000, 2001, 2155]),
  numbers("DATE", ["'0000-00-00'", "'2021-00-00'", "'2021-02-31'", "'2021-03-01'", "'9999-12-31'"]),
  numbers("DATETIME(6)", [
    "'0000-00-00'",
    "'2021-02-03 04:05:06.000001'",
    "'2021-02-03 04:05:06'",
    "'2021-02-31 01:01:01'",
  ]),
  numbers("TIMESTAMP(3) DEFAULT 0", [
    "0",
    "'2021-02-03 04:05:06.001'",
    "'2021-02-03 04:05:06'",
    "'2038-01-19 03:14:07'",
  ]),
  numbers("TIME(2)", ["'-838:59:59'", "'-00:00:00.01'", "0", "'00:00:00.01'", "'838:59:59'"]),
  text("VARCHAR(20)"),
  text("VARCHAR(20) COLLATE utf8mb4_general_ci"),
  text("VARCHAR(20) COLLATE utf8mb4_unicode_ci"),
  text("VARCHAR(20) COLLATE utf8mb4_bin"),
  text("CHAR(20) COLLATE utf8mb4_german2_ci".replace("german2", "unicode_520")),
  text("VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_german2_ci"),
  text("CHAR(20) CHARACTER SET latin1 COLLATE latin1_bin"),
  text("VARCHAR(20) CHARACTER SET sjis", ["", "a", "A", "表", "カ", "ｶ"]),
  text("VARCHAR(20) CHARACTER SET gbk COLLATE gbk_chinese_ci", ["", "a", "钥匙", "钥", "表"]),
  text("VARCHAR(20) CHARACTER SET utf16 COLLATE utf16_unicode_ci"),
  text("VARCHAR(20) CHARACTER SET utf16le"),
  text("VARCHAR(20) CHARACTER SET ucs2"),
  text("CHAR(20) CHARACTER SET utf32"),
  text("VARCHAR(20) CHARACTER SET cp1251", ["", "ключ", "КЛЮЧ", "key"]),
  numbers("VARBINARY(9)", ["''", "0x00", "0x0000", "0x00ff27", "'a'", "'a '", "0xff"]),
  numbers("BINARY(3)", ["''", "0x01", "0x0100ff", "'a'", "'a '", "0xff"]),
  numbers("ENUM('z','','b','a','10')", ["0", 1, 2, 3, 4, 5]),
  numbers("SET('z','b','a')", [0, 1, 2, 3, 4, 5, 6, 7]),
  numbers("SET('a','b','c','d','e','f','g','h','i','j')", [0, 1, 2, 3, 1023]),
];

const OF_MARIADB: readonly KeyType[] = [
  ...COMMON,
  numbers("UUID", [
    "'00000000-0000-0000-0000-000000000000'",
    "'00112233-4455-1677-8899-aabbccddee00'",
    "'00112233-4455-1677-8899-aabbccddee01'",
    "'ff112233-4455-4677-8899-aabbccddee00'",
    "'01112233-4455-1677-8899-aabbccddee00'",
  ]),
  numbers("INET6", ["'::'", "'::1'", "'2001:db8::'", "'::ffff:10.0.0.1'"]),
  numbers("INET4", ["'0.0.0.0'", "'10.1.2.0'", "'10.1.2.3'", "'255.0.0.1'"]),
];

/** The keys of a walk that takes `rows` at a time, by what `read` found; each as JSON. */
async function walk(chunks: Chunks, table: ChunkTable, rows: number): Promise<string[]> {
  const found: string[] = [];
  let after: KeyLiterals | null = null;
  const last = await chunks.reader.lastKey(table);
  for (;;) {
    const upTo: KeyLiterals | null = await chunks.reader.keyAfter(
      table,
      { after, upTo: last },
      rows,
    );
    if (upTo === null) return found;
    const chunk = await chunks.reader.read(table, { kind: "range", range: { after, upTo } });
    const keys = chunks.rowsOf(chunk).map((row) => row[0]!);
    expect(keys).toHaveLength(chunk.rows);
    const isFilled = chunk.rows > 0 && chunk.rows <= rows;
    expect(isFilled, JSON.stringify({ after, upTo, last, keys, rows, n: chunk.rows })).toBe(true);
    found.push(...keys);
    after = upTo;
  }
}

/** A table of these key columns (in an order of their own) and rows of every value and many combinations; `n` numbers the rows. */
async function fill(
  chunks: Chunks,
  name: string,
  key: readonly KeyType[],
  isMariadb: boolean,
): Promise<void> {
  const columns = key.map(
    ({ type }, i) => `k${i} ${type}${type.includes("DEFAULT") ? "" : " NOT NULL"}`,
  );
  const directions = key.map((_, i) => `k${i}${!isMariadb && i === 1 ? " DESC" : ""}`);
  await chunks.database.query(
    `CREATE TABLE ${name} (n INT NOT NULL, ${columns.toReversed().join(", ")}, v VARCHAR(9) DEFAULT 'x', PRIMARY KEY (${directions.join(", ")}))`,
  );
  const random = fc.sample(
    fc.array(fc.nat(1000), { minLength: key.length, maxLength: key.length }),
    {
      numRuns: 25,
      seed: SEED,
    },
  );
  const edges = Array.from({ length: 20 }, (_, i) => key.map((_type, k) => (k === 0 ? i : i * 7)));
  const rows = [...edges, ...random].map(
    (picks, n) =>
      `(${n}, ${key.map(({ values }, i) => values[picks[i]! % values.length]).join(", ")})`,
  );
  const names = key.map((_, i) => `k${i}`).join(", ");
  for (const row of rows)
    await chunks.database.query(`INSERT IGNORE INTO ${name} (n, ${names}) VALUES ${row}`);
}

async function expectWalks(chunks: Chunks, name: string, key: readonly KeyType[]): Promise<void> {
  const label = key.map(({ type }) => type).join(" + ");
  const order = key.map((_, i) => `k${i}${!chunks.isMariadb && i === 1 ? " DESC" : ""}`).join(", ");
  const expected = await chunks.database.query<{ n: number }>(
    `SELECT n FROM ${name} ORDER BY ${order}`,
  );
  const table = (await chunks.reader.describe(chunks.database.name, name))!;
  for (const rows of [1, 2, 7])
    expect([label, await walk(chunks, table, rows)]).toEqual([
      label,
      expected.map(({ n }) => String(n)),
    ]);
}

describe.each(["mysql", "mariadb"] as const)(
  "a walk on %s has each row once, in the order of the index,",
  (server) => {
    const types = server === "mysql" ? COMMON : OF_MARIADB;

    test("by a key of any type", { timeout: 120_000 }, async () => {
      await using chunks = await openChunks(server);
      for (const [i, type] of types.entries()) {
        await fill(chunks, `t${i}`, [type], chunks.isMariadb);
        await expectWalks(chunks, `t${i}`, [type]);
      }
    });

    test(
      "by composite keys, whose columns have another order in the table",
      { timeout: 120_000 },
      async () => {
        await using chunks = await openChunks(server);
        const keys = fc.sample(
          fc.array(fc.constantFrom(...types), { minLength: 2, maxLength: 4 }),
          {
            numRuns: 12,
            seed: SEED,
          },
        );
        for (const [i, key] of keys.entries()) {
          await fill(chunks, `c${i}`, key, chunks.isMariadb);
          await expectWalks(chunks, `c${i}`, key);
        }
      },
    );

    test("and its ranges are ranges of the index", { timeout: 120_000 }, async () => {
      await using chunks = await openChunks(server);
      const { database, reader } = chunks;
      for (const [i, type] of types.entries()) {
        // nothing but a list finds a range of numbers of a SET, and a list of all of them would be too long
        if (type.values.includes("1023") && type.type.startsWith("SET")) continue;
        const key = [type, numbers("INT", [1, 2, 3, 4, 5])];
        await fill(chunks, `t${i}`, key, chunks.isMariadb);
        const table = describedTable((await reader.describe(database.name, `t${i}`))!);
        const all = { after: null, upTo: null };
        const range = {
          after: await reader.keyAfter(table, all, 3),
          upTo: await reader.keyAfter(table, all, 6),
        };
        const format = chunks.isMariadb ? "" : "FORMAT=TRADITIONAL";
        const [plan] = await database.query<{ type: string; key: string }>(
          `EXPLAIN ${format} SELECT * FROM t${i} FORCE INDEX (PRIMARY) WHERE ${rangeCondition(table.parts, range)}`,
        );
        expect([type.type, plan]).toEqual([
          type.type,
          expect.objectContaining({ type: "range", key: "PRIMARY" }),
        ]);
      }
    });
  },
);

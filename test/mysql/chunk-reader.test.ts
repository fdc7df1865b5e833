import { createConnection } from "mysql2/promise";
import { describe, expect, test } from "vitest";
import type { ChunkTable, KeyLiterals } from "../../src/core/load.ts";
import { openChunkReader } from "../../src/mysql/chunk-reader.ts";
import { parseConnectionUrl } from "../../src/mysql/connection.ts";
import { keyOfRow, parseKey } from "../../src/mysql/key-values.ts";
import { connectionOptions } from "../support/mysql.ts";
import { openChunks, rowsOf, type Chunks } from "./chunks.ts";

const ALL = { kind: "range", range: { after: null, upTo: null } } as const;

async function describeTable(chunks: Chunks, table = "t"): Promise<ChunkTable> {
  return (await chunks.reader.describe(chunks.database.name, table))!;
}

describe.each(["mysql", "mariadb"] as const)("a chunk reader on %s", (server) => {
  test("chooses the primary key, else the first unique key without NULLs, and describes hidden columns", async () => {
    await using chunks = await openChunks(server);
    await chunks.database.query(`
      CREATE TABLE t (a INT NOT NULL, b INT NOT NULL, c INT NULL, d VARCHAR(20) NOT NULL, e INT INVISIBLE DEFAULT 7, g INT AS (a * 2) STORED,
        UNIQUE KEY nullable (c), UNIQUE KEY prefixed (d(3)), UNIQUE KEY usable (b, a), KEY plain (a));
      CREATE TABLE p (a INT NOT NULL, b INT NOT NULL, UNIQUE KEY u (a), PRIMARY KEY (b));
      INSERT INTO t (a, b, c, d) VALUES (1, 2, NULL, 'x')`);
    const table = await describeTable(chunks);
    expect([table.keyName, table.keyColumns]).toEqual(["usable", [1, 0]]);
    expect((await describeTable(chunks, "p")).keyName).toBe("PRIMARY");
    expect(rowsOf(await chunks.reader.read(table, ALL))).toEqual([
      ["1", "2", null, '"x"', "7", "2"],
    ]);
    expect(await chunks.reader.describe(chunks.database.name, "nowhere")).toBeNull();
  });

  test("refuses a table without such a key", async () => {
    await using chunks = await openChunks(server);
    await chunks.database.query(
      server === "mysql"
        ? "SET sql_generate_invisible_primary_key = OFF; CREATE TABLE t (a INT, UNIQUE KEY (a))"
        : "CREATE TABLE t (a INT, UNIQUE KEY (a))",
    );
    await expect(describeTable(chunks)).rejects.toMatchObject({ code: "SNAPSHOT_NO_KEY" });
  });

  test("knows the end, the bounds and the rows of an empty table", async () => {
    await using chunks = await openChunks(server);
    await chunks.database.query("CREATE TABLE t (a INT, b INT, PRIMARY KEY (a, b))");
    const table = await describeTable(chunks);
    expect(await chunks.reader.lastKey(table)).toBeNull();
    expect(await chunks.reader.keyAfter(table, { after: null, upTo: null }, 5)).toBeNull();
    expect(await chunks.reader.estimateRows(table)).toBe(0);
    expect(await chunks.reader.read(table, ALL)).toMatchObject({ rows: 0, bytes: 0, buffers: [] });
  });

  test("bounds chunks of numbers with few gaps, and of many", async () => {
    await using chunks = await openChunks(server);
    // 1 … 1000 without every third, then a gap, then 100 more
    const dense = Array.from({ length: 1_000 }, (_, i) => i + 1).filter((n) => n % 3 !== 0);
    const numbers = [...dense, ...Array.from({ length: 100 }, (_, i) => 1_300 + i)];
    for (const [name, type, factor] of [
      ["few", "BIGINT UNSIGNED", 1],
      ["many", "INT", -1_000],
    ] as const) {
      const values = numbers.map((n) => n * factor);
      await chunks.database.query(
        `CREATE TABLE ${name} (a ${type} PRIMARY KEY); INSERT INTO ${name} VALUES (${values.join("),(")}); ANALYZE TABLE ${name}`,
      );
      const table = await describeTable(chunks, name);
      const found: string[] = [];
      const sizes: number[] = [];
      for (let after: KeyLiterals | null = null; ;) {
        const upTo: KeyLiterals | null = await chunks.reader.boundAfter!(
          table,
          { after, upTo: null },
          90,
        );
        if (upTo === null) break;
        const chunk = await chunks.reader.read(table, { kind: "range", range: { after, upTo } });
        sizes.push(chunk.rows);
        found.push(...rowsOf(chunk).map((row) => row[0]!));
        after = upTo;
      }
      expect(found).toEqual(values.toSorted((a, b) => a - b).map(String));
      expect(Math.max(...sizes)).toBe(90);
      expect(sizes.filter((size) => size < 60).length).toBeLessThanOrEqual(2);
    }
  });

  test("reads rows by keys, as a person writes them and as rows have them", async () => {
    await using chunks = await openChunks(server);
    await chunks.database.query(`
      CREATE TABLE t (v INT, b VARBINARY(9), d DATETIME, s VARCHAR(20) CHARACTER SET latin1, n BIGINT UNSIGNED, e ENUM('x','y'), f FLOAT, PRIMARY KEY (n, s, b, d, e, f));
      INSERT INTO t VALUES (1, 0x00ff, '2026-11-23 10:00:00', 'it''s, "ä"', 18446744073709551615, 'y', 0.1), (2, 'a,b', '0000-00-00', '', 0, 'x', -5), (3, '', '2026-01-01', 'z', 7, 'x', 0)`);
    const table = await describeTable(chunks);
    const written = [
      ["18446744073709551615", 'it\'s, "ä"', "0x00ff", "2026-11-23T10:00:00", "y", "0.1"],
      ["0", "", "a,b", "0000-00-00", "x", "-5"],
      ["9", "", "a,b", "0000-00-00", "x", "-5"],
    ];
    const keys = written.map((values) => parseKey(table, values));
    const chunk = await chunks.reader.read(table, { kind: "keys", keys });
    expect(rowsOf(chunk).map(([v]) => v)).toEqual(["2", "1"]);

    const whole = await chunks.reader.read(table, ALL);
    const found: KeyLiterals[] = [];
    for (const bytes of whole.buffers)
      for (let p = 0; p < bytes.length; p += 4 + bytes.readUIntLE(p, 3))
        found.push(keyOfRow(table, bytes, p));
    expect(found).toHaveLength(3);
    for (const key of found)
      expect((await chunks.reader.read(table, { kind: "keys", keys: [key] })).rows).toBe(1);
    expect((await chunks.reader.read(table, { kind: "keys", keys: found })).rows).toBe(3);
    expect((await chunks.reader.read(table, { kind: "keys", keys: [] })).rows).toBe(0);
  });

  test("reads thousands of keys in statements of a bounded size, between two watermarks", async () => {
    await using chunks = await openChunks(server);
    await chunks.database.query("CREATE TABLE t (k VARCHAR(300) PRIMARY KEY)");
    const names = Array.from({ length: 1_500 }, (_, i) => `${i}-${"x".repeat(i % 250)}`);
    await chunks.database.query(
      `INSERT INTO t VALUES ${names.map((name) => `('${name}')`).join()}`,
    );
    const table = await describeTable(chunks);
    const keys = names.map((name) => parseKey(table, [name]));
    const chunk = await chunks.reader.read(table, { kind: "keys", keys });
    expect(
      rowsOf(chunk)
        .map(([k]) => JSON.parse(k!) as string)
        .toSorted(),
    ).toEqual(names.toSorted());
  });

  test.each([
    ["a key of another number of values", ["1"]],
    ["letters for a number", ["one", "2"]],
    ["SQL for a number", ["1 OR 1=1", "2"]],
    ["SQL for a date", ["1", "2026-01-01' OR '1"]],
  ])("does not take %s", async (_what, values) => {
    await using chunks = await openChunks(server);
    await chunks.database.query("CREATE TABLE t (a INT, b DATE, PRIMARY KEY (a, b))");
    const table = await describeTable(chunks);
    expect(() => parseKey(table, values)).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID" }),
    );
  });

  test("reads the rows of a condition, and refuses one that the server does not take", async () => {
    await using chunks = await openChunks(server);
    await chunks.database.query(
      "CREATE TABLE t (a INT PRIMARY KEY, b INT); INSERT INTO t VALUES (1,1),(2,2),(3,3)",
    );
    const table = await describeTable(chunks);
    const where = "b = 1 OR b = 3 -- the odd ones";
    await chunks.reader.checkWhere(table, where);
    const chunk = await chunks.reader.read(table, {
      kind: "range",
      range: { after: ["1"], upTo: ["3"] },
      where,
    });
    expect(rowsOf(chunk)).toEqual([["3", "3"]]);
    for (const bad of [
      "nosuch = 1",
      "b =",
      "b = 1) OR (1 = 1",
      "1, 1, 0) OR IF(1",
      "COUNT(*) > 1",
      "b = 1; DROP TABLE t",
      `b = (SELECT a FROM ${chunks.database.name}.t)`,
    ]) {
      await expect(chunks.reader.checkWhere(table, bad)).rejects.toMatchObject({
        code: "SNAPSHOT_WHERE_INVALID",
      });
    }
    expect((await chunks.reader.read(table, ALL)).rows).toBe(3);
    // of one row only, which the chunk comes to later
    const late = "CAST(b AS UNSIGNED) - 2 >= 0";
    await chunks.database.query("UPDATE t SET b = 5; UPDATE t SET b = 1 WHERE a = 3");
    await chunks.reader.checkWhere(table, late);
    await expect(chunks.reader.read(table, { ...ALL, where: late })).rejects.toMatchObject({
      code: "SNAPSHOT_WHERE_INVALID",
    });
  });

  test("notices that the table is no longer as described", async () => {
    await using chunks = await openChunks(server);
    await chunks.database.query(
      "CREATE TABLE t (a INT PRIMARY KEY, b INT, c INT); INSERT INTO t VALUES (1, 2, 3)",
    );
    for (const change of [
      "MODIFY b BIGINT",
      "MODIFY b INT UNSIGNED",
      "MODIFY b VARCHAR(20)",
      "MODIFY b DECIMAL(20,2)",
      "MODIFY b VARBINARY(20)",
      "DROP c",
      "RENAME COLUMN b TO d",
      "RENAME TO u",
    ]) {
      const table = await describeTable(chunks);
      await chunks.database.query(`ALTER TABLE t ${change}`);
      await expect(chunks.reader.read(table, ALL)).rejects.toMatchObject({
        code: "SNAPSHOT_ROW_CHANGED",
      });
      if (change === "RENAME TO u") break;
      expect((await chunks.reader.read(await describeTable(chunks), ALL)).rows).toBe(1);
    }
    expect(await chunks.reader.describe(chunks.database.name, "t")).toBeNull();
  });

  test("stops at a chunk of more bytes than allowed", async () => {
    await using chunks = await openChunks(server);
    await chunks.database.query(
      "CREATE TABLE t (a INT PRIMARY KEY, b LONGTEXT); INSERT INTO t VALUES (1, REPEAT('x', 1000000)), (2, REPEAT('x', 1000000))",
    );
    const table = await describeTable(chunks);
    expect((await chunks.reader.read(table, ALL, 3_000_000)).rows).toBe(2);
    await expect(chunks.reader.read(table, ALL, 500_000)).rejects.toMatchObject({
      code: "SNAPSHOT_CHUNK_TOO_LARGE",
    });
  });

  test("goes on when a chunk was refused, with rows as they are then", async () => {
    await using chunks = await openChunks(server);
    await chunks.database.query(
      "CREATE TABLE t (a INT PRIMARY KEY, b INT); INSERT INTO t VALUES (1, 1)",
    );
    const table = await describeTable(chunks);
    const where = "(SELECT 1 UNION SELECT 2) = 1";
    await expect(chunks.reader.read(table, { ...ALL, where })).rejects.toMatchObject({
      code: "SNAPSHOT_WHERE_INVALID",
    });
    await chunks.database.query("UPDATE t SET b = 2");
    expect(rowsOf(await chunks.reader.read(table, ALL))).toEqual([["1", "2"]]);
  });

  test("needs SELECT and to see where the log ends", async () => {
    await using chunks = await openChunks(server);
    const { name, url } = chunks.database;
    await chunks.database.query(`
      CREATE TABLE t (a INT PRIMARY KEY, b INT); INSERT INTO t VALUES (1, 1); CREATE USER ${name} IDENTIFIED BY 'secret';
      GRANT REPLICATION CLIENT ON *.* TO ${name}; GRANT SELECT ON ${name}.* TO ${name}`);
    try {
      const options = { ...parseConnectionUrl(url.href), user: name, password: "secret" };
      await using reader = await openChunkReader(options);
      const table = (await reader.describe(name, "t"))!;
      expect(await reader.lastKey(table)).toEqual(["1"]);
      await reader.checkWhere(table, "b = 1");
      expect(rowsOf(await reader.read(table, ALL))).toEqual([["1", "1"]]);
      expect(await reader.describe(name, "none")).toBeNull();
      // a table that is hidden from us is not one that is gone
      await chunks.database.query(`REVOKE SELECT ON ${name}.* FROM ${name}`);
      await expect(reader.describe(name, "t")).rejects.toMatchObject({
        code: "SOURCE_ACCESS_DENIED",
      });
    } finally {
      await chunks.database.query(`DROP USER ${name}`);
    }
  });

  test("rejects what runs when it is closed", async () => {
    await using chunks = await openChunks(server);
    await chunks.database.query("CREATE TABLE t (a INT PRIMARY KEY); INSERT INTO t VALUES (1)");
    const table = await describeTable(chunks);
    const where = "SLEEP(30) = 0";
    const reading = chunks.reader.read(table, { ...ALL, where });
    const [outcome] = await Promise.allSettled([reading, chunks.reader[Symbol.asyncDispose]()]);
    expect(outcome).toMatchObject({ status: "rejected", reason: { code: "SOURCE_UNREACHABLE" } });
  });
});

test("a row of more than 16 MiB is read whole, and the rows behind it", async () => {
  await using chunks = await openChunks("mysql");
  const sizes = [10, 0xffffff - 6, 0xffffff - 5, 20_000_000, 3, 34_000_000, 5];
  await chunks.database.query("CREATE TABLE t (a INT PRIMARY KEY, b LONGTEXT)");
  for (const [i, size] of sizes.entries())
    await chunks.database.query("INSERT INTO t VALUES (?, REPEAT('x', ?))", [i, size]);
  const table = await describeTable(chunks);
  const chunk = await chunks.reader.read(table, ALL);
  expect(chunk.rows).toBe(sizes.length);
  expect(rowsOf(chunk).map((row) => row[1]!.length - 2)).toEqual(sizes);
});

test("a locked row is waited for where rows are read with locks", async () => {
  await using chunks = await openChunks("mariadb");
  await chunks.database.query(
    "CREATE TABLE t (a INT PRIMARY KEY, b INT); INSERT INTO t VALUES (1, 1)",
  );
  const table = await describeTable(chunks);
  const writer = await createConnection({
    ...connectionOptions(chunks.database.url),
    database: chunks.database.name,
  });
  await writer.query("START TRANSACTION; UPDATE t SET b = 2");
  // no lock is taken: what is not logged is nobody's business
  expect(rowsOf(await chunks.reader.read(table, ALL))).toEqual([["1", "1"]]);
  await writer.query("COMMIT");
  expect(rowsOf(await chunks.reader.read(table, ALL))).toEqual([["1", "2"]]);
  writer.destroy();
});

test("a reader that cannot open its second connection closes the first", async () => {
  await using chunks = await openChunks("mysql");
  const options = parseConnectionUrl(chunks.database.url.href);
  const source = { ...options, port: 1 };
  await expect(openChunkReader({ ...options, source })).rejects.toMatchObject({
    code: "SOURCE_UNREACHABLE",
  });
});

test("over TLS, too", async () => {
  await using chunks = await openChunks("mysql");
  await chunks.database.query(
    "CREATE TABLE t (a INT PRIMARY KEY, b LONGTEXT); INSERT INTO t VALUES (1, REPEAT('x', 500000)), (2, 'y')",
  );
  const options = parseConnectionUrl(chunks.database.url.href);
  await using reader = await openChunkReader({ ...options, tls: { insecure: true } });
  const chunk = await reader.read(await describeTable(chunks), ALL);
  expect(rowsOf(chunk).map((row) => row[1]!.length)).toEqual([500_002, 3]);
});

test("by the key that the server made, as the log has it", async () => {
  await using chunks = await openChunks("mysql");
  await chunks.database.query(
    "SET sql_generate_invisible_primary_key = ON; CREATE TABLE t (v INT); INSERT INTO t VALUES (10), (20)",
  );
  const table = await describeTable(chunks);
  expect(table.schema.columns.map(({ name }) => name)).toEqual(["my_row_id", "v"]);
  expect(rowsOf(await chunks.reader.read(table, ALL))).toEqual([
    ["1", "10"],
    ["2", "20"],
  ]);
});

test("of a system-versioned table the rows that are current", async () => {
  await using chunks = await openChunks("mariadb");
  await chunks.database.query(
    "CREATE TABLE t (a INT PRIMARY KEY, v INT) WITH SYSTEM VERSIONING; INSERT INTO t VALUES (1, 10), (2, 20); UPDATE t SET v = 11 WHERE a = 1; DELETE FROM t WHERE a = 2",
  );
  const table = await describeTable(chunks);
  expect(table.keyColumns).toEqual([0]);
  const rows = rowsOf(await chunks.reader.read(table, ALL));
  expect(rows.map((row) => row.slice(0, 2))).toEqual([["1", "11"]]);
  expect(await chunks.reader.lastKey(table)).toEqual(["1"]);
});

test.each(["InnoDB", "MyISAM"])(
  "of a partitioned or plain table of %s, each row once",
  async (engine) => {
    await using chunks = await openChunks(engine === "InnoDB" ? "mysql" : "mariadb");
    const parted = engine === "InnoDB" ? "PARTITION BY HASH (a) PARTITIONS 5" : "";
    const values = Array.from({ length: 100 }, (_, i) => `(${i * 37}, ${i})`);
    await chunks.database.query(
      `CREATE TABLE t (a INT PRIMARY KEY, v INT) ENGINE=${engine} ${parted}; INSERT INTO t VALUES ${values.join()}`,
    );
    const table = await describeTable(chunks);
    const found: string[] = [];
    for (let after: KeyLiterals | null = null; ;) {
      const upTo: KeyLiterals | null = await chunks.reader.keyAfter(
        table,
        { after, upTo: null },
        7,
      );
      if (upTo === null) break;
      const chunk = await chunks.reader.read(table, { kind: "range", range: { after, upTo } });
      found.push(...rowsOf(chunk).map((row) => row[1]!));
      after = upTo;
    }
    expect(found.toSorted((a, b) => Number(a) - Number(b))).toEqual(
      values.map((_, i) => String(i)),
    );
  },
);

import { describe, expect, test } from "vitest";
import type { JsonRow } from "../../src/core/json-row.ts";
import { openConnection, parseConnectionUrl, type Connection } from "../../src/mysql/connection.ts";
import { readRowsByKey } from "../../src/mysql/read-rows.ts";
import { describeTable } from "../../src/mysql/table-lookup.ts";
import { openTestDatabase, type TestDatabase } from "../support/mysql.ts";

interface KeyedTable extends AsyncDisposable {
  readonly database: TestDatabase;
  readonly connection: Connection;
  read(keys: readonly (readonly string[])[]): Promise<readonly (JsonRow | null)[]>;
}

async function createTable(server: "mysql" | "mariadb", columns: string): Promise<KeyedTable> {
  const database = await openTestDatabase(server);
  await database.query(`SET sql_mode = 'ALLOW_INVALID_DATES'; CREATE TABLE t (${columns})`);
  const connection = await openConnection(parseConnectionUrl(database.url.href));
  const schema = (await describeTable(connection, database.name, "t"))!.schema;
  return {
    database,
    connection,
    read: (keys) => readRowsByKey(connection, { schema, keyColumns: schema.primaryKey, keys }),
    [Symbol.asyncDispose]: async () => {
      connection.destroy();
      await database[Symbol.asyncDispose]();
    },
  };
}

describe.each(["mysql", "mariadb"] as const)("rows of %s by key", (server) => {
  test.each([
    ["BIGINT UNSIGNED", "18446744073709551615", "18446744073709551615"],
    ["INT ZEROFILL", "7", "7"],
    ["DECIMAL(65,30)", "-1.5", `-1.5${"0".repeat(29)}`],
    ["FLOAT", "0.1", "0.1"],
    ["DOUBLE", "1.1e-300", "1.1e-300"],
    [
      "BIT(64)",
      "b'1000000000000000000000000000000000000000000000000000000000000001'",
      "9223372036854775809",
    ],
    ["YEAR", "2026", "2026"],
    ["DATE", "'2026-11-23'", '"2026-11-23"'],
    ["DATE", "'2021-00-31'", "null"],
    ["DATE", "'2021-02-31'", "null"],
    ["DATETIME(6)", "'2026-11-23 10:20:30.123456'", '"2026-11-23T10:20:30.123456"'],
    ["TIMESTAMP(3)", "'2026-11-23 10:20:30.123'", '"2026-11-23T10:20:30.123Z"'],
    ["TIME(2)", "'-838:59:58.25'", '"-838:59:58.25"'],
    ["VARCHAR(20)", String.raw`'it\'s \\ "ä😀'`, String.raw`"it's \\ \"ä😀"`],
    ["VARCHAR(20) CHARACTER SET latin1", "'ä'", '"ä"'],
    ["VARCHAR(20) CHARACTER SET sjis", "'表'", '"表"'],
    ["CHAR(20) CHARACTER SET utf16", "''", '""'],
    ["VARBINARY(9)", "0x00ff27", '"AP8n"'],
    ["BINARY(4)", "0x0102", '"AQIAAA=="'],
    ["ENUM('a','it''s')", "'it''s'", '"it\'s"'],
    ["SET('a','b','c')", "'c,a'", '"a,c"'],
  ])("%s %s", async (type, literal, json) => {
    await using table = await createTable(server, `k ${type}, v INT, PRIMARY KEY (k)`);
    await table.database.query(`SET time_zone = '+00:00'; INSERT INTO t VALUES (${literal}, 5)`);
    expect(await table.read([[json]])).toEqual([[json, "5"]]);
  });

  test("come in the order of the keys, with null for those that are not there", async () => {
    await using table = await createTable(server, "a INT, b VARCHAR(9), v INT, PRIMARY KEY (b, a)");
    await table.database.query("INSERT INTO t VALUES (1,'x',10), (2,'x',20), (1,'y',30)");
    const keys = [
      ['"y"', "1"],
      ['"z"', "1"],
      ['"x"', "2"],
      ['"x"', "1"],
      ['"y"', "1"],
    ];
    expect((await table.read(keys)).map((row) => row?.[2] ?? null)).toEqual([
      "30",
      null,
      "20",
      "10",
      "30",
    ]);
  });

  test("are found by several columns, texts in another character set among them", async () => {
    await using table = await createTable(
      server,
      "a VARCHAR(9) CHARACTER SET latin1, b INT, v INT, PRIMARY KEY (a, b)",
    );
    await table.database.query("INSERT INTO t VALUES ('ä', 1, 10), ('ä', 2, 20), ('o', 1, 30)");
    const keys = [
      ['"ä"', "1"],
      ['"ä"', "2"],
      ['"o"', "1"],
      ['"o"', "2"],
    ];
    const rows = await table.read(keys);
    expect(rows.map((row) => row?.[2] ?? null)).toEqual(["10", "20", "30", null]);
  });

  test("have exactly the key, not one that the collation takes for equal", async () => {
    await using table = await createTable(
      server,
      "k VARCHAR(9) COLLATE utf8mb4_general_ci PRIMARY KEY, v INT",
    );
    await table.database.query("INSERT INTO t VALUES ('Straße ', 1), ('b', 2)");
    const keys = [['"straße"'], ['"Straße"'], ['"Straße "'], ['"B"'], ['"b"']];
    const rows = await table.read(keys);
    expect(rows.map((row) => row?.[1] ?? null)).toEqual([null, null, "1", null, "2"]);
  });

  test("by the thousand, in statements of a bounded size", async () => {
    await using table = await createTable(server, "k VARCHAR(300) PRIMARY KEY, v INT");
    const names = Array.from({ length: 1_234 }, (_, i) => `${i}-${"ä".repeat(i % 250)}`);
    for (let i = 0; i < names.length; i += 100) {
      const values = names.slice(i, i + 100).map((name, j) => `('${name}', ${i + j})`);
      await table.database.query(`INSERT INTO t VALUES ${values.join()}`);
    }
    const rows = await table.read(names.map((name) => [JSON.stringify(name)]));
    expect(rows.map((row) => row?.[1])).toEqual(names.map((_, i) => String(i)));
  });

  test("wait for the transaction that holds them", async () => {
    await using table = await createTable(server, "k INT PRIMARY KEY, v INT");
    await table.database.query("INSERT INTO t VALUES (1, 10), (2, 20)");
    await table.database.query("START TRANSACTION; UPDATE t SET v = 11 WHERE k = 1");
    // Short enough for several tries.
    await table.connection.execute("SET innodb_lock_wait_timeout = 1");
    const reading = table.read([["1"], ["2"]]);
    await new Promise((resolve) => setTimeout(resolve, 1_300));
    await table.database.query("COMMIT");
    expect(await reading).toEqual([
      ["1", "11"],
      ["2", "20"],
    ]);
  });

  test("of a table that is gone are gone", async () => {
    await using table = await createTable(server, "k INT PRIMARY KEY, v INT");
    await table.database.query("DROP TABLE t");
    expect(await table.read([["1"]])).toEqual([null]);
  });
});

test("rows of mariadb by UUID and INET have the texts that the log has", async () => {
  await using table = await createTable(
    "mariadb",
    "u UUID, i INET6, j INET4, PRIMARY KEY (u, i, j)",
  );
  await table.database.query(
    "INSERT INTO t VALUES ('00112233-4455-1677-8899-aabbccddee00', '2001:db8::', '10.1.2.0')",
  );
  const texts = ["00112233-4455-1677-8899-aabbccddee00", "2001:db8::", "10.1.2.0"];
  const key = texts.map((text) => JSON.stringify(text));
  expect(await table.read([key])).toEqual([key]);
});

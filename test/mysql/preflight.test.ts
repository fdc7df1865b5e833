import { describe, expect, test } from "vitest";
import type { Finding } from "../../src/core/finding.ts";
import { openConnection, parseConnectionUrl } from "../../src/mysql/connection.ts";
import { checkSource } from "../../src/mysql/preflight.ts";
import { describeTable, type TableDescription } from "../../src/mysql/table-lookup.ts";
import { openTestDatabase, type TestDatabase } from "../support/mysql.ts";

async function check(
  database: TestDatabase,
  tables: readonly string[],
  account?: string,
): Promise<readonly Finding[]> {
  const administrator = parseConnectionUrl(database.url.href);
  await using connection = await openConnection(administrator);
  const descriptions: TableDescription[] = [];
  for (const table of tables) {
    descriptions.push((await describeTable(connection, database.name, table))!);
  }
  const options =
    account === undefined ? administrator : { ...administrator, user: account, password: "x" };
  await using own = await openConnection(options);
  return await checkSource(own, { tables: descriptions, serverId: 3_999_999_999 });
}

function problems(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(({ severity }) => severity !== "ok");
}

describe.each(["mysql", "mariadb"] as const)("preflight of %s", (server) => {
  test("finds nothing on a server and a table that are set up well", async () => {
    await using database = await openTestDatabase(server);
    await database.query("CREATE TABLE t (id INT PRIMARY KEY, `sel``ect` FLOAT, b BIT(3))");
    const findings = await check(database, ["t"]);
    expect(problems(findings)).toEqual([]);
    expect(findings.length).toBeGreaterThan(8);
  });

  test("every remedy about a table is a statement that mends it", async () => {
    await using database = await openTestDatabase(server);
    await database.query(
      "CREATE TABLE p (id INT PRIMARY KEY); " +
        "CREATE TABLE isam (id INT PRIMARY KEY) ENGINE = MyISAM; " +
        "CREATE TABLE child (id INT PRIMARY KEY, p INT, CONSTRAINT fk FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE)",
    );
    const tables = ["p", "isam", "child"];
    if (server === "mariadb") {
      await database.query("CREATE TABLE past (id INT PRIMARY KEY) WITH SYSTEM VERSIONING");
      tables.push("past");
    }
    const found = problems(await check(database, tables));
    expect(found.map(({ check: what }) => what.replace(`${database.name}.`, ""))).toEqual(
      server === "mysql" ? ["table isam"] : ["table isam", "table child"],
    );
    for (const { remedy } of found) {
      await database.query(remedy!.replace(/; (?:and let|or leave) .*/, ";"));
    }
    expect(problems(await check(database, tables))).toEqual([]);
  });

  test("names each privilege that is missing, and roles count when they are active", async () => {
    await using database = await openTestDatabase(server);
    await database.query("CREATE TABLE t (id INT PRIMARY KEY)");
    const account = database.name;
    const role = `${account}r`;
    await database.query(`CREATE USER ${account} IDENTIFIED BY 'x'; CREATE ROLE ${role}`);
    try {
      const found = problems(await check(database, ["t"], account));
      expect(found.map(({ check: what }) => what)).toEqual([
        "REPLICATION SLAVE",
        "REPLICATION CLIENT",
        `table ${account}.t`,
      ]);
      for (const { remedy } of found) {
        await database.query(remedy!.replaceAll(/(TO '\w+'@'%'|TO \w+);.*/g, `TO ${role}`));
      }
      expect(problems(await check(database, ["t"], account))).toHaveLength(3);
      await database.query(`GRANT ${role} TO ${account}`);
      await database.query(
        server === "mysql"
          ? `SET DEFAULT ROLE ALL TO ${account}`
          : `SET DEFAULT ROLE ${role} FOR ${account}`,
      );
      expect(problems(await check(database, ["t"], account))).toEqual([]);
    } finally {
      await database.query(`DROP USER ${account}; DROP ROLE ${role}`);
    }
  });
});

import { describe, expect, test } from "vitest";
import { openTestDatabase } from "../support/mysql.ts";
import { recordChanges } from "../support/recorded-changes.ts";
import { plain, record } from "./mariadb-context.ts";

describe("a system-versioned table", () => {
  const EXPLICIT =
    "id int primary key, v int, s timestamp(6) generated always as row start invisible, " +
    "e timestamp(6) generated always as row end invisible, period for system_time (s, e)";

  test.each([
    ["with columns of the server's own", "id int primary key, v int", ""],
    ["with columns that it names", EXPLICIT, ',"s":"…","e":"…"'],
  ])("%s has documents of its current rows", async (_, columns, more) => {
    await using db = await openTestDatabase("mariadb");
    await db.query(`create table t (${columns}) with system versioning`);
    const { actions, gaps } = await record(
      db,
      "insert into t (id, v) values (1,1),(2,2),(3,3),(4,4)",
      "update t set v = v + 10 where id < 3",
      "delete from t where id in (2, 3)",
      "update t set id = 5 where id = 4",
      "replace into t (id, v) values (1, 20)",
      "begin; delete from t where id = 1; insert into t (id, v) values (1, 21); commit",
      "delete history from t",
    );
    expect(gaps).toEqual([]);
    const shown = plain(actions).map((line) =>
      line.replace(/"s":"[^"]*Z"/, '"s":"…"').replace(/"e":"(2038|2106)-[^"]*999999Z"/, '"e":"…"'),
    );
    const row = (id: number, v: number): string => `${id} {"id":${id},"v":${v}${more}}`;
    expect(shown.slice(0, 10)).toEqual([
      row(1, 1),
      row(2, 2),
      row(3, 3),
      row(4, 4),
      row(1, 11),
      row(2, 12),
      "2 deleted",
      "3 deleted",
      "4 deleted",
      row(5, 4),
    ]);
    // what REPLACE and the last transaction do is theirs; in the end the row is there
    expect(new Set(shown.slice(10).map((line) => line.split(" ")[0]))).toEqual(new Set(["1"]));
    expect(shown.at(-1)).toBe(row(1, 21));
  });

  test("gives the server's own columns where a rule includes them", async () => {
    await using db = await openTestDatabase("mariadb");
    await db.query("create table t (id int primary key) with system versioning");
    const { actions } = await recordChanges({
      url: db.url.href,
      database: db.name,
      rule: { include: ["row_start", "id"] },
      work: async () => void (await db.query("insert into t values (1)")),
    });
    const [row] = await db.query<{ time: string }>(
      "select date_format(convert_tz(row_start, @@session.time_zone, '+00:00'), '%Y-%m-%dT%H:%i:%s.%fZ') time from t",
    );
    expect(plain(actions)).toEqual([`1 {"id":1,"row_start":"${row!.time}"}`]);
  });

  test("may be one for a time only", async () => {
    await using db = await openTestDatabase("mariadb");
    await db.query("create table t (id int primary key, v int)");
    const { actions, gaps } = await record(
      db,
      "insert into t values (1,1)",
      "alter table t add system versioning",
      "update t set v = 2",
      "insert into t values (2,2)",
      "alter table t drop system versioning",
      "update t set v = 3 where id = 1; delete from t where id = 2",
    );
    expect(gaps).toEqual([]);
    expect(plain(actions)).toEqual([
      '1 {"id":1,"v":1}',
      '1 {"id":1,"v":2}',
      '2 {"id":2,"v":2}',
      '1 {"id":1,"v":3}',
      "2 deleted",
    ]);
  });

  test("leaves its current rows to be read again when images lack columns", async () => {
    await using db = await openTestDatabase("mariadb");
    await db.query(
      "create table t (id int primary key, v int, w int) with system versioning; insert into t values (1,1,1),(2,2,2)",
    );
    const { actions, incomplete } = await record(
      db,
      "set session binlog_row_image = 'MINIMAL'; update t set v = 5 where id = 1",
      "delete from t where id = 2",
      "delete history from t",
    );
    expect(
      incomplete.flatMap(({ rows }) => rows.map(({ before, after }) => [before?.[0], after?.[1]])),
    ).toEqual([
      ["1", "5"],
      ["2", undefined],
    ]);
    expect(incomplete[1]?.rows[0]?.after).toBe(null);
    expect(actions).toEqual([]);
  });

  test("that transaction ids version is logged as statements", async () => {
    await using db = await openTestDatabase("mariadb");
    await db.query(
      `create table t (${EXPLICIT.replaceAll("timestamp(6)", "bigint unsigned")}) with system versioning`,
    );
    const { actions, gaps } = await record(db, "insert into t (id, v) values (1,1)");
    expect(actions).toEqual([]);
    expect(gaps.map(({ code, table }) => [code, table])).toEqual([["BINLOG_STATEMENT", "t"]]);
  });
});

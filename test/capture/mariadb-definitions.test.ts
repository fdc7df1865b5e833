import { describe, expect, test } from "vitest";
import { openConnection, parseConnectionUrl } from "../../src/mysql/connection.ts";
import { describeTable } from "../../src/mysql/table-lookup.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { MINUTE, plain, record, startOwn } from "./mariadb-context.ts";

describe("row images", () => {
  test.each(["MINIMAL", "NOBLOB"])("of %s leave what they lack to be read again", async (image) => {
    await using db = await openTestDatabase("mariadb");
    await db.query(
      "create table t (id int primary key, a int, b text compressed, c int); insert into t values (1,1,'x',1),(2,2,'y',2)",
    );
    const { incomplete, actions } = await record(
      db,
      `set session binlog_row_image = '${image}'; update t set a = 5 where id = 1`,
      "update t set id = 7 where id = 2",
      "delete from t where id = 7",
    );
    const [update, move, remove] = incomplete;
    expect(update?.rows[0]?.before?.[0]).toBe("1");
    expect(update?.rows[0]?.after?.[1]).toBe("5");
    expect(update?.rows[0]?.after?.[2]).toBe(undefined);
    expect([move?.rows[0]?.before?.[0], move?.rows[0]?.after?.[0]]).toEqual(["2", "7"]);
    expect([remove?.operation, remove?.rows[0]?.before?.[0]]).toEqual(["delete", "7"]);
    expect(actions).toEqual([]);
  });

  test.each(["MINIMAL", "NO_LOG"])(
    "without names (binlog_row_metadata=%s) are read by the present definition where it fits",
    async (metadata) => {
      await using server = await startOwn({ binlog_row_metadata: metadata });
      await using db = await openTestDatabase(new URL(server.url));
      const columns =
        "id bigint unsigned primary key, i int, n decimal(5,2), c char(3) character set latin1, v varchar(9) character set ucs2, " +
        "b binary(4), y varbinary(300), x mediumtext, z tinyblob, j json, u uuid, a inet6, e enum('x','y'), s set('p','q'), d datetime(3), p point, k varchar(20) compressed";
      await db.query(
        `create table t (${columns}); create table h (id int primary key, v int) with system versioning; create sequence q`,
      );
      await db.query(
        "create table u (id int primary key, v varchar(5)); create table w (id int primary key, v int)",
      );
      const { actions, gaps } = await record(
        db,
        "insert into t values (18446744073709551615, -1, 1.5, 'é', 'ж', 'ab', 'cd', 'e', 'f', '{\"a\": [1]}', " +
          "'00000000-0000-4000-8000-000000000001', '::1', 'y', 'p,q', '2026-01-02 03:04:05.678', point(1,2), repeat('g', 20))",
        "insert into h values (1,1); update h set v = 2; delete from h; do next value for q",
        "insert into u values (1, 'a'); insert into w values (1, 1)",
        "alter table u modify v varchar(50) character set latin1; alter table w modify v bigint",
        "insert into u values (2, 'b'); insert into w values (2, 2)",
      );
      expect(plain(actions)).toEqual([
        '18446744073709551615 {"id":18446744073709551615,"i":-1,"n":1.50,"c":"é","v":"ж","b":"YWIAAA==","y":"Y2Q=","x":"e","z":"Zg==",' +
          '"j":{"a":[1]},"u":"00000000-0000-4000-8000-000000000001","a":"::1","e":"y","s":"p,q","d":"2026-01-02T03:04:05.678",' +
          '"p":{"type":"Point","coordinates":[1,2]},"k":"gggggggggggggggggggg"}',
        '1 {"id":1,"v":1}',
        '1 {"id":1,"v":2}',
        "1 deleted",
        '2 {"id":2,"v":"b"}',
        '2 {"id":2,"v":2}',
      ]);
      expect(gaps.map(({ code, table }) => `${code} ${table}`)).toEqual([
        "SCHEMA_MISMATCH u",
        "SCHEMA_MISMATCH w",
      ]);
    },
    MINUTE,
  );
});

test(
  "a column in an old temporal format that has a fraction is a gap with the way out",
  async () => {
    await using server = await startOwn({ mysql56_temporal_format: "OFF" });
    await using db = await openTestDatabase(new URL(server.url));
    await db.query(
      "create table t (id int primary key, a time, b time(3)); create table u (id int primary key, c datetime(6)); create table v (id int primary key, d timestamp(1) null)",
    );
    await db.query("set global mysql56_temporal_format = 'ON'");
    const { gaps, actions } = await record(
      db,
      "insert into t values (1, '01:02:03', '01:02:03.456'); insert into u values (1, null); insert into v values (1, null)",
      "drop table v; alter table u force",
      "insert into u values (2, '2026-01-02 03:04:05.678901')",
    );
    expect(
      gaps.filter(({ code }) => code === "SCHEMA_UNREADABLE").map(({ detail }) => detail),
    ).toEqual([
      expect.stringContaining("column b (time(3) /* mariadb-5.3 */)"),
      expect.stringContaining("column c was logged in the format of MariaDB 5.3"),
      expect.stringContaining("column d was logged in the format of MariaDB 5.3"),
    ]);
    expect(plain(actions)).toEqual(['2 {"id":2,"c":"2026-01-02T03:04:05.678901"}']);

    await using connection = await openConnection(parseConnectionUrl(db.url.href));
    const table = await describeTable(connection, db.name, "t");
    expect(table?.unreadable).toEqual([{ column: "b", type: "time(3) /* mariadb-5.3 */" }]);
    await db.query("alter table t force");
    expect((await describeTable(connection, db.name, "t"))?.unreadable).toEqual([]);
    const healed = await record(db, "update t set a = '00:00:01'");
    expect(plain(healed.actions)).toEqual(['1 {"id":1,"a":"00:00:01","b":"01:02:03.456"}']);
  },
  MINUTE,
);

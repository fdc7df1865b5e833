import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { openTestDatabase } from "../support/mysql.ts";
import { recordChanges } from "../support/recorded-changes.ts";
import { loggedTypes, MINUTE, plain, record, startOwn } from "./mariadb-context.ts";

describe("a transaction", () => {
  test("is what lies between its GTID and XID or COMMIT, whatever the engine", async () => {
    await using db = await openTestDatabase("mariadb");
    await db.query(
      "create table t (id int primary key, v int); create table m (id int primary key) engine=myisam; create table a (id int primary key) engine=aria",
    );
    const { actions, commits } = await record(
      db,
      "begin; insert into t values (1,1),(2,2); update t set v = 3 where id = 1; delete from t where id = 2; commit",
      "insert into m values (1); insert into a values (2)",
      "begin; insert into t values (3,3); savepoint s; insert into t values (4,4); rollback to s; commit",
    );
    expect(plain(actions)).toEqual([
      '1 {"id":1,"v":1}',
      '2 {"id":2,"v":2}',
      '1 {"id":1,"v":3}',
      "2 deleted",
      '1 {"id":1}',
      '2 {"id":2}',
      '3 {"id":3,"v":3}',
    ]);
    expect(commits).toHaveLength(4);
    expect(await loggedTypes(db)).toContain("Annotate_rows");
    expect(await loggedTypes(db)).toContain("Write_rows_v1");
  });

  test("carries its GTID, in whatever domain", async () => {
    await using db = await openTestDatabase("mariadb");
    await db.query("create table t (id int primary key)");
    const domain = 1 + Math.floor(Math.random() * 1e9);
    const { commits } = await record(
      db,
      `set gtid_domain_id = ${domain}; insert into t values (1)`,
      `set server_id = 4711, gtid_domain_id = ${domain + 1}, gtid_seq_no = 70; insert into t values (2)`,
      `set gtid_domain_id = ${domain}; create table u (id int)`,
    );
    const own = commits.filter(({ gtid }) => Number.parseInt(gtid ?? "", 10) >= domain);
    expect(own.map(({ gtid }) => gtid?.replace(/-\d+-/, "-s-"))).toEqual([
      `${domain}-s-1`,
      `${domain + 1}-s-70`,
      `${domain}-s-2`,
    ]);
    expect(own[1]?.gtid).toContain("-4711-");
  });

  test(
    "is read when events are compressed, small rows and large ones",
    async () => {
      await using server = await startOwn({ log_bin_compress: "ON", log_bin_compress_min_len: 10 });
      await using db = await openTestDatabase(new URL(server.url));
      await db.query("create table t (id int primary key, v longtext)");
      await db.query("set global max_allowed_packet = 67108864");
      await using big = await openTestDatabase(db.url);
      const { actions } = await recordChanges({
        url: db.url.href,
        database: db.name,
        work: async () => {
          await db.query("insert into t values (1, 'a'), (2, repeat('b', 300))");
          await db.query(
            "update t set v = repeat('c', 100000) where id = 1; delete from t where id = 2",
          );
          await big.query(`insert into ${db.name}.t values (3, repeat('0123456789', 1800000))`);
          await db.query("insert into t select seq, repeat('x', 1000) from seq_10_to_5009");
          await db.query("truncate table t /* long enough to be compressed, as a statement */");
        },
      });
      const sizes = actions.map((action) => (action.kind === "index" ? action.document.length : 0));
      const frame = '{"id":1,"v":""}'.length;
      expect(sizes.slice(0, 5)).toEqual([
        frame + 1,
        frame + 300,
        frame + 100_000,
        0,
        frame + 18_000_000,
      ]);
      expect(actions.slice(5).map((action) => action.id)).toEqual(
        Array.from({ length: 5000 }, (_, i) => String(i + 10)),
      );
      const types = [...(await loggedTypes(db))];
      expect(types).toEqual(
        expect.arrayContaining([
          "Query_compressed",
          "Write_rows_compressed_v1",
          "Update_rows_compressed_v1",
          "Delete_rows_compressed_v1",
        ]),
      );
    },
    MINUTE,
  );

  test("that no rows tell of is a gap", async () => {
    await using db = await openTestDatabase("mariadb");
    await db.query("create table t (id int primary key, v int); insert into t values (1,1)");
    const load = async (): Promise<unknown> =>
      db.connection.query({
        sql: "load data local infile 'rows' into table t",
        infileStreamFactory: () => Readable.from([Buffer.from("7\t7\n")]),
      });
    const { gaps, actions } = await recordChanges({
      url: db.url.href,
      database: db.name,
      work: async () => {
        await db.query("set session binlog_format = 'MIXED'");
        await db.query("update t set v = 2; insert into t values (2, rand())");
        await db.query("set session binlog_format = 'STATEMENT'");
        await load();
        await db.query("delete from t where id = 7; set session binlog_format = 'ROW'");
        await load();
      },
    });
    expect(gaps.map(({ code, table }) => `${code} ${table}`)).toEqual(
      Array.from({ length: 4 }, () => "BINLOG_STATEMENT t"),
    );
    expect(plain(actions)).toEqual(['7 {"id":7,"v":7}']);
  });
});

describe("a table", () => {
  test("may come with its rows, and take another's place", async () => {
    await using db = await openTestDatabase("mariadb");
    await db.query(
      "create table t (id int primary key, v varchar(9)); insert into t values (1,'a'),(2,'b')",
    );
    const { actions, gaps } = await record(
      db,
      "create table c (primary key (id)) select * from t",
      "create or replace table c (primary key (id)) select id, 5 as n from t where id = 2",
      "create or replace table c (id int primary key)",
      "insert into c values (9)",
    );
    expect(plain(actions)).toEqual([
      '1 {"id":1,"v":"a"}',
      '2 {"id":2,"v":"b"}',
      '2 {"id":2,"n":5}',
      '9 {"id":9}',
    ]);
    expect(gaps.map(({ code, table, isEmptied }) => [code, table, isEmptied])).toEqual([
      ["SCHEMA_TABLE_CLEARED", "c", true],
      ["SCHEMA_TABLE_CLEARED", "c", true],
    ]);
    // what came with the table is not older than the deletion of what was there
    const versions = gaps.map((gap) => (BigInt(gap.versionHigh) << 32n) | BigInt(gap.versionLow));
    expect(actions[2]!.version).toBeGreaterThanOrEqual(versions[0]!);
    expect(actions[2]!.version).toBeLessThan(versions[1]!);
  });

  test("that is a sequence has no documents, also when it is gone", async () => {
    await using db = await openTestDatabase("mariadb");
    const { actions, gaps } = await record(
      db,
      "create sequence s cache 2; create sequence gone; create table t (id int primary key default (next value for s), v int)",
      "insert into t (v) values (1),(2),(3); select setval(s, 50), next value for gone",
      "drop sequence gone",
      "insert into t (v) values (4)",
    );
    expect(plain(actions)).toEqual([
      '1 {"id":1,"v":1}',
      '2 {"id":2,"v":2}',
      '3 {"id":3,"v":3}',
      '51 {"id":51,"v":4}',
    ]);
    expect(gaps).toEqual([]);
  });

  // 11.8 leaves generated columns out of an update's images: such rows are read again
  test("has documents with its generated and invisible columns, computed anew", async () => {
    await using db = await openTestDatabase("mariadb");
    await db.query(
      "create table g (id int primary key, a int check (a > 0), v int as (a * 2) virtual, p int as (v + 1) persistent, h int invisible default 7, check (h > a - 100))",
    );
    const { actions } = await record(
      db,
      "insert into g (id, a) values (1, 5)",
      "update g set a = 6",
      "insert into g (id, a, h) values (1, 7, 8) on duplicate key update a = 9, h = values(h)",
      "replace into g (id, a) values (1, 10)",
    );
    expect(plain(actions).slice(0, 3)).toEqual([
      '1 {"id":1,"a":5,"v":10,"p":11,"h":7}',
      '1 {"id":1,"a":6,"v":12,"p":13,"h":7}',
      '1 {"id":1,"a":9,"v":18,"p":19,"h":8}',
    ]);
    expect(plain(actions).at(-1)).toBe('1 {"id":1,"a":10,"v":20,"p":21,"h":7}');
  });
});

describe("an XA transaction", () => {
  test("comes when it is committed, and not at all when it is rolled back", async () => {
    await using db = await openTestDatabase("mariadb");
    await using other = await openTestDatabase("mariadb");
    await db.query("create table t (id int primary key)");
    const xid = (name: string): string => `'${db.name}${name}','b',7`;
    const prepared = (name: string, id: number): string =>
      `xa start ${xid(name)}; insert into t values (${id}); xa end ${xid(name)}; xa prepare ${xid(name)}`;
    const { actions, gaps } = await recordChanges({
      url: db.url.href,
      database: db.name,
      work: async () => {
        await db.query(prepared("a", 1));
        await other.query(`insert into ${db.name}.t values (2)`);
        await db.query(`xa commit ${xid("a")}`);
        await db.query(`${prepared("b", 3)}; xa rollback ${xid("b")}`);
        await db.query(
          `xa start ${xid("c")}; insert into t values (4); xa end ${xid("c")}; xa commit ${xid("c")} one phase`,
        );
        await db.query(
          `xa start ${xid("d")}; select 1; xa end ${xid("d")}; xa prepare ${xid("d")}; xa commit ${xid("d")}`,
        );
      },
    });
    expect(plain(actions)).toEqual(['2 {"id":2}', '1 {"id":1}', '4 {"id":4}']);
    expect(gaps).toEqual([]);
  });

  test(
    "holds back every GTID since its prepare, until it ends",
    async () => {
      await using server = await startOwn();
      await using db = await openTestDatabase(new URL(server.url));
      await db.query("create table t (id int primary key)");
      const prepared = (name: string, id: number): string =>
        `xa start '${name}'; insert into t values (${id}); xa end '${name}'; xa prepare '${name}'`;
      await using other = await openTestDatabase(db.url);
      const [begin] = await db.query<{ n: string }>(
        "select substring_index(@@gtid_binlog_pos, '-', -1) n",
      );
      const start = Number(begin?.n);
      const insert = (id: number): string => `insert into ${db.name}.t values (${id})`;
      const { commits, actions } = await recordChanges({
        url: db.url.href,
        database: db.name,
        work: async () => {
          await db.query(prepared("a", 1)); // 1
          await other.query(insert(2)); // 2
          await other.query(`set gtid_domain_id = 5; ${insert(3)}; set gtid_domain_id = 0`); // 5-1
          await other.query(`use ${db.name}; ${prepared("b", 4)}`); // 3
          await db.query("xa commit 'a'"); // 4
          await db.query(insert(5)); // 5
          await other.query("xa rollback 'b'"); // 6
          await db.query(`${prepared("c", 6)}; xa commit 'c'`); // 7, 8
        },
      });
      expect(actions.map(({ id }) => id)).toEqual(["2", "3", "1", "5", "6"]);
      const gtids = commits.map(({ gtid }) =>
        gtid?.replaceAll(/(\d)-\d+-(\d+)/g, (_, domain: string, n: string) =>
          domain === "0" ? `${Number(n) - start}` : `${domain}:${n}`,
        ),
      );
      expect(gtids).toEqual([undefined, undefined, "2,5:1", undefined, "5,6", "7,8"]);
      // where reading would resume: before a, before a, before b, before b, behind b, behind c
      const places = commits.map(({ position }) => position);
      expect(places[0]).toBe(places[1]);
      expect(places[2]).toBe(places[3]);
      expect(places[2]).toBeGreaterThan(places[1]!);
      expect(places[4]).toBeGreaterThan(places[3]!);
      expect(places[5]).toBeGreaterThan(places[4]!);
      for (const { file, position } of commits) {
        const [row] = await db.query<{ gtids: string | null }>(
          "select binlog_gtid_pos(?, ?) gtids",
          [file, position],
        );
        expect(row?.gtids).not.toBe(null);
      }
    },
    MINUTE,
  );
});

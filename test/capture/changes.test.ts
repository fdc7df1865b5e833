import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { openTestDatabase, type TestDatabase } from "../support/mysql.ts";
import {
  recordChanges,
  type RecordedAction,
  type RecordedChanges,
} from "../support/recorded-changes.ts";

/** Runs statements on the server and records what they logged. */
async function record(
  db: TestDatabase,
  ...statements: readonly string[]
): Promise<RecordedChanges> {
  return recordChanges({
    url: db.url.href,
    database: db.name,
    work: async () => {
      for (const statement of statements) await db.query(statement);
    },
  });
}

function plain(actions: readonly RecordedAction[]): string[] {
  return actions.map((action) =>
    action.kind === "index" ? `${action.id} ${action.document}` : `${action.id} deleted`,
  );
}

test("rows become documents in the order of the log, updates whole, deletes by key", async () => {
  await using db = await openTestDatabase();
  await db.query("create table t (id int primary key, name varchar(20), n int)");
  const { actions } = await record(
    db,
    "insert into t values (1,'a',1),(2,'b',null)",
    "update t set name = 'c' where id = 1",
    "delete from t where id = 2",
  );
  expect(plain(actions)).toEqual([
    '1 {"id":1,"name":"a","n":1}',
    '2 {"id":2,"name":"b","n":null}',
    '1 {"id":1,"name":"c","n":1}',
    "2 deleted",
  ]);
  const versions = actions.map((action) => action.version);
  expect(versions[0]).toBe(versions[1]);
  expect(versions[2]).toBeGreaterThan(versions[0]!);
  expect(versions[3]).toBeGreaterThan(versions[2]!);
});

test("a changed primary key is a delete of the old document and an index of the new one", async () => {
  await using db = await openTestDatabase();
  await db.query(
    "create table t (a int, b varchar(9), v int, primary key (b, a)); insert into t values (1,'x:y',0),(2,'p%',0)",
  );
  const { actions } = await record(db, "update t set a = a + 10, v = 1");
  expect(plain(actions)).toEqual([
    "p%25:2 deleted",
    'p%25:12 {"a":12,"b":"p%","v":1}',
    "x%3Ay:1 deleted",
    'x%3Ay:11 {"a":11,"b":"x:y","v":1}',
  ]);
});

test("keys swapped inside one transaction end where the table ends", async () => {
  await using db = await openTestDatabase();
  await db.query("create table t (id int primary key, v int); insert into t values (1,1),(2,2)");
  const { actions } = await record(
    db,
    "begin; update t set id = 3 where id = 1; update t set id = 1 where id = 2; update t set id = 2 where id = 3; commit",
  );
  expect(plain(actions)).toEqual([
    "1 deleted",
    '3 {"id":3,"v":1}',
    "2 deleted",
    '1 {"id":1,"v":2}',
    "3 deleted",
    '2 {"id":2,"v":1}',
  ]);
});

test("compressed transactions are read, small ones and ones that are uncompressed in pieces", async () => {
  await using db = await openTestDatabase();
  await db.query(
    "create table t (id int primary key, v varchar(2000)); set cte_max_recursion_depth = 100000; set session binlog_transaction_compression = 1",
  );
  const { actions } = await record(
    db,
    "insert into t values (0, 'small')",
    "insert into t with recursive n (i) as (select 1 union all select i + 1 from n where i < 6000) select i, repeat('x', 1500) from n",
  );
  expect(actions).toHaveLength(6001);
  expect(actions.map((action) => action.id)).toEqual(
    Array.from({ length: 6001 }, (_, i) => String(i)),
  );
  const [log] = await db.query<{ n: number }>(
    "select count(*) n from performance_schema.binary_log_transaction_compression_stats where compression_type = 'ZSTD'",
  );
  expect(Number(log?.n)).toBeGreaterThan(0);
});

test("a row larger than a packet is read", async () => {
  await using db = await openTestDatabase();
  await db.query(
    "create table t (id int primary key, v longtext); set global max_allowed_packet = 67108864",
  );
  await using second = await openTestDatabase();
  const { actions } = await recordChanges({
    url: second.url.href,
    database: db.name,
    work: async () => {
      await second.query(
        `insert into ${db.name}.t values (1, repeat('0123456789', 1800000)), (2, 'x')`,
      );
    },
  });
  expect(actions.map((action) => (action.kind === "index" ? action.document.length : 0))).toEqual([
    18_000_000 + '{"id":1,"v":""}'.length,
    16,
  ]);
});

test.each([
  ["MINIMAL", "set session binlog_row_image = 'MINIMAL'"],
  ["NOBLOB", "set session binlog_row_image = 'NOBLOB'"],
])("row images of %s leave what they lack to be read again", async (image, setting) => {
  await using db = await openTestDatabase();
  await db.query(
    `create table t (id int primary key, a int, b text, c int); insert into t values (1,1,'x',1),(2,2,'y',2); ${setting}`,
  );
  const { incomplete, actions } = await record(
    db,
    "update t set a = 5 where id = 1",
    "update t set id = 7 where id = 2",
    "delete from t where id = 7",
  );
  const [update, move, remove] = incomplete;
  expect(update?.operation).toBe("update");
  expect(update?.rows[0]?.before?.[0]).toBe("1");
  expect(update?.rows[0]?.after?.[1]).toBe("5");
  expect(update?.rows[0]?.after?.[2]).toBe(undefined);
  expect([move?.rows[0]?.before?.[0], move?.rows[0]?.after?.[0]]).toEqual(["2", "7"]);
  expect(image === "MINIMAL" ? remove?.rows[0]?.before : ["7"]).toEqual(
    image === "MINIMAL" ? ["7", undefined, undefined, undefined] : ["7"],
  );
  expect(actions.filter((action) => action.kind === "index")).toEqual([]);
});

test("JSON diffs leave the row to be read again", async () => {
  await using db = await openTestDatabase();
  await db.query(
    "create table t (id int primary key, j json, k json, v int); insert into t values (1, json_object('a', repeat('x', 100)), '[1]', 1)",
  );
  await db.query("set session binlog_row_value_options = 'PARTIAL_JSON'");
  const { incomplete } = await record(db, "update t set j = json_set(j, '$.a', 'y'), v = 2");
  // the server logs an empty diff for the JSON column that has not changed
  expect(incomplete[0]?.rows[0]?.after).toEqual(["1", undefined, undefined, "2"]);
  expect(incomplete[0]?.rows[0]?.before?.[3]).toBe("1");
});

test("rows of an XA transaction come when it is committed, and not at all when it is rolled back", async () => {
  await using db = await openTestDatabase();
  await db.query("create table t (id int primary key)");
  const xid = `'${db.name}'`;
  // transaction ids of our own, for other tests use the server too
  const source = randomUUID();
  const as = (number: number): string => `set gtid_next = '${source}:${number}'`;
  const { actions, commits } = await record(
    db,
    `${as(1)}; xa start ${xid}; insert into t values (1); xa end ${xid}; xa prepare ${xid}`,
    `${as(2)}; insert into t values (2)`,
    `${as(3)}; xa commit ${xid}`,
    `${as(4)}; xa start ${xid}; insert into t values (3); xa end ${xid}; xa prepare ${xid}; ${as(5)}; xa rollback ${xid}`,
    `${as(6)}; xa start ${xid}; insert into t values (4); xa end ${xid}; xa commit ${xid} one phase; set gtid_next = 'automatic'`,
  );
  expect(plain(actions)).toEqual(['2 {"id":2}', '1 {"id":1}', '4 {"id":4}']);
  const own = commits.filter(({ gtid }) => gtid?.includes(source));
  // the prepared transaction is acknowledged with its commit, none is forgotten
  expect(own.flatMap(({ gtid }) => gtid!.split(",")).map((gtid) => gtid.split(":").at(-1))).toEqual(
    ["2", "1", "3", "4", "5", "6"],
  );
  // while one was prepared, reading could only resume before it
  expect(own[0]!.position).toBeLessThan(own[1]!.position);
});

test("rolled back savepoints leave nothing behind", async () => {
  await using db = await openTestDatabase();
  await db.query("create table t (id int primary key)");
  const { actions, gaps } = await record(
    db,
    "begin; insert into t values (1); savepoint s; insert into t values (2); rollback to s; insert into t values (3); commit",
  );
  expect(plain(actions)).toEqual(['1 {"id":1}', '3 {"id":3}']);
  expect(gaps).toEqual([]);
});

test("each event is read with the definition of its moment", async () => {
  await using db = await openTestDatabase();
  await db.query("create table t (id int primary key, a int, b varchar(5))");
  const { actions } = await record(
    db,
    "insert into t values (1, 1, 'x')",
    "alter table t add c decimal(5,2) not null default 1.5 first, drop a",
    "insert into t values (2.25, 2, 'y')",
    "alter table t rename column b to d, modify id bigint unsigned",
    "insert into t values (3, 18446744073709551615, 'z')",
    "rename table t to t2",
    "insert into t2 (c, id) values (0, 9)",
  );
  expect(plain(actions)).toEqual([
    '1 {"id":1,"a":1,"b":"x"}',
    '2 {"c":2.25,"id":2,"b":"y"}',
    '18446744073709551615 {"c":3.00,"id":18446744073709551615,"d":"z"}',
    '9 {"c":0.00,"id":9,"d":null}',
  ]);
});

test("an online schema change's swap is no gap, another table's is", async () => {
  await using db = await openTestDatabase();
  await db.query("create database if not exists elsewhere_" + db.name);
  await db.query(
    "create table t (id int primary key); create table _t_gho (id int primary key, x int)",
  );
  await db.query(`create table elsewhere_${db.name}.s (id int primary key)`);
  const { gaps, actions } = await record(
    db,
    "rename table t to _t_del, _t_gho to t",
    "insert into t values (1, 2)",
    `rename table elsewhere_${db.name}.s to s`,
  );
  await db.query(`drop database elsewhere_${db.name}`);
  expect(plain(actions)).toEqual(['1 {"id":1,"x":2}']);
  expect(gaps.map(({ code, table }) => [code, table])).toEqual([["SCHEMA_TABLE_REPLACED", "s"]]);
});

test("cleared tables are gaps", async () => {
  await using db = await openTestDatabase();
  await db.query(
    "create table a (id int primary key); create table b (id int primary key); create temporary table c (id int)",
  );
  await db.query(
    "create table p (id int primary key) partition by range (id) (partition p0 values less than (10), partition p1 values less than (20))",
  );
  const { gaps } = await record(
    db,
    "truncate a",
    "alter table p drop partition p0",
    "drop table a, b",
    "drop temporary table c",
  );
  expect(gaps.map(({ code, table }) => [code, table])).toEqual([
    ["SCHEMA_TABLE_CLEARED", "a"],
    ["SCHEMA_TABLE_CLEARED", "p"],
    ["SCHEMA_TABLE_CLEARED", "a"],
    ["SCHEMA_TABLE_CLEARED", "b"],
  ]);
});

test("a statement on a captured table without row events is a gap, and its transaction goes on", async () => {
  await using db = await openTestDatabase();
  await db.query(
    "create table t (id int primary key, v int); insert into t values (1, 1); set session transaction isolation level repeatable read; set session binlog_format = 'STATEMENT'",
  );
  const { gaps, actions } = await record(db, "update t set v = 2 where id = 1");
  expect(gaps.map(({ code, table }) => [code, table])).toEqual([["BINLOG_STATEMENT", "t"]]);
  expect(actions).toEqual([]);
});

test("tables of other engines, and CREATE … SELECT, are read", async () => {
  await using db = await openTestDatabase();
  await db.query("create table m (id int primary key) engine=MyISAM");
  const { actions } = await record(
    db,
    "insert into m values (1)",
    "create table s (id int primary key) select 5 as id",
  );
  expect(plain(actions)).toEqual(['1 {"id":1}', '5 {"id":5}']);
});

test("generated, invisible and generated invisible key columns are fields", async () => {
  await using db = await openTestDatabase();
  await db.query(
    "set session sql_generate_invisible_primary_key = 1; create table g (a int, v int as (a * 2) virtual, s int as (a + 1) stored, h int invisible default 7)",
  );
  const { actions } = await record(db, "insert into g (a) values (5)");
  expect(plain(actions)).toEqual(['1 {"my_row_id":1,"a":5,"v":10,"s":6,"h":7}']);
});

test("without names in the log the present definition is used where it fits, and else the table is a gap", async () => {
  await using db = await openTestDatabase();
  await db.query(
    "create table t (id int primary key, b varchar(5)); create table u (id int primary key, b varchar(5))",
  );
  await db.query("set global binlog_row_metadata = 'MINIMAL'");
  try {
    const { actions, gaps } = await record(
      db,
      "insert into t values (1, 'x')",
      "insert into u values (1, 'x')",
      "alter table u add c int first",
      "insert into u values (2, 2, 'y')",
    );
    expect(plain(actions)).toEqual(['1 {"id":1,"b":"x"}', '2 {"c":2,"id":2,"b":"y"}']);
    expect(gaps.map(({ code, table }) => [code, table])).toEqual([["SCHEMA_MISMATCH", "u"]]);
  } finally {
    await db.query("set global binlog_row_metadata = 'FULL'");
  }
});

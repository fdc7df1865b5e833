import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openTestDatabase, type TestDatabase } from "../support/mysql.ts";
import { recordChanges, type RecordedChanges } from "../support/recorded-changes.ts";

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

function gapsOf({ gaps }: RecordedChanges): string[] {
  return gaps.map(({ code, table }) => `${code} ${table}`);
}

test("rows that come and go with a partition or a tablespace are gaps", async () => {
  await using db = await openTestDatabase();
  await db.query(
    "create table p (id int primary key) partition by range (id) (partition p0 values less than (10), partition p1 values less than (20)); create table s (id int primary key); insert into s values (1)",
  );
  const recorded = await record(
    db,
    "alter table p exchange partition p0 with table s",
    "alter table p truncate partition p1",
    "alter table s discard tablespace",
  );
  expect(gapsOf(recorded)).toEqual([
    "BINLOG_STATEMENT p",
    "BINLOG_STATEMENT s",
    "SCHEMA_TABLE_CLEARED p",
    "BINLOG_STATEMENT s",
  ]);
});

test("LOAD DATA in statement format is a gap of a table not seen before", async () => {
  await using db = await openTestDatabase();
  await db.query("create table t (id int primary key); create table m (id int) engine=MyISAM");
  const file = join(tmpdir(), `${db.name}.txt`);
  await writeFile(file, "1\n2\n");
  const recorded = await record(
    db,
    "set session transaction isolation level repeatable read; set session binlog_format = 'STATEMENT'",
    `load data infile '${file}' into table t`,
    "insert into m values (1)",
  );
  await rm(file);
  expect(gapsOf(recorded)).toEqual(["BINLOG_STATEMENT t", "BINLOG_STATEMENT m"]);
});

test("CREATE … SELECT in statement format is a gap, in row format it gives rows", async () => {
  await using db = await openTestDatabase("mariadb");
  const recorded = await record(
    db,
    "create table r (id int primary key) select 1 as id",
    "set session binlog_format = 'STATEMENT'",
    "create table c (id int primary key) select 1 as id",
    "create or replace table c (id int primary key)",
  );
  expect(recorded.actions.map((action) => action.id)).toEqual(["1"]);
  expect(gapsOf(recorded)).toEqual(["BINLOG_STATEMENT c", "SCHEMA_TABLE_CLEARED c"]);
});

test("odd names are found in statements", async () => {
  await using db = await openTestDatabase();
  const odd = "`sel``ect` ".trim();
  await db.query(`create table ${odd} (id int primary key); create table \`größe-1 x.y\` (id int)`);
  const recorded = await record(
    db,
    `truncate ${odd}`,
    "truncate table `größe-1 x.y`",
    `/* truncate t */ drop table if exists ${odd}, \`größe-1 x.y\`, nothing`,
  );
  expect(gapsOf(recorded)).toEqual([
    "SCHEMA_TABLE_CLEARED sel`ect",
    "SCHEMA_TABLE_CLEARED größe-1 x.y",
    "SCHEMA_TABLE_CLEARED sel`ect",
    "SCHEMA_TABLE_CLEARED größe-1 x.y",
    "SCHEMA_TABLE_CLEARED nothing",
  ]);
});

test("statements of clients with another character set and sql_mode name the same tables", async () => {
  await using db = await openTestDatabase();
  await db.query("create table `größe` (id int primary key); create table t (id int primary key)");
  await db.query("set names latin1");
  // the server logs a prepared statement as it is, here in latin1
  const statement = Buffer.from("truncate table `größe`", "latin1").toString("hex");
  await db.query(`set @s = convert(unhex('${statement}') using latin1); prepare p from @s`);
  const recorded = await record(
    db,
    "execute p",
    "set session sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'",
    'truncate table "t"',
  );
  expect(gapsOf(recorded)).toEqual(["SCHEMA_TABLE_CLEARED größe", "SCHEMA_TABLE_CLEARED t"]);
});

test("statements inside procedures, triggers and events' bodies clear nothing by being defined", async () => {
  await using db = await openTestDatabase();
  await db.query("create table t (id int primary key); create table log (id int primary key)");
  const recorded = await record(
    db,
    "create procedure p() begin truncate table t; drop table if exists t; end",
    "create trigger g after insert on t for each row insert into log values (new.id)",
    "create view v as select * from t",
    "insert into t values (5)",
    "drop procedure p; drop trigger g; drop view v",
  );
  expect(gapsOf(recorded)).toEqual([]);
  expect(recorded.actions.map((action) => action.id)).toEqual(["5", "5"]);
});

test("one statement that changes several tables gives each table's rows", async () => {
  await using db = await openTestDatabase();
  await db.query(
    "create table a (id int primary key, v int); create table b (id int primary key, w varchar(9)); create table c (id int primary key, a_id int, foreign key (a_id) references a (id) on delete cascade)",
  );
  await db.query("insert into a values (1,1),(2,2); insert into b values (1,'x'),(2,'y')");
  const { actions } = await record(
    db,
    "update a join b on a.id = b.id set a.v = 10 * a.v, b.w = concat(b.w, '!')",
    "delete a, b from a join b on a.id = b.id",
  );
  const texts = actions.map((one) => (one.kind === "index" ? one.document : `-${one.id}`));
  expect(texts.toSorted()).toEqual(
    [
      '{"id":1,"v":10}',
      '{"id":2,"v":20}',
      '{"id":1,"w":"x!"}',
      '{"id":2,"w":"y!"}',
      "-1",
      "-1",
      "-2",
      "-2",
    ].toSorted(),
  );
});

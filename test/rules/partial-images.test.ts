import { expect, test } from "vitest";
import { openTestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { createTestPipeline } from "../support/pipeline.ts";

test("rows whose images lack columns are judged as they are now, and leave no document behind that can be told", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query(
    "create table t (id int primary key, tenant int, state int, note varchar(10)); set session binlog_row_image = 'MINIMAL'",
  );
  const index = `${target.prefix}t`;
  await using pipeline = await createTestPipeline({
    db,
    target,
    rules: `[[rules]]
name = "t"
index = "${index}"
query = "select id, note, concat(note, '!') as loud from ${db.name}.t where state = 1"
`,
  });
  await using run = await pipeline.start();
  await db.query(
    "insert into t values (1, 7, 1, 'a'), (2, 7, 2, 'b'), (3, 7, 1, 'c'), (4, 7, 1, 'd'), (5, 7, 2, 'e')",
  );
  const state = async (): Promise<string[]> =>
    (await target.all(index))
      .map(({ _id, _source }) => `${_id} ${String(_source["loud"])}`)
      .toSorted();
  await run.caughtUp();
  expect(await state()).toEqual(["1 a!", "3 c!", "4 d!"]);
  // leaves, enters, changes, moves, goes; and one that was outside goes
  await db.query(
    "update t set state = 2 where id = 1; update t set state = 1 where id = 2; update t set note = 'C' where id = 3; update t set id = 40 where id = 4; delete from t where id = 5",
  );
  await run.caughtUp();
  expect(await state()).toEqual(["2 b!", "3 C!", "40 d!"]);
  await db.query("delete from t where id = 2");
  await run.caughtUp();
  expect(await state()).toEqual(["3 C!", "40 d!"]);
  expect(await pipeline.deadLetters()).toEqual([]);
});

test("a place that a partial image does not tell is a gap, never silent", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query(
    "create table t (id int primary key, tenant int, note varchar(10)); set session binlog_row_image = 'MINIMAL'",
  );
  const index = `${target.prefix}t`;
  await using pipeline = await createTestPipeline({
    db,
    target,
    rules: `[[rules]]
name = "t"
index = "${index}"
routing = "{tenant}"
query = "select id, note from ${db.name}.t"
`,
  });
  await using run = await pipeline.start();
  await db.query("insert into t values (1, 7, 'a')");
  await run.caughtUp();
  // stays where it is
  await db.query("update t set note = 'b' where id = 1");
  await run.caughtUp();
  expect(await pipeline.deadLetters()).toEqual([]);
  // the old routing is not in the log
  await db.query("update t set tenant = 8 where id = 1");
  await run.caughtUp();
  expect(await pipeline.deadLetters()).toMatchObject([
    { kind: "gap", code: "BINLOG_IMAGE_PARTIAL", table: "t" },
  ]);
});

test("a row that left the rule's conditions and has gone before it could be read again leaves no document", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query(
    "create table t (id int primary key, day varchar(10), state int, attrs json); set session binlog_row_value_options = 'PARTIAL_JSON'",
  );
  const { prefix } = target;
  await using pipeline = await createTestPipeline({
    db,
    target,
    rules: `[[rules]]
name = "t"
index = "${prefix}{day}"
query = "select id, json_extract(attrs, '$.n') as n from ${db.name}.t where state = 1"
`,
  });
  const state = async (): Promise<string[]> => {
    const days = ["mon", "tue"].map(async (day) =>
      (await target.all(`${prefix}${day}`)).map(({ _id }) => `${day} ${_id}`),
    );
    return (await Promise.all(days)).flat().toSorted();
  };
  {
    await using run = await pipeline.start();
    await db.query(
      `insert into t values (1, 'mon', 1, '{"n": 1}'), (2, 'mon', 1, '{"n": 1}'), (3, 'mon', 1, '{"n": 1}')`,
    );
    await run.caughtUp();
    expect(await state()).toEqual(["mon 1", "mon 2", "mon 3"]);
  }
  // one goes, one comes again at another place, one stays; the updates tell what has changed only
  await db.query(
    `update t set attrs = json_set(attrs, '$.n', 2), state = 2 where id < 3; update t set attrs = json_set(attrs, '$.n', 2) where id = 3;
delete from t where id < 3; insert into t values (2, 'tue', 1, '{"n": 1}')`,
  );
  await using run = await pipeline.start();
  await run.caughtUp();
  expect(await state()).toEqual(["mon 3", "tue 2"]);
  expect(run.troubles).toEqual([]);
});

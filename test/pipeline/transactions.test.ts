import { expect, test } from "vitest";
import { openTestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase, type TestDatabase } from "../support/mysql.ts";
import { createTestPipeline } from "../support/pipeline.ts";
import { openProxy } from "../support/proxy.ts";
import { until } from "../support/until.ts";
import { verifyTables } from "../support/verify.ts";

function rule(table: string, index: string, more = ""): string {
  return `[[rules]]\ntable = "${table}"\nindex = "${index}"\n${more}\n`;
}

async function differences(db: TestDatabase, elasticsearch: URL, index: string): Promise<unknown> {
  const tables = [{ database: db.name, table: "t", index }];
  return (await verifyTables({ mysql: db.url, elasticsearch, tables })).differences;
}

test.each(["plain", "compressed"] as const)(
  "a large %s transaction that is cut off again and again ends whole",
  async (form) => {
    await using db = await openTestDatabase();
    await using target = await openTestTarget();
    await using proxy = await openProxy(db.url);
    await db.query(
      "create table t (id int primary key, v varchar(500)); set cte_max_recursion_depth = 1000000",
    );
    if (form === "compressed") await db.query("set session binlog_transaction_compression = 1");
    const index = `${target.prefix}t`;
    await using pipeline = await createTestPipeline({
      db,
      target,
      rules: rule(`${db.name}.t`, index),
      mysqlUrl: proxy.url,
      sink: 'max_bytes = "256KiB"',
    });
    await using run = await pipeline.start();
    await db.query(
      "begin; insert into t with recursive n (i) as (select 1 union all select i + 1 from n where i < 30000) select i, repeat('x', 400) from n; update t set id = -id where id % 2 = 0; delete from t where id % 3 = 0; commit",
    );
    const first = (await pipeline.checkpoint())["position"];
    for (let i = 0; i < 4; i++) {
      const before = run.status().actionsTaken;
      await until(
        "some of it is taken",
        () => run.status().actionsTaken > before + 1_000 || run.status().position !== first,
      );
      proxy.cut();
    }
    await db.query("insert into t values (1000000, 'after')");
    await run.caughtUp();
    expect(await differences(db, target.url, index)).toEqual([]);
    expect(await pipeline.deadLetters()).toEqual([]);
  },
);

test("a stop and a start in the middle of a large transaction lose nothing", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query(
    "create table t (id int primary key, v varchar(500)); set cte_max_recursion_depth = 1000000",
  );
  const index = `${target.prefix}t`;
  await using pipeline = await createTestPipeline({
    db,
    target,
    rules: rule(`${db.name}.t`, index),
    sink: 'max_bytes = "64KiB"\nmax_actions = 100',
  });
  await (await pipeline.start())[Symbol.asyncDispose]();
  await db.query(
    "begin; insert into t with recursive n (i) as (select 1 union all select i + 1 from n where i < 20000) select i, repeat('x', 400) from n; update t set v = 'y' where id % 2 = 0; delete from t where id % 3 = 0; commit",
  );
  for (let i = 0; i < 3; i++) {
    await using run = await pipeline.start();
    await until("some of it is taken", () => run.status().actionsTaken > 500 * (i + 1));
  }
  await using run = await pipeline.start();
  await run.caughtUp();
  expect(await differences(db, target.url, index)).toEqual([]);
});

test("compressed transactions with XA, savepoints, DDL between them and rollbacks end where the table ends", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query(
    "create table t (id int primary key, v int); set session binlog_transaction_compression = 1",
  );
  const index = `${target.prefix}t`;
  await using pipeline = await createTestPipeline({
    db,
    target,
    rules: rule(`${db.name}.t`, index),
  });
  await using run = await pipeline.start();
  const xid = (n: number): string => `'${db.name}${n}'`;
  await db.query(
    `xa start ${xid(1)}; insert into t values (1,1),(2,2); xa end ${xid(1)}; xa prepare ${xid(1)}; xa commit ${xid(1)}`,
  );
  await db.query(
    `xa start ${xid(2)}; update t set v = 5; xa end ${xid(2)}; xa prepare ${xid(2)}; xa rollback ${xid(2)}`,
  );
  await db.query(
    `xa start ${xid(3)}; insert into t values (3,3); xa end ${xid(3)}; xa commit ${xid(3)} one phase`,
  );
  await db.query(
    "begin; insert into t values (4,4); savepoint s; insert into t values (5,5); rollback to s; commit",
  );
  await db.query(
    "alter table t add w varchar(5) default 'w'; begin; update t set v = v + 1, w = 'x'; commit",
  );
  await db.query("begin; delete from t; rollback; begin; delete from t where id = 2; commit");
  await run.caughtUp();
  expect(await differences(db, target.url, index)).toEqual([]);
  expect(await pipeline.deadLetters()).toEqual([]);
});

test("a prepared XA transaction outlives a stop", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query("create table t (id int primary key, v int)");
  const index = `${target.prefix}t`;
  await using pipeline = await createTestPipeline({
    db,
    target,
    rules: rule(`${db.name}.t`, index),
  });
  const xid = `'${db.name}'`;
  {
    await using _run = await pipeline.start();
    await db.query(`xa start ${xid}; insert into t values (1,1); xa end ${xid}; xa prepare ${xid}`);
    await using other = await openTestDatabase();
    await other.query(`insert into ${db.name}.t values (2,2)`);
    await until("the other row is a document", async () => (await target.get(index, "2")) !== null);
  }
  {
    await using run = await pipeline.start();
    await db.query(`xa commit ${xid}`);
    await run.caughtUp();
  }
  expect(await differences(db, target.url, index)).toEqual([]);
  expect(await pipeline.deadLetters()).toEqual([]);
});

test("incomplete rows survive that keys move, rows vanish and columns come before they are read again", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query(
    "create table t (id int primary key, v int, note text); insert into t values (1,1,'a'),(2,2,'b'),(3,3,'c'),(4,4,'d')",
  );
  const index = `${target.prefix}t`;
  await using pipeline = await createTestPipeline({
    db,
    target,
    rules: rule(`${db.name}.t`, index),
    begin: `start = "latest"`,
  });
  await (await pipeline.start())[Symbol.asyncDispose]();
  await db.query("update t set v = v * 10");
  await db.query(
    "set session binlog_row_image = 'MINIMAL'; update t set id = id + 1 order by id desc; update t set v = 7 where id = 3; update t set id = 100 where id = 5; delete from t where id = 2; update t set id = id - 1 order by id; alter table t add w int default 9, drop note; update t set w = 10 where id = 3",
  );
  await using run = await pipeline.start();
  await run.caughtUp();
  await db.query("update t set v = v + 1");
  await run.caughtUp();
  const documents = await target.all(index);
  const rows = await db.query<{ id: number }>("select id from t order by id");
  expect(documents.map(({ _id }) => Number(_id)).toSorted((a, b) => a - b)).toEqual(
    rows.map(({ id }) => id),
  );
  expect(await pipeline.deadLetters()).toEqual([]);
});

test("many prepared XA transactions, one after another, do not hold the position for ever", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query("create table t (id int primary key, v int)");
  const index = `${target.prefix}t`;
  await using pipeline = await createTestPipeline({
    db,
    target,
    rules: rule(`${db.name}.t`, index),
  });
  await using run = await pipeline.start();
  const connections = [await openTestDatabase(), await openTestDatabase()];
  const start = run.status().position;
  for (let i = 0; i < 10; i++) {
    const [mine, other] = [connections[i % 2]!, connections[(i + 1) % 2]!];
    await mine.query(
      `xa start '${db.name}${i}'; insert into ${db.name}.t values (${i},${i}); xa end '${db.name}${i}'; xa prepare '${db.name}${i}'`,
    );
    if (i > 0) await other.query(`xa commit '${db.name}${i - 1}'`);
  }
  await until("the position has moved", () => run.status().position > start);
  await connections[1]!.query(`xa commit '${db.name}9'`);
  for (const connection of connections) await connection[Symbol.asyncDispose]();
  await run.caughtUp();
  expect(await differences(db, target.url, index)).toEqual([]);
});

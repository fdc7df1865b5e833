import { describe, expect, test } from "vitest";
import type { ServerOptions, Service } from "../../scripts/services/contract.ts";
import { startService } from "../../scripts/services/start-service.ts";
import { MariadbGtidPosition } from "../../src/core/mariadb-gtid-position.ts";
import { openTestTarget, type TestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase, type TestDatabase } from "../support/mysql.ts";
import { createTestPipeline } from "../support/pipeline.ts";
import { openProxy } from "../support/proxy.ts";
import { until } from "../support/until.ts";
import { verifyTables } from "../support/verify.ts";
import { databaseOf, openMovingAddress } from "../support/own-servers.ts";

const MINUTES = 180_000;

function startOwn(options: ServerOptions = {}): Promise<Service> {
  return startService("mariadb", { owned: true, dedicated: true, options });
}

function rule(index: string, table = "shop.t", more = ""): string {
  return `[[rules]]\ntable = "${table}"\nindex = "${index}"\n${more}\n`;
}

/** Compares `shop.t` with its index, whichever way the test asks. */
async function expectSame(
  db: Pick<TestDatabase, "url">,
  target: TestTarget,
  index: string,
): Promise<void> {
  const { differences } = await verifyTables({
    mysql: db.url,
    elasticsearch: target.url,
    tables: [{ database: "shop", table: "t", index, id: ["id"] }],
  });
  expect(differences).toEqual([]);
}

async function ids(target: TestTarget, index: string): Promise<string[]> {
  return (await target.all(index)).map((document) => document._id).toSorted();
}

/** The server's GTID position, domains in order. */
async function gtidPosition(db: Pick<TestDatabase, "query">): Promise<string> {
  const [row] = await db.query<{ gtids: string }>("select @@global.gtid_binlog_pos gtids");
  return MariadbGtidPosition.parse(row!.gtids).toString();
}

test(
  "reading begins behind a GTID position and resumes by it, through domains, new files and restarts of the server",
  async () => {
    // what is in the log of a server that is killed is in its tables too
    await using service = await startOwn({ innodb_flush_log_at_trx_commit: 1, sync_binlog: 1 });
    await using target = await openTestTarget();
    const db = databaseOf(service);
    const index = `${target.prefix}t`;
    await db.query("create table t (id int primary key, v int); insert into t values (1,1)");
    await db.query("set gtid_domain_id = 7; insert into t values (2,2)");
    const gtidSet = await gtidPosition(db);
    await db.query("set gtid_domain_id = 5, server_id = 9; insert into t values (3,3)");
    await db.query(
      "insert into t values (4,4); flush binary logs; update t set v = 40 where id = 4",
    );
    await using pipeline = await createTestPipeline({ db, target, rules: rule(index) });
    {
      await using run = await pipeline.start({ from: { kind: "gtid", gtidSet } });
      await run.caughtUp();
      expect(await ids(target, index)).toEqual(["3", "4"]);
      // nothing but a heartbeat tells that the log goes on
      await db.query("flush binary logs");
      await run.caughtUp();
      await db.query("update t set v = v + 1");
      await run.caughtUp();
      await expectSame(db, target, index);
      expect(run.troubles).toEqual([]);
    }
    expect(await pipeline.checkpoint()).toMatchObject({
      flavor: "mariadb",
      gtidSet: await gtidPosition(db),
    });
    await db.query(
      "set gtid_domain_id = 5; insert into t values (5,5); set gtid_domain_id = 11; delete from t where id = 1",
    );
    {
      await using run = await pipeline.start();
      await run.caughtUp();
      await expectSame(db, target, index);
      await service.restart();
      // the ids of tables begin anew
      await db.query(
        "create table other (id int primary key, w int); insert into other values (1,1)",
      );
      await db.query("insert into t values (6,6); update t set v = v + 1");
      await run.caughtUp();
      await service.kill();
      await service.start();
      await db.query("insert into t values (7,7)");
      await run.caughtUp();
      await expectSame(db, target, index);
    }
    expect(await pipeline.checkpoint()).toMatchObject({ gtidSet: await gtidPosition(db) });
  },
  MINUTES,
);

test("a start by file and position has its GTID position, and must be where an event begins", async () => {
  await using db = await openTestDatabase("mariadb");
  await using target = await openTestTarget();
  const index = `${target.prefix}t`;
  await db.query("create table t (id int primary key); insert into t values (1)");
  const [end] = await db.query<{ File: string; Position: string }>("show master status");
  const [file, position] = [end!.File, Number(end!.Position)];
  await db.query("insert into t values (2)");
  await using pipeline = await createTestPipeline({
    db,
    target,
    rules: rule(index, `${db.name}.t`),
  });
  const start = (at: number): ReturnType<typeof pipeline.start> =>
    pipeline.start({ from: { kind: "position", file, position: at } });
  await expect(start(position + 1)).rejects.toMatchObject({ code: "SOURCE_POSITION_LOST" });
  {
    await using run = await start(position);
    await run.caughtUp();
    expect(await ids(target, index)).toEqual(["2"]);
  }
  const { gtidSet, ...place } = await pipeline.checkpoint();
  const [row] = await db.query<{ gtids: string }>("select binlog_gtid_pos(?, ?) gtids", [
    place["file"],
    place["position"],
  ]);
  expect(gtidSet).toBe(MariadbGtidPosition.parse(row!.gtids).toString());
});

describe("a log that is not the one that was read", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["a reset", "reset master; insert into t values (100,1)"],
    [
      "a reset, whatever the numbers that came since",
      "reset master; begin not atomic for i in 100..400 do insert into t values (i,1); end for; end",
    ],
  ];

  test.each(cases)(
    "is said after %s while nobody read",
    async (_, statements) => {
      await using service = await startOwn();
      await using target = await openTestTarget();
      const db = databaseOf(service);
      await db.query("create table t (id int primary key, v int)");
      await using pipeline = await createTestPipeline({
        db,
        target,
        rules: rule(`${target.prefix}t`),
      });
      {
        await using run = await pipeline.start();
        for (let i = 0; i < 20; i++) await db.query(`insert into t values (${i},1)`);
        await run.caughtUp();
      }
      await db.query(statements);
      await expect(pipeline.start()).rejects.toMatchObject({ code: "SOURCE_POSITION_LOST" });
    },
    MINUTES,
  );

  test(
    "is said after a purge of what was not read",
    async () => {
      await using service = await startOwn();
      await using target = await openTestTarget();
      const db = databaseOf(service);
      await db.query("create table t (id int primary key, v int)");
      await using pipeline = await createTestPipeline({
        db,
        target,
        rules: rule(`${target.prefix}t`),
      });
      await (await pipeline.start())[Symbol.asyncDispose]();
      await db.query("insert into t values (1,1); flush binary logs; insert into t values (2,2)");
      await until("the first file is gone", async () => {
        await db.query("purge binary logs to 'binlog.000002'");
        const files = await db.query<{ Log_name: string }>("show binary logs");
        return files[0]?.Log_name === "binlog.000002";
      });
      await expect(pipeline.start()).rejects.toMatchObject({ code: "SOURCE_POSITION_LOST" });
    },
    MINUTES,
  );

  test(
    "is said after a reset during a run",
    async () => {
      await using service = await startOwn();
      await using target = await openTestTarget();
      const db = databaseOf(service);
      await db.query("create table t (id int primary key, v int)");
      const index = `${target.prefix}t`;
      await using pipeline = await createTestPipeline({ db, target, rules: rule(index) });
      await using run = await pipeline.start();
      await db.query("insert into t values (1,1),(2,2)");
      await run.caughtUp();
      await db.query(
        "reset master; begin not atomic for i in 100..400 do insert into t values (i,1); end for; end",
      );
      expect(await run.failure).toMatchObject({ code: "SOURCE_POSITION_LOST" });
      expect(await ids(target, index)).toEqual(["1", "2"]);
    },
    MINUTES,
  );
});

test(
  "after a failover reading goes on with the new server, by GTID",
  async () => {
    await using first = await startOwn();
    await using second = await startOwn({ log_slave_updates: "ON" });
    await using target = await openTestTarget();
    const [a, b] = [databaseOf(first), databaseOf(second)];
    await using address = await openMovingAddress(a.url);
    await a.query("create table t (id int primary key, v int); insert into t values (1,1),(2,2)");
    await b.query(
      `change master to master_host='127.0.0.1', master_port=${a.url.port}, master_user='root', master_use_gtid=slave_pos; start slave`,
    );
    const index = `${target.prefix}t`;
    await using pipeline = await createTestPipeline({
      db: a,
      target,
      rules: rule(index),
      mysqlUrl: address.url,
      begin: 'start = "earliest"',
    });
    await using run = await pipeline.start();
    await a.query("update t set v = v + 1; insert into t values (3,3),(4,4)");
    await run.caughtUp();
    const before = await pipeline.checkpoint();
    const gtids = await gtidPosition(a);
    await until("the replica is in step", async () => (await gtidPosition(b)) === gtids);
    await b.query("stop slave; reset slave all");
    await b.query(
      "update t set v = 100 where id = 1; delete from t where id = 2; insert into t values (5,5)",
    );
    address.move(b.url);
    address.cut();
    await until(
      "the new server is read",
      async () => (await ids(target, index)).join(",") === "1,3,4,5",
    );
    await b.query("update t set v = v + 1");
    const end = await gtidPosition(b);
    await until("all is acknowledged", () => run.status().gtidSet === end);
    await expectSame(b, target, index);
    await run[Symbol.asyncDispose]();
    const after = await pipeline.checkpoint();
    expect(after).toMatchObject({ epoch: Number(before["epoch"]) + 1, gtidSet: end });
    expect(after["serverUuid"]).not.toBe(before["serverUuid"]);
  },
  MINUTES,
);

test(
  "prepared XA transactions survive stops of the pipeline and lost connections",
  async () => {
    await using service = await startOwn();
    await using target = await openTestTarget();
    await using proxy = await openProxy(new URL(service.url));
    const db = databaseOf(service);
    const index = `${target.prefix}t`;
    await db.query("create table t (id int primary key, v int)");
    await using pipeline = await createTestPipeline({
      db,
      target,
      rules: rule(index),
      mysqlUrl: proxy.url,
    });
    const prepare = (xid: string, id: number): string =>
      `xa start '${xid}'; insert into t values (${id},0); xa end '${xid}'; xa prepare '${xid}'`;
    {
      await using _run = await pipeline.start();
      await db.query(prepare("a", 1));
      await db.query("insert into t values (2,0)");
      await until("the other one is there", async () => (await ids(target, index)).length === 1);
      proxy.cut();
      await db.query(prepare("b", 3));
      await db.query("insert into t values (4,0)");
      await until("it is read again", async () => (await ids(target, index)).length === 2);
    }
    await db.query("insert into t values (5,0); xa commit 'a'");
    {
      await using run = await pipeline.start();
      await until("the first one is there", async () => (await ids(target, index)).length === 4);
      await db.query("xa rollback 'b'; insert into t values (6,0)");
      await run.caughtUp();
      await expectSame(db, target, index);
    }
    expect(await pipeline.checkpoint()).toMatchObject({
      gtidSet: await gtidPosition(db),
      gaps: [],
    });
    expect(await pipeline.deadLetters()).toEqual([]);
  },
  MINUTES,
);

test("incomplete images are completed, of versioned tables and with keys of every kind", async () => {
  await using db = await openTestDatabase("mariadb");
  await using target = await openTestTarget();
  const index = target.prefix;
  await db.query(
    "create table h (id uuid primary key, v int, big text compressed) with system versioning; " +
      "create table k (a inet6, b inet4, c int default 1, j json, primary key (a, b)); create sequence s; " +
      "create table g (id int primary key, a int, v int as (a + 1) virtual, p int as (a + 2) stored)",
  );
  await using pipeline = await createTestPipeline({
    db,
    target,
    rules: ["h", "k", "g"].map((table) => rule(`${index}${table}`, `${db.name}.${table}`)).join(""),
  });
  await using run = await pipeline.start();
  const uuid = (n: number): string => `00000000-0000-4000-8000-00000000000${n}`;
  await db.query(
    `insert into h values ('${uuid(1)}', 1, repeat('x', 300)), ('${uuid(2)}', 2, 'y'); ` +
      "insert into k (a, b, j) values ('::1', '10.0.0.1', '[1, 2]'), ('1::', '10.0.0.2', null)",
  );
  await db.query("insert into g (id, a) values (1, 1), (2, 2); update g set a = 5 where id = 1");
  await db.query(
    `set session binlog_row_image = 'MINIMAL'; update g set a = 6 where id = 2; update h set v = 5 where id = '${uuid(1)}'; delete from h where id = '${uuid(2)}'; ` +
      "update k set c = 7 where a = '::1'; update k set b = '10.0.0.3' where a = '1::'",
  );
  await run.caughtUp();
  expect((await target.all(`${index}h`)).map(({ _id, _source }) => [_id, _source])).toEqual([
    [uuid(1), { id: uuid(1), v: 5, big: "x".repeat(300) }],
  ]);
  const documents = await target.all(`${index}k`);
  expect(new Map(documents.map(({ _id, _source }) => [_id, _source]))).toEqual(
    new Map([
      ["%3A%3A1:10.0.0.1", { a: "::1", b: "10.0.0.1", c: 7, j: [1, 2] }],
      ["1%3A%3A:10.0.0.3", { a: "1::", b: "10.0.0.3", c: 1, j: null }],
    ]),
  );
  const generated = await target.all(`${index}g`);
  expect(new Map(generated.map(({ _id, _source }) => [_id, _source]))).toEqual(
    new Map([
      ["1", { id: 1, a: 5, v: 6, p: 7 }],
      ["2", { id: 2, a: 6, v: 7, p: 8 }],
    ]),
  );
  const mapping = await target.request("GET", `/${index}k/_mapping`);
  expect(mapping.body).toMatchObject({
    [`${index}k`]: { mappings: { properties: { a: { type: "ip" }, b: { type: "ip" } } } },
  });
  expect(await pipeline.deadLetters()).toEqual([]);
});

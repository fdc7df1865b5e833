import { expect, test } from "vitest";
import { startService } from "../../scripts/services/start-service.ts";
import { openTestTarget } from "../support/elasticsearch.ts";
import { createTestPipeline } from "../support/pipeline.ts";
import { until } from "../support/until.ts";
import { verifyTables } from "../support/verify.ts";
import { databaseOf, openMovingAddress } from "../support/own-servers.ts";

const MINUTES = 180_000;

function rule(index: string): string {
  return `[[rules]]\ntable = "shop.t"\nindex = "${index}"\n`;
}

test(
  "after a failover reading goes on with the new server, although queries still reach the old one",
  async () => {
    await using first = await startService("mysql", { owned: true, dedicated: true });
    await using second = await startService("mysql", { owned: true, dedicated: true });
    await using target = await openTestTarget();
    const [a, b] = [databaseOf(first), databaseOf(second)];
    await using address = await openMovingAddress(a.url);
    await a.query("create table t (id int primary key, v int); insert into t values (1,1),(2,2)");
    await b.query(
      `change replication source to source_host='127.0.0.1', source_port=${a.url.port}, source_user='root', source_auto_position=1, get_source_public_key=1; start replica`,
    );
    const index = `${target.prefix}t`;
    const options = {
      target,
      rules: rule(index),
      mysqlUrl: address.url,
      begin: 'start = "earliest"',
    };
    await using pipeline = await createTestPipeline({ ...options, db: a });
    await using run = await pipeline.start();
    await a.query("update t set v = v + 1; insert into t values (3,3),(4,4)");
    await run.caughtUp();
    const before = await pipeline.checkpoint();
    await until("the replica is in step", async () => {
      const [row] = await b.query<{ n: number }>("select count(*) n from t");
      return Number(row?.n) === 4;
    });
    await b.query("stop replica; reset replica all");
    await b.query(
      "update t set v = 100 where id = 1; delete from t where id = 2; insert into t values (5,5)",
    );
    address.move(b.url);
    const dumps = await a.query<{ id: string }>(
      "select id from information_schema.processlist where command like 'Binlog Dump%'",
    );
    for (const { id } of dumps) await a.query(`kill ${id}`).catch(() => undefined);
    await until("the new server is read", async () => {
      if ((await target.get(index, "5")) !== null) return true;
      throw new Error(run.troubles.join("; "));
    });
    await b.query("update t set v = v + 1");
    await until("all is there", async () => {
      const { differences } = await verifyTables({
        mysql: b.url,
        elasticsearch: target.url,
        tables: [{ database: "shop", table: "t", index }],
      });
      return differences.length === 0;
    });
    await run[Symbol.asyncDispose]();
    const after = await pipeline.checkpoint();
    expect(after["epoch"]).toBe(Number(before["epoch"]) + 1);
    expect(after["serverUuid"]).not.toBe(before["serverUuid"]);
  },
  MINUTES,
);

test(
  "a restart while the server has not executed what was read is no lost position",
  async () => {
    await using service = await startService("mysql", { owned: true, dedicated: true });
    await using target = await openTestTarget();
    const db = databaseOf(service);
    await db.query("create table t (id int primary key)");
    await db.query(
      "install plugin rpl_semi_sync_source soname 'semisync_source.so'; set global rpl_semi_sync_source_timeout = 4000, global rpl_semi_sync_source_enabled = 1, global rpl_semi_sync_source_wait_no_replica = 1",
    );
    const index = `${target.prefix}t`;
    await using pipeline = await createTestPipeline({ db, target, rules: rule(index) });
    let waiting: Promise<unknown>;
    {
      await using run = await pipeline.start();
      waiting = db.query("insert into t values (1)");
      await until("the row is a document", async () => (await target.get(index, "1")) !== null);
      await until("it is acknowledged", () => run.status().actionsClosed === 1);
      await run.caughtUp();
    }
    await using run = await pipeline.start();
    await waiting;
    await db.query("insert into t values (2)");
    await run.caughtUp();
    expect(await target.all(index)).toHaveLength(2);
  },
  MINUTES,
);

test(
  "changes of the checksum, new log files and crashes of the server interrupt nothing; a reset and a purge are said",
  async () => {
    await using service = await startService("mysql", { owned: true, dedicated: true });
    await using target = await openTestTarget();
    const db = databaseOf(service);
    await db.query("create table t (id int primary key, v varchar(2000))");
    const index = `${target.prefix}t`;
    await using pipeline = await createTestPipeline({ db, target, rules: rule(index) });
    {
      await using run = await pipeline.start();
      await db.query("set global binlog_checksum = NONE; insert into t values (1,'a')");
      await run.caughtUp();
      await db.query("set global binlog_checksum = CRC32; insert into t values (2,'b')");
      await run.caughtUp();
      const big =
        "set cte_max_recursion_depth = 100000; insert into t with recursive n (i) as (select 10 union all select i + 1 from n where i < 20000) select i, repeat('x', 500) from n";
      await Promise.all([db.query(big), db.query("flush binary logs; flush binary logs")]);
      await run.caughtUp();
      await service.kill();
      await service.start();
      await db.query("insert into t values (3,'c'); update t set v = 'd' where id < 100");
      await run.caughtUp();
    }
    {
      await using run = await pipeline.start();
      // connected with NONE, then the server wants checksums
      await db.query("set global binlog_checksum = NONE; insert into t values (4,'e')");
      await run.caughtUp();
      await service.restart();
      await db.query("set global binlog_checksum = NONE; insert into t values (5,'f')");
      await run.caughtUp();
      await db.query("set global binlog_checksum = CRC32; insert into t values (6,'f')");
      await run.caughtUp();
    }
    {
      await using run = await pipeline.start();
      await db.query("insert into t values (7,'g')");
      await run.caughtUp();
    }
    {
      await using run = await pipeline.start();
      await db.query("set global binlog_checksum = CRC32; insert into t values (8,'g')");
      await run.caughtUp();
    }
    const { differences } = await verifyTables({
      mysql: db.url,
      elasticsearch: target.url,
      tables: [{ database: "shop", table: "t", index }],
    });
    expect(differences).toEqual([]);
    {
      await using run = await pipeline.start();
      await db.query("insert into t values (9,'h')");
      await run.caughtUp();
      await db.query("reset binary logs and gtids; insert into t values (100000,'x')");
      expect(await run.failure).toMatchObject({ code: "SOURCE_POSITION_LOST" });
    }
  },
  MINUTES,
);

test(
  "transactions purged before they were read are said",
  async () => {
    await using service = await startService("mysql", { owned: true, dedicated: true });
    await using target = await openTestTarget();
    const db = databaseOf(service);
    await db.query("create table t (id int primary key)");
    await using pipeline = await createTestPipeline({
      db,
      target,
      rules: rule(`${target.prefix}t`),
    });
    await (await pipeline.start())[Symbol.asyncDispose]();
    await db.query("insert into t values (1); flush binary logs; insert into t values (2)");
    const [current] = await db.query<{ File: string }>("show binary log status");
    await db.query(`purge binary logs to '${current!.File}'`);
    await expect(pipeline.start()).rejects.toMatchObject({ code: "SOURCE_POSITION_LOST" });
  },
  MINUTES,
);

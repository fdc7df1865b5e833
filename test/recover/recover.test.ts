import { expect, test } from "vitest";
import { startService } from "../../scripts/services/start-service.ts";
import { systemClock } from "../../src/core/clock.ts";
import type { Diagnosis } from "../../src/pipeline/recover/diagnose.ts";
import { recover, type RecoverOptions } from "../../src/pipeline/recover/recover.ts";
import { openTestTarget, type TestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { databaseOf } from "../support/own-servers.ts";
import { createTestPipeline, type RunningPipeline } from "../support/pipeline.ts";
import { until } from "../support/until.ts";
import { verifyTables } from "../support/verify.ts";

const MINUTES = 180_000;

function recoverOptions(more: Partial<RecoverOptions> = {}): RecoverOptions & {
  readonly found: Diagnosis[];
  readonly troubles: string[];
} {
  const found: Diagnosis[] = [];
  const troubles: string[] = [];
  const tell = (_: object, message: string): void => void troubles.push(message);
  return {
    signal: new AbortController().signal,
    clock: systemClock,
    logger: { debug: () => {}, info: () => {}, warn: tell, error: tell },
    confirm: (diagnosis) => {
      found.push(diagnosis);
      return Promise.resolve(true);
    },
    found,
    troubles,
    ...more,
  };
}

async function loaded(run: RunningPipeline): Promise<void> {
  const isDone = (): boolean => run.status().loads.every(({ state }) => state === "done");
  await until("tables are loaded", isDone, { timeoutMs: 60_000 });
}

async function expectEqual(
  mysql: URL,
  target: TestTarget,
  tables: readonly { database: string; table: string; index: string }[],
): Promise<void> {
  for (const { index } of tables) await target.request("POST", `${index}/_refresh`);
  const { isEqual, differences } = await verifyTables({
    mysql,
    elasticsearch: target.url,
    tables,
  });
  expect({ isEqual, differences }).toEqual({ isEqual: true, differences: [] });
}

test(
  "after a purge of what was not read, rows equal documents again, deleted ones included",
  { timeout: MINUTES },
  async () => {
    await using service = await startService("mysql", { owned: true, dedicated: true });
    await using target = await openTestTarget();
    const db = databaseOf(service);
    const name = `${target.prefix}t`;
    await db.query(`create table t (id int primary key, v int);
      insert into t values (1, 1), (2, 2), (3, 3), (4, 4)`);
    const rules = `[[rules]]\nname = "t"\ntable = "shop.t"\nindex = "${name}"\n`;
    await using pipeline = await createTestPipeline({
      db,
      target,
      rules,
      mysqlUrl: db.url,
      begin: "",
    });
    const { config } = pipeline;
    {
      await using run = await pipeline.start();
      await loaded(run);
      await expect(recover(config, recoverOptions())).rejects.toMatchObject({
        code: "STATE_FOREIGN",
      });
    }
    expect(await recover(config, recoverOptions())).toEqual({ kind: "whole" });
    await db.query("delete from t where id = 1; update t set v = 20 where id = 2");
    await db.query("insert into t values (5, 5); flush binary logs");
    const [end] = await db.query<{ File: string }>("show binary log status");
    await db.query(`purge binary logs to '${end!.File}'`);
    const before = await pipeline.checkpoint();
    const error = await pipeline.start().then(
      () => null,
      (failure: unknown) => failure,
    );
    expect(error).toMatchObject({
      code: "SOURCE_POSITION_LOST",
      remedy: expect.stringContaining("tailrace recover") as string,
    });

    const declined = await recover(
      config,
      recoverOptions({ confirm: () => Promise.resolve(false) }),
    );
    expect(declined).toEqual({ kind: "declined" });
    expect(await pipeline.checkpoint()).toEqual(before);

    // interrupted, it leaves in the checkpoint what is left to do
    const stop = new AbortController();
    const stopped = await recover(
      config,
      recoverOptions({
        signal: stop.signal,
        onProgress: () => {
          stop.abort();
        },
      }),
    );
    expect(stopped).toEqual({ kind: "stopped" });
    expect(await pipeline.checkpoint()).toMatchObject({
      epoch: Number(before["epoch"]) + 1,
      gaps: [{ database: "shop", table: "t", code: "SNAPSHOT_UNVERIFIED" }],
    });

    const options = recoverOptions();
    expect(await recover(config, options)).toEqual({ kind: "recovered", tables: ["shop.t"] });
    expect(options.found).toMatchObject([
      { lost: null, gaps: [{ table: "t", code: "SNAPSHOT_UNVERIFIED" }] },
    ]);
    expect(options.troubles).toEqual([]);
    expect((await pipeline.checkpoint())["gaps"]).toEqual([]);
    await expectEqual(db.url, target, [{ database: "shop", table: "t", index: name }]);
    await using run = await pipeline.start();
    await db.query("update t set v = 30 where id = 3; delete from t where id = 4");
    await run.caughtUp();
    await expectEqual(db.url, target, [{ database: "shop", table: "t", index: name }]);
    expect(run.status().gaps).toEqual([]);
  },
);

test(
  "a table with a gap is loaded and compared; its documents without rows go, and the gap with them",
  { timeout: MINUTES },
  async () => {
    await using db = await openTestDatabase();
    await using target = await openTestTarget();
    const tables = ["a", "b"].map((table) => ({
      database: db.name,
      table,
      index: `${target.prefix}${table}`,
    }));
    const rules = tables
      .map(
        ({ table, index }) =>
          `[[rules]]\nname = "${table}"\ntable = "${db.name}.${table}"\nindex = "${index}"\n`,
      )
      .join("");
    for (const { table } of tables)
      await db.query(
        `create table ${table} (id int primary key, v int); insert into ${table} values (1, 1), (2, 2), (3, 3)`,
      );
    await using pipeline = await createTestPipeline({ db, target, rules, begin: "" });
    {
      await using run = await pipeline.start();
      await loaded(run);
      await db.query("truncate table a; insert into a values (2, 22), (7, 7)");
      await run.caughtUp();
      expect(run.status().gaps).toMatchObject([{ table: "a", code: "SCHEMA_TABLE_CLEARED" }]);
      expect(await target.all(tables[0]!.index)).toHaveLength(4);
    }
    const before = await pipeline.checkpoint();
    const options = recoverOptions();
    expect(await recover(pipeline.config, options)).toEqual({
      kind: "recovered",
      tables: [`${db.name}.a`],
    });
    expect(options.found).toMatchObject([{ lost: null, gaps: [{ table: "a" }] }]);
    expect(options.troubles).toEqual([]);
    expect(await pipeline.checkpoint()).toMatchObject({ gaps: [], epoch: before["epoch"] });
    await expectEqual(db.url, target, tables);
  },
);

test(
  "behind an incident it begins at the end of the log, and loads everything",
  { timeout: MINUTES },
  async () => {
    await using db = await openTestDatabase();
    await using target = await openTestTarget();
    const index = `${target.prefix}a`;
    await db.query(`create table a (id int primary key, v int); insert into a values (1, 1)`);
    const rules = `[[rules]]\nname = "a"\ntable = "${db.name}.a"\nindex = "${index}"\n`;
    await using pipeline = await createTestPipeline({ db, target, rules, begin: "" });
    {
      await using run = await pipeline.start();
      await loaded(run);
    }
    const before = await pipeline.checkpoint();
    const { file, position } = before;
    const gap = { database: "*", table: "*", code: "BINLOG_INCIDENT", file, position };
    await pipeline.writeCheckpoint({ ...before, gaps: [gap] });
    await target.request("POST", `${index}/_doc/99`, { id: 99, v: 99 });
    const options = recoverOptions();
    expect(await recover(pipeline.config, options)).toMatchObject({ kind: "recovered" });
    expect(options.found).toMatchObject([{ lost: { code: "BINLOG_INCIDENT" }, gaps: [] }]);
    expect(await pipeline.checkpoint()).toMatchObject({
      gaps: [],
      epoch: Number(before["epoch"]) + 1,
    });
    await expectEqual(db.url, target, [{ database: db.name, table: "a", index }]);
  },
);

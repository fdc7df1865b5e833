import { setTimeout as sleep } from "node:timers/promises";
import { createConnection } from "mysql2/promise";
import { expect, test } from "vitest";
import { openTestTarget } from "../support/elasticsearch.ts";
import { connectionOptions, openTestDatabase, type TestDatabase } from "../support/mysql.ts";
import { createTestPipeline } from "../support/pipeline.ts";
import { until } from "../support/until.ts";
import { verifyTables } from "../support/verify.ts";
import { briefly, runVerify } from "./scene.ts";

const ROWS = 400;

/** Changes rows until it is closed: to and fro, gone and back again, moved to another key. */
function openWorkload(db: TestDatabase): AsyncDisposable & { readonly changes: () => number } {
  const ending = new AbortController();
  let changes = 0;
  const running = (async () => {
    const connection = await createConnection(connectionOptions(db.url));
    try {
      await connection.query(`use ${db.name}`);
      for (let i = 0; !ending.signal.aborted; i += 1) {
        const id = 1 + ((i * 7) % ROWS);
        await connection.query("update hot set v = 1 - v where id = ?", [id]);
        await connection.query("update hot set v = v + 1 where id = 1");
        await connection.query("delete from hot where id = ?", [1_000 + (i % 20)]);
        await connection.query("insert into hot values (?, 0, 'back')", [1_000 + (i % 20)]);
        await connection.query("update hot set id = id + 5000 where id = ?", [2_000 + (i % 3)]);
        await connection.query("update hot set id = id - 5000 where id = ?", [7_000 + (i % 3)]);
        changes += 6;
        if (i % 20 === 0) await sleep(2);
      }
    } finally {
      await connection.end();
    }
  })();
  return {
    changes: () => changes,
    [Symbol.asyncDispose]: async () => {
      ending.abort();
      await running;
    },
  };
}

test("changes under way are no differences, in whatever process the pipeline runs; damage among them is found", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query(
    `create table hot (id int primary key, v int, t varchar(20));
     insert into hot with recursive n as (select 1 i union all select i + 1 from n where i < ${ROWS}) select i, 0, 'x' from n;
     insert into hot values (2000, 0, 'm'), (2001, 0, 'm'), (2002, 0, 'm');
     insert into hot with recursive n as (select 0 i union all select i + 1 from n where i < 19) select 1000 + i, 0, 'd' from n`,
  );
  const index = `${target.prefix}hot`;
  await using pipeline = await createTestPipeline({
    db,
    target,
    begin: "",
    more: '[verify]\ncontinuous = "50000 rows/s"\nsettle_timeout = "20s"',
    rules: `[[rules]]\nname = "hot"\ntable = "${db.name}.hot"\nindex = "${index}"\n`,
  });
  await using run = await pipeline.start();
  await run.caughtUp();
  await until("loaded", () => run.status().loads.every(({ state }) => state === "done"));
  {
    await using workload = openWorkload(db);
    await until("it is under way", () => workload.changes() > 100);
    const result = await runVerify(pipeline.config);
    expect(result.differences).toEqual([]);
    expect(result.stuckAt).toBeNull();
    // the row that changes all the time may be written at every look
    expect(result.unsettled).toBeLessThan(30);
    await until("a whole pass in the pipeline's process", () => {
      const { lastPass } = run.status().verify!;
      return lastPass !== null && lastPass.rows >= ROWS;
    });
    const pass = run.status().verify!.lastPass!;
    expect(pass).toMatchObject({ missing: 0, stale: 0, different: 0, extra: 0 });
    expect(run.troubles).toEqual([]);

    await target.request("PUT", `${index}/_doc/99999`, { id: 99_999, v: 1 });
    await target.request("PUT", `${index}/_doc/2`, { id: 2, v: 0, u: 5 });
    const found = await runVerify(pipeline.config);
    expect(briefly(found.differences).filter((each) => each !== "different 2")).toEqual([
      "extra 99999",
    ]);
  }
  // a change of the row may have put document 2 right meanwhile; the other one stays
  await until("drift is told", () => (run.status().verify!.lastPass?.extra ?? 0) === 1);
  expect(run.troubles).toEqual([
    "documents differ from their rows: `tailrace verify --repair` writes them",
  ]);
  await run.caughtUp();
  await runVerify(pipeline.config, { repair: true });
  const tables = [{ database: db.name, table: "hot", index }];
  const oracle = await verifyTables({ mysql: db.url, elasticsearch: target.url, tables });
  expect(oracle.differences).toEqual([]);
  await until("drift is gone", () => run.status().verify!.lastPass?.extra === 0);
  expect(run.news).toContain("documents agree with their rows again");
}, 120_000);

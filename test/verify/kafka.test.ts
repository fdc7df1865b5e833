import { expect, test } from "vitest";
import { openTestTarget } from "../support/elasticsearch.ts";
import { createTestCapture } from "../support/capture-pipeline.ts";
import { openTestTopics } from "../support/kafka-topics.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { createTestSync } from "../support/sync-pipeline.ts";
import { until } from "../support/until.ts";
import { verifyTables } from "../support/verify.ts";
import { briefly, runVerify } from "./scene.ts";

test("with Kafka between, changes on their way are waited for, and damage is found and repaired", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await using topics = openTestTopics();
  await db.query("create table items (id int primary key, v int)");
  const index = `${target.prefix}items`;
  const rules = `[[rules]]\nname = "items"\ntable = "${db.name}.items"\nindex = "${index}"\n`;
  await using capture = await createTestCapture({ db, topics, rules });
  await using capturing = await capture.start();
  await db.query(
    "insert into items with recursive n as (select 1 i union all select i + 1 from n where i < 300) select i, i from n",
  );
  const topic = `${topics.prefix}items`;
  await until("there are records", async () => (await capture.records("items")).length > 0);
  await using sync = await createTestSync({
    topics,
    names: [topic],
    target,
    rules,
    source: `mysql = "${db.url.href}"`,
    top: '[verify]\ncontinuous = "10000 rows/s"',
  });
  await using syncing = await sync.start({ capture: capture.config });
  const verify = (request: { readonly repair?: boolean } = {}) =>
    runVerify(sync.config, { ...request, capture: capture.config });

  await until("there are documents", async () => (await target.all(index)).length > 0);
  // whatever is on its way has arrived before anything is judged
  await db.query("update items set v = v + 1 where id % 2 = 0; delete from items where id = 300");
  const clean = await verify();
  expect(clean).toMatchObject({ differences: [], unsettled: 0, stuckAt: null });
  expect(clean.tables).toMatchObject([{ rows: 299, documents: 299 }]);

  expect((await target.request("DELETE", `${index}/_doc/1`)).status).toBe(200);
  await target.request("PUT", `${index}/_doc/2`, { id: 2, v: 2 });
  await target.request("PUT", `${index}/_doc/3`, { v: "3" });
  await target.request("PUT", `${index}/_doc/300`, { id: 300, v: 300 });
  await until(
    "drift is told",
    () => syncing.status().verify?.lastPass?.byRule.some(({ documents }) => documents > 0) === true,
    { timeoutMs: 60_000 },
  );
  const damage = ["different 3", "extra 300", "missing 1", "stale 2"];
  const found = await verify({ repair: true });
  expect(briefly(found.differences)).toEqual(damage);
  expect(found.repaired).toBe(4);
  const tables = [{ database: db.name, table: "items", index }];
  const oracle = await verifyTables({ mysql: db.url, elasticsearch: target.url, tables });
  expect(oracle.differences).toEqual([]);
  expect(capturing.troubles).toEqual([]);
  // the first pass may come while the index is being made
  expect(syncing.troubles.filter((each) => !each.includes("no_shard_available"))).toEqual([
    "documents differ from their rows: `tailrace verify --repair` writes them",
  ]);
}, 120_000);

import { expect, test } from "vitest";
import { openTestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { createTestPipeline } from "../support/pipeline.ts";
import { until } from "../support/until.ts";
import { verifyTables } from "../support/verify.ts";
import { churn, loaded } from "./load-scene.ts";

const ROWS = 4000;
const SLOWLY = '[load]\nconnections = 2\nchunk_size = "4KiB"\nmax_rows_per_second = 2500\n';

test.each(["mysql", "mariadb"] as const)(
  "a table that is altered, emptied and filled again while it is loaded ends equal: %s",
  async (server) => {
    await using db = await openTestDatabase(server);
    await using target = await openTestTarget();
    await db.query("create table items (id int primary key, note varchar(40), old_note text)");
    const fill = async (from: number): Promise<void> => {
      const rows = Array.from({ length: ROWS }, (_, i) => `(${from + i}, 'item ${i}', 'old')`);
      await db.query(`insert into items values ${rows.join(",")}`);
    };
    await fill(1);
    const index = `${target.prefix}items`;
    await using pipeline = await createTestPipeline({
      db,
      target,
      begin: "",
      more: SLOWLY,
      rules: `[[rules]]\ntable = "${db.name}.items"\nindex = "${index}"\non_truncate = "delete"\n`,
    });
    await using run = await pipeline.start();
    const rows = (): number => run.status().loads[0]?.rows ?? 0;
    await until("some rows are loaded", () => rows() > 500);
    await using changes = await churn(
      db,
      (n) =>
        `update items set note = 'changed ${n}' where id = ${1 + ((n * 7919) % ROWS)}; insert ignore into items (id, note) values (${n % 50}, 'small')`,
      1,
    );
    await db.query("alter table items modify note varchar(80), add extra int");
    await until("more rows are loaded", () => rows() > 1500);
    await db.query("truncate items");
    await db.query("alter table items drop old_note");
    await until("the stream goes on", () => changes.count > 40);
    await loaded(run);
    await changes[Symbol.asyncDispose]();
    await run.caughtUp();
    const { differences, tables } = await verifyTables({
      mysql: db.url,
      elasticsearch: target.url,
      tables: [{ database: db.name, table: "items", index }],
    });
    expect(differences).toEqual([]);
    expect(tables[0]?.rows).toBeGreaterThan(0);
  },
);

test("a table that appears while the log is read counts as loaded", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await using pipeline = await createTestPipeline({
    db,
    target,
    begin: "",
    rules: `[[rules]]\ntable = "${db.name}.items_*"\nindex = "${target.prefix}items"\n`,
  });
  {
    await using run = await pipeline.start();
    await db.query(
      "create table items_1 (id int primary key); insert into items_1 values (1), (2)",
    );
    await run.caughtUp();
  }
  expect(await pipeline.checkpoint()).toMatchObject({
    loads: [{ table: "items_1", state: "done", rows: 0 }],
  });
  await db.query("create table items_2 (id int primary key); insert into items_2 values (3)");
  await using run = await pipeline.start();
  await loaded(run);
  await run.caughtUp();
  const documents = await target.all(`${target.prefix}items`);
  expect(documents.map(({ _id }) => _id).toSorted()).toEqual(["1", "2", "3"]);
  expect(run.troubles).toEqual([]);
});

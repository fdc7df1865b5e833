import { expect, test } from "vitest";
import { openTestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { createTestPipeline } from "../support/pipeline.ts";
import { until } from "../support/until.ts";
import { loaded } from "./load-scene.ts";

const ROWS = 2000;
const SLOWLY = '[load]\nconnections = 1\nchunk_size = "4KiB"\nmax_rows_per_second = 2000\n';

test("a row whose key moves behind the load's progress has its document, although no column of the rule changes", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query(
    "create table items (id int primary key, code varchar(20) not null unique, note varchar(40))",
  );
  const rows = Array.from({ length: ROWS }, (_, i) => `(${i + 1}, 'c${i + 1}', 'item')`);
  await db.query(`insert into items values ${rows.join(",")}`);
  const index = `${target.prefix}items`;
  await using pipeline = await createTestPipeline({
    db,
    target,
    begin: "",
    more: SLOWLY,
    rules: `[[rules]]\ntable = "${db.name}.items"\nindex = "${index}"\nid = "{code}"\nfields = { exclude = ["id"] }\n`,
  });
  await using run = await pipeline.start();
  await until("some rows are loaded", () => (run.status().loads[0]?.rows ?? 0) > 100);
  await db.query(`update items set id = -id where id > ${ROWS - 50}`);
  await loaded(run);
  await run.caughtUp();
  const documents = await target.all(index);
  expect(documents.length).toBe(ROWS);
});

test.each(["mysql", "mariadb"] as const)(
  "a column that is added while a table is loaded is in what is loaded from then on, and what the stream wrote of it stays: %s",
  async (server) => {
    await using db = await openTestDatabase(server);
    await using target = await openTestTarget();
    await db.query("create table items (id int primary key, note varchar(40))");
    const rows = Array.from({ length: ROWS }, (_, i) => `(${i + 1}, 'item')`);
    await db.query(`insert into items values ${rows.join(",")}`);
    const index = `${target.prefix}items`;
    await using pipeline = await createTestPipeline({
      db,
      target,
      begin: "",
      more: SLOWLY,
      rules: `[[rules]]\ntable = "${db.name}.items"\nindex = "${index}"\n`,
    });
    await using run = await pipeline.start();
    await until("some rows are loaded", () => (run.status().loads[0]?.rows ?? 0) > 100);
    await db.query(`
      alter table items add extra int not null default 5;
      update items set extra = 7 where id > ${ROWS - 50}`);
    await loaded(run);
    await run.caughtUp();
    const last = await target.get(index, String(ROWS));
    expect(last).toMatchObject({ _source: { extra: 7 } });
    expect(await target.get(index, String(ROWS - 60))).toMatchObject({ _source: { extra: 5 } });
  },
);

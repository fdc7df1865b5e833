import { expect, test } from "vitest";
import { openTestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { createTestPipeline } from "../support/pipeline.ts";
import { until } from "../support/until.ts";
import { verifyTables } from "../support/verify.ts";
import { loaded } from "./load-scene.ts";

const ROWS = 1000;

test.each(["mysql", "mariadb"] as const)(
  "an XA transaction that is prepared while a table is loaded and committed afterwards is in the documents: %s",
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
      more: '[load]\nconnections = 2\nchunk_size = "4KiB"\nmax_rows_per_second = 1500\n',
      rules: `[[rules]]\ntable = "${db.name}.items"\nindex = "${index}"\n`,
    });
    await using run = await pipeline.start();
    await until("some rows are loaded", () => (run.status().loads[0]?.rows ?? 0) > 100);
    await db.query(`
      xa start '${db.name}';
      update items set note = 'changed' where id > ${ROWS - 20};
      delete from items where id = ${ROWS - 30};
      update items set id = -id where id = ${ROWS - 31};
      insert into items values (-1, 'new');
      xa end '${db.name}';
      xa prepare '${db.name}'`);
    try {
      await loaded(run);
    } finally {
      await db.query(`xa commit '${db.name}'`);
    }
    await run.caughtUp();
    const { differences } = await verifyTables({
      mysql: db.url,
      elasticsearch: target.url,
      tables: [{ database: db.name, table: "items", index }],
    });
    expect(differences).toEqual([]);
    expect(run.troubles).toEqual([]);
  },
);

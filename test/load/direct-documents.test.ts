import { expect, test } from "vitest";
import { openTestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { createTestPipeline } from "../support/pipeline.ts";
import { createRandom } from "../../scripts/support/random.ts";
import { SEED } from "../support/seed.ts";
import { verifyTables } from "../support/verify.ts";
import { churn, loaded } from "./load-scene.ts";

/** Slow enough that many chunks lie among the changes. */
const SLOWLY = '[load]\nconnections = 3\nchunk_size = "4KiB"\nmax_rows_per_second = 3000\n';

test("parts of one document from two tables are loaded beside the stream, which carries no versions", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query(`
    create table users (id int primary key, name varchar(20));
    create table scores (user_id int primary key, points int);
    create view both_parts as select u.id, u.name, s.points from users u left join scores s on s.user_id = u.id;
    set session cte_max_recursion_depth = 10000;
    insert into users with recursive n (i) as (select 1 union all select i + 1 from n where i < 2000) select i, concat('user ', i) from n;
    insert into scores select id, id * 10 from users`);
  const index = `${target.prefix}profile`;
  await using pipeline = await createTestPipeline({
    db,
    target,
    begin: "",
    more: SLOWLY,
    rules: `[[rules]]
name = "profile"
index = "${index}"
upsert = true
on_delete = "delete"
id = ["id"]
query = "select id, name from ${db.name}.users"
[[rules]]
name = "points"
index = "${index}"
upsert = true
on_delete = "clear"
id = ["user_id"]
query = "select points from ${db.name}.scores"
`,
  });
  const random = createRandom(SEED, "parts of documents");
  {
    await using run = await pipeline.start();
    await using changes = await churn(db, (n) => {
      const id = random.integer(1, 2000);
      return [
        `update users set name = 'changed ${n}' where id = ${id}`,
        `update scores set points = ${-n} where user_id = ${id}`,
        `delete from scores where user_id = ${id}`,
        `insert into scores select id, ${n} from users where id = ${id}`,
      ][n % 4]!;
    });
    await loaded(run);
    expect(changes.count).toBeGreaterThan(20);
    await changes[Symbol.asyncDispose]();
    await run.caughtUp();
    expect(run.troubles).toEqual([]);
  }
  const { differences } = await verifyTables({
    mysql: db.url,
    elasticsearch: target.url,
    tables: [{ database: db.name, table: "both_parts", index, id: ["id"] }],
  });
  expect(differences).toEqual([]);
});

test.each(["mysql", "mariadb"] as const)(
  "rows deleted while they are loaded stay deleted in an index that forgets deletes at once: %s",
  async (server) => {
    await using db = await openTestDatabase(server);
    await using target = await openTestTarget();
    await db.query(
      "create table items (id int primary key, shelf int, note varchar(40), unique key by_shelf (shelf, id))",
    );
    for (let from = 1; from < 3000; from += 500)
      await db.query(
        `insert into items values ${Array.from({ length: 500 }, (_, i) => `(${from + i}, ${i % 7}, 'item ${from + i}')`).join(",")}`,
      );
    const index = `${target.prefix}items`;
    await target.request("PUT", index, {
      settings: {
        "index.gc_deletes": "0s",
        refresh_interval: "20ms",
        number_of_shards: 1,
        number_of_replicas: 0,
      },
      mappings: { dynamic: false },
    });
    await using pipeline = await createTestPipeline({
      db,
      target,
      begin: "",
      more: SLOWLY,
      rules: `[[rules]]\ntable = "${db.name}.items"\nindex = "${index}"\n`,
    });
    const random = createRandom(SEED, "deleted rows");
    await using run = await pipeline.start();
    await using changes = await churn(db, (n) => {
      const id = random.integer(1, 3000);
      return [
        `delete from items where id between ${id} and ${id + 2}`,
        `update items set note = 'changed ${n}', shelf = ${n % 5} where id = ${id}`,
        `insert into items values (${id}, 1, 'again') on duplicate key update note = 'again'`,
        `update items set id = ${3000 + n} where id = ${id}`,
      ][n % 4]!;
    });
    await loaded(run);
    await changes[Symbol.asyncDispose]();
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

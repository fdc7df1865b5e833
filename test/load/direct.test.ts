import { expect, test } from "vitest";
import { openTestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { createTestPipeline } from "../support/pipeline.ts";
import { verifyTables } from "../support/verify.ts";
import { loaded } from "./load-scene.ts";

test("tables that were there before are loaded while they change, whatever their key", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query(
    `
    create table plain (id int primary key, name varchar(40), price decimal(10,2));
    create table composite (b varchar(20), a int unsigned, c datetime(3), note text, primary key (a, b));
    create table bytes_key (k varbinary(16) primary key, v bigint);
    set session cte_max_recursion_depth = 100000;
    insert into plain with recursive n (i) as (select 1 union all select i + 1 from n where i < 20000)
      select i, concat('name ', i), i / 7 from n;
    insert into composite with recursive n (i) as (select 1 union all select i + 1 from n where i < 5000)
      select concat('b', i % 13), 4000000000 - i, '2026-01-02 03:04:05.678', if(i % 3, 'ä"\\\\', null) from n;
    insert into bytes_key with recursive n (i) as (select 1 union all select i + 1 from n where i < 3000)
      select left(unhex(sha2(i, 256)), 16), 9223372036854775807 - i from n on duplicate key update v = 0`.replace(
      "unhex(sha1(i))",
      "left(unhex(sha1(i)), 16)",
    ),
  );
  const tables = ["plain", "composite", "bytes_key"];
  await using pipeline = await createTestPipeline({
    db,
    target,
    begin: "",
    more: '[load]\nconnections = 2\nchunk_size = "64KiB"\n',
    rules: tables
      .map(
        (table) => `[[rules]]\ntable = "${db.name}.${table}"\nindex = "${target.prefix}${table}"\n`,
      )
      .join(""),
  });
  await using run = await pipeline.start();
  expect(run.status().loads.length).toBe(3);
  for (let i = 0; i < 200 && run.status().loads.some(({ state }) => state !== "done"); i++) {
    const id = 1 + ((i * 7919) % 20000);
    await db.query(`
      update plain set name = 'changed ${i}' where id = ${id};
      delete from plain where id = ${id + 1};
      update ignore plain set id = id + 100000 where id = ${id + 2};
      insert into plain values (${-i}, 'new', 1);
      update composite set b = concat(b, '-') where a = 4000000000 - ${1 + ((i * 31) % 5000)};
      delete from bytes_key where k = left(unhex(sha2(${i}, 256)), 16)`);
  }
  await loaded(run);
  await run.caughtUp();
  const result = await verifyTables({
    mysql: db.url,
    elasticsearch: target.url,
    tables: tables.map((table) => ({
      database: db.name,
      table,
      index: `${target.prefix}${table}`,
      ...(table === "composite" && { id: ["a", "b"] }),
    })),
  });
  expect(result.differences).toEqual([]);
  // the server of tests has no scaled_float
  expect(run.troubles.filter((line) => !line.includes("does not know a field type"))).toEqual([]);
  expect(run.status().loads.map(({ rows }) => rows > 2000)).toEqual([true, true, true]);
});

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

test("values of every kind are loaded as the stream writes them", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query(`create table kinds (
      id bigint unsigned primary key, t tinyint, s smallint unsigned, m mediumint, i int, b bit(10), y year,
      d decimal(30,10), f float, g double, da date, dt datetime(6), ts timestamp(3) null, ti time(2),
      c char(5), v varchar(30) character set latin1, x text, bi binary(4), bl blob, j json,
      e enum('a','b''c','ü'), st set('x','y','z')) character set utf8mb4`);
  await db.query(
    `insert into kinds values
      (18446744073709551615, -128, 65535, -8388608, -2147483648, b'1000000001', 2155, -12345678901234567890.0123456789, 1.1, -1e-300,
        '9999-12-31', '2026-11-24 00:01:02.345678', '2026-11-24 00:01:02.345', '-838:59:59.00', 'ab', 'Ärger', 'line\\n"quoted"\\\\', x'00ff0001', x'deadbeef',
        '{"a": [1, 2.50, null, true, "ü"], "big": 12345678901234567}', 'b''c', 'x,z'),
      (0, 127, 0, 8388607, 2147483647, b'0', 1901, 0, 3.4e38, 1.7976931348623157e308, '1000-01-01', '1000-01-01', '1970-01-01 00:00:01', '00:00:00', '', '', '', x'', x'', '[]', 'ü', ''),
      (7, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null)`,
  );
  const index = `${target.prefix}kinds`;
  await using pipeline = await createTestPipeline({
    db,
    target,
    begin: "",
    rules: `[[rules]]\ntable = "${db.name}.kinds"\nindex = "${index}"\n`,
  });
  await using run = await pipeline.start();
  await loaded(run);
  const verify = () =>
    verifyTables({
      mysql: db.url,
      elasticsearch: target.url,
      tables: [{ database: db.name, table: "kinds", index }],
    });
  expect((await verify()).differences).toEqual([]);
  const fromLoad = await target.all(index);
  // now the stream writes them
  await db.query(
    "update kinds set i = ifnull(i, 0) div 2 where id > 0; update kinds set i = 3 where id = 0",
  );
  await run.caughtUp();
  expect((await verify()).differences).toEqual([]);
  const withoutI = (documents: typeof fromLoad): object[] =>
    documents
      .toSorted((one, other) => one._id.localeCompare(other._id))
      .map(({ _id, _source }) => ({ _id, ..._source, i: 0 }));
  expect(withoutI(await target.all(index))).toEqual(withoutI(fromLoad));
});

test("a table that cannot be loaded stops neither the others nor the stream", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query(
    "create table keyless (a int not null, b int); insert into keyless values (1, 1); create table fine (id int primary key); insert into fine values (1), (2)",
  );
  await using pipeline = await createTestPipeline({
    db,
    target,
    begin: "",
    rules: ["keyless", "fine"]
      .map(
        (table) =>
          `[[rules]]\ntable = "${db.name}.${table}"\nindex = "${target.prefix}${table}"\n${table === "keyless" ? 'id = ["a"]\n' : ""}`,
      )
      .join(""),
  });
  await using run = await pipeline.start();
  await expect(loaded(run)).rejects.toThrow("SNAPSHOT_NO_KEY");
  await db.query("insert into keyless values (2, 2)");
  await run.caughtUp();
  expect(await target.get(`${target.prefix}keyless`, "2")).not.toBeNull();
  expect(await target.all(`${target.prefix}fine`)).toHaveLength(2);
  expect(run.troubles).toEqual([expect.stringContaining("SNAPSHOT_NO_KEY")]);
});

import { expect, test } from "vitest";
import { openTestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { createTestPipeline } from "../support/pipeline.ts";
import { until } from "../support/until.ts";
import type { VerifyRequest } from "../../src/pipeline/verify/open-verification.ts";
import { appliedBy, briefly, runVerify } from "./scene.ts";

test("indices, ids and routings that rows choose, conditions, several tables in an index: all are compared, and repaired", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  const rows = "with recursive n as (select 1 i union all select i + 1 from n where i < 60)";
  await db.query(
    `create table orders (id int primary key, y int, c varchar(10), hidden int);
     create table a_people (id int primary key, code varchar(20) not null, name varchar(20));
     create table b_people (id int primary key, code varchar(20) not null, name varchar(20));
     insert into orders ${rows} select i, 2020 + i % 3, concat('c', i % 5), i % 10 = 0 from n;
     insert into a_people ${rows} select i, concat('A:', i), 'a' from n;
     insert into b_people ${rows} select i, concat('B"', i), 'b' from n`,
  );
  const orders = `${target.prefix}orders`;
  const people = `${target.prefix}people`;
  await using pipeline = await createTestPipeline({
    db,
    target,
    begin: "",
    rules: `
[[rules]]
name = "orders"
query = "SELECT id, y, c, concat(c, '-', id) AS label FROM ${db.name}.orders WHERE hidden = 0"
index = "${orders}-{y}"
id = "o{id}"
routing = "{c}"
[[rules]]
name = "people"
table = "${db.name}.*_people"
index = "${people}"
id = ["code"]
`,
  });
  await using run = await pipeline.start();
  await run.caughtUp();
  const verify = (request: Partial<VerifyRequest> = {}) =>
    runVerify(pipeline.config, { ...request, applied: appliedBy(run) });
  await until("loaded", () => run.status().loads.every(({ state }) => state === "done"));
  expect(run.troubles).toEqual([]);
  const clean = await verify();
  expect(clean).toMatchObject({ differences: [], unsettled: 0, stuckAt: null, failures: [] });
  expect(clean.tables.map(({ rule, rows: read, documents }) => [rule, read, documents])).toEqual([
    ["people", 60, 60],
    ["people", 60, 60],
    ["orders", 60, 54],
  ]);
  expect(
    new Map(clean.indices.map(({ index, documents, reason }) => [index, documents ?? reason])),
  ).toEqual(
    new Map([
      [`${orders}-2020`, 18],
      [`${orders}-2021`, 18],
      [`${orders}-2022`, 18],
      [people, 120],
    ]),
  );

  const put = async (path: string, document: object) =>
    expect((await target.request("PUT", path, document)).status).toBeLessThan(300);
  const remove = async (path: string) =>
    expect((await target.request("DELETE", path)).status).toBe(200);
  // row 1: 2021, c1
  await remove(`${orders}-2021/_doc/o1?routing=c1`);
  await put(`${orders}-2021/_doc/o1?routing=c3`, { id: 1 });
  await put(`${orders}-2020/_doc/o3?routing=c3`, { id: 3, y: 2020, c: "c3", label: "old" });
  // row 10 has no document
  await put(`${orders}-2021/_doc/o10?routing=c0`, { id: 10, y: 2021, c: "c0", label: "c0-10" });
  await remove(`${people}/_doc/${encodeURIComponent("A:7")}`);
  await put(`${people}/_doc/${encodeURIComponent('B"8')}`, { id: 8 });
  await put(`${people}/_doc/nobody`, { id: 8 });

  const expected = [
    "different o1",
    "stale o3",
    "extra o10",
    "missing A:7",
    'different B"8',
    "extra nobody",
  ].toSorted();
  // so few places are remembered that the rows are walked many times for the documents without a row
  expect(briefly((await verify({ maxPlaces: 10 })).differences)).toEqual(expected);
  const found = await verify({ repair: true });
  expect(briefly(found.differences)).toEqual(expected);
  expect(found.repaired).toBe(expected.length);
  expect(found.differences.find(({ id }) => id === "o1")!.fields).toContainEqual({
    field: "_routing",
    expected: '"c1"',
    found: '"c3"',
  });
  expect((await verify()).differences).toEqual([]);

  const sampled = await verify({ sample: 0.2 });
  expect(sampled.differences).toEqual([]);
  for (const { rows: read } of sampled.tables) expect(read).toBe(12);
  expect(sampled.indices.every(({ documents }) => documents === null)).toBe(true);
  const some = await verify({ rule: "people" });
  expect(some.tables.map(({ rule }) => rule)).toEqual(["people", "people"]);
});

test("of documents with several owners the rule's fields are compared, and only those are repaired", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query(
    `create table main (id int primary key, name varchar(20));
     create table stock (id int primary key, amount int);
     insert into main values (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd');
     insert into stock values (1, 10), (2, 20), (3, 30), (5, 50)`,
  );
  const index = `${target.prefix}things`;
  const rule = (name: string, fields: string) =>
    `[[rules]]\nname = "${name}"\nquery = "SELECT ${fields} FROM ${db.name}.${name}"\nid = ["id"]\nindex = "${index}"\nupsert = true\non_delete = "delete"\n`;
  await using pipeline = await createTestPipeline({
    db,
    target,
    begin: "",
    rules: `${rule("main", "name")}${rule("stock", "amount")}`,
  });
  await using run = await pipeline.start();
  await run.caughtUp();
  const verify = (request: Partial<VerifyRequest> = {}) =>
    runVerify(pipeline.config, { ...request, applied: appliedBy(run) });
  await until("loaded", () => run.status().loads.every(({ state }) => state === "done"));
  expect((await verify()).differences).toEqual([]);

  await target.request("POST", `${index}/_update/1`, { doc: { amount: 11 } });
  await target.request("POST", `${index}/_update/2`, { doc: { name: "z" } });
  await target.request("DELETE", `${index}/_doc/5`);
  const found = await verify({ repair: true });
  expect(
    found.differences.map(({ kind, rules, id }) => `${kind} ${rules.join()} ${id}`).toSorted(),
  ).toEqual(["missing stock 5", "stale main 2", "stale stock 1"]);
  expect(found.repaired).toBe(3);
  expect((await target.get(index, "1"))?._source).toMatchObject({
    amount: 10,
    name: "a",
  });
  expect(found.indices[0]!.reason).toMatch(/other owners/);
  expect((await verify()).differences).toEqual([]);
});

test("what the stream has not passed is not settled, and said so; without a stream rows are compared as they are", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query("create table t (id int primary key, v int); insert into t values (1, 1), (2, 2)");
  const index = `${target.prefix}t`;
  await using pipeline = await createTestPipeline({
    db,
    target,
    begin: "",
    more: '[verify]\nsettle_timeout = "500ms"',
    rules: `[[rules]]\ntable = "${db.name}.t"\nindex = "${index}"\n`,
  });
  {
    await using run = await pipeline.start();
    await run.caughtUp();
    await until("loaded", () => run.status().loads.every(({ state }) => state === "done"));
  }
  await db.query(
    "update t set v = 3 where id = 1; insert into t values (4, 4); delete from t where id = 2",
  );
  const behind = await runVerify(pipeline.config);
  expect(behind).toMatchObject({ differences: [], unsettled: 3 });
  expect(behind.stuckAt).not.toBeNull();
  const asIs = await runVerify(pipeline.config, { noSettle: true });
  expect(briefly(asIs.differences)).toEqual(["extra 2", "missing 4", "stale 1"]);
  await using run = await pipeline.start();
  await run.caughtUp();
  expect(await runVerify(pipeline.config)).toMatchObject({ differences: [], unsettled: 0 });
});

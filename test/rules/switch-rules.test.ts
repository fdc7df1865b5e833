import { expect, test } from "vitest";
import { configFingerprint } from "../../src/config/fingerprint.ts";
import { ReloadRequests } from "../../src/pipeline/reload-requests.ts";
import { openTestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { createTestPipeline } from "../support/pipeline.ts";
import { openProxy } from "../support/proxy.ts";
import { until } from "../support/until.ts";

test("an idle pipeline switches at once: tables that were ignored are captured, others are left alone", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query(
    "create table a (id int primary key, v int); create table b (id int primary key, v int); create table c (id int primary key, v int)",
  );
  const { prefix } = target;
  const rule = (table: string, more = ""): string =>
    `[[rules]]\nname = "${table}"\ntable = "${db.name}.${table}"\nindex = "${prefix}${table}"\n${more}\n`;
  await using pipeline = await createTestPipeline({
    db,
    target,
    rules: rule("a") + rule("c"),
  });
  const ids = async (table: string): Promise<string[]> =>
    (await target.all(`${prefix}${table}`)).map(({ _id }) => _id).toSorted();
  const next = pipeline.withRules(rule("a", 'where = "v > 1"') + rule("b"));
  {
    const reloads = new ReloadRequests();
    await using run = await pipeline.start({ reloads });
    // all of them are seen, one of them is ignored
    await db.query(
      "insert into a values (1, 1); insert into b values (1, 1); insert into c values (1, 1)",
    );
    await run.caughtUp();

    const bad = pipeline.withRules(rule("a", 'where = "nothing > 1"'));
    await expect(reloads.ask(bad.config)).rejects.toMatchObject({ code: "RULE_COLUMN_UNKNOWN" });
    const unsupported = pipeline.withRules(rule("a", 'where = "v > rand()"'));
    await expect(reloads.ask(unsupported.config)).rejects.toMatchObject({
      code: "RULE_EXPRESSION_UNSUPPORTED",
    });
    await db.query("insert into a values (2, 1)");
    await run.caughtUp();
    expect(await ids("a")).toEqual(["1", "2"]);

    expect(
      (await reloads.ask(next.config)).changes.map(({ rule: name, change }) => [name, change]),
    ).toEqual(
      expect.arrayContaining([
        ["a", "changed"],
        ["b", "added"],
        ["c", "removed"],
      ]),
    );
    await db.query(
      "insert into a values (3, 1), (4, 2); insert into b values (2, 1); insert into c values (2, 1); update a set v = 0 where id = 2",
    );
    await run.caughtUp();
    expect(await ids("a")).toEqual(["1", "2", "4"]);
    expect(await ids("b")).toEqual(["2"]);
    expect(await ids("c")).toEqual(["1"]);
    expect(run.troubles).toEqual([]);
  }
  // the checkpoint is one of the new rules
  await db.query("insert into b values (3, 1)");
  await using run = await next.start();
  await run.caughtUp();
  expect(await ids("b")).toEqual(["2", "3"]);
});

test("a switch waits for the end of the transaction in hand", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query("create table t (id int primary key, v int)");
  const index = `${target.prefix}t`;
  const rule = (expression: string): string =>
    `[[rules]]\nname = "t"\nindex = "${index}"\nquery = "select id, ${expression} as v from ${db.name}.t"\n`;
  await using pipeline = await createTestPipeline({ db, target, rules: rule("v + 1") });
  const reloads = new ReloadRequests();
  await using run = await pipeline.start({ reloads });
  const rows = (from: number): string =>
    Array.from({ length: 5_000 }, (_, i) => `(${from + i}, 0)`).join(", ");
  // one transaction of many events, read while the rules are asked for
  const writing = db.query(
    `start transaction; insert into t values ${rows(0)}; insert into t values ${rows(5_000)}; insert into t values ${rows(10_000)}; commit`,
  );
  await reloads.ask(pipeline.withRules(rule("v + 2")).config);
  await writing;
  await db.query("insert into t values (20000, 0)");
  await run.caughtUp();
  const found = await target.all(index);
  const values = new Set(
    found.filter(({ _id }) => _id !== "20000").map(({ _source }) => _source["v"]),
  );
  expect(found).toHaveLength(15_001);
  expect(values.size, "one set of rules wrote the transaction").toBe(1);
  expect(found.find(({ _id }) => _id === "20000")?._source["v"]).toBe(2);
});

test("rules that need a new index wait for an Elasticsearch that is away; the stream goes on meanwhile", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await using proxy = await openProxy(target.url);
  await db.query("create table t (id int primary key, v int)");
  const rule = (index: string): string =>
    `[[rules]]\nname = "t"\nindex = "${target.prefix}${index}"\ntable = "${db.name}.t"\n`;
  await using pipeline = await createTestPipeline({
    db,
    target,
    rules: rule("old"),
    elasticsearchUrl: proxy.url,
  });
  const reloads = new ReloadRequests();
  await using run = await pipeline.start({ reloads });
  await db.query("insert into t values (1, 1)");
  await run.caughtUp();
  await proxy.refuse();
  proxy.cut();
  let isSwitched = false;
  const answer = reloads.ask(pipeline.withRules(rule("new")).config).then((given) => {
    isSwitched = true;
    return given;
  });
  await until("the preparation waits", () => run.status().sink.waitingFor !== null);
  const { actionsTaken } = run.status();
  await db.query("insert into t values (2, 2)");
  await until("rows are taken", () => run.status().actionsTaken > actionsTaken);
  expect(isSwitched).toBe(false);
  await proxy.accept();
  expect(await answer).toMatchObject({ needsReload: true });
  await db.query("insert into t values (3, 3)");
  await run.caughtUp();
  const ids = async (index: string): Promise<string[]> =>
    (await target.all(`${target.prefix}${index}`)).map(({ _id }) => _id).toSorted();
  expect(await ids("old")).toEqual(["1", "2"]);
  expect(await ids("new")).toEqual(["3"]);
});

test("who is told that rules are in force can kill the process at once: it starts again under them", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query("create table t (id int primary key, v int)");
  const rule = (index: string): string =>
    `[[rules]]\nname = "t"\ntable = "${db.name}.t"\nindex = "${target.prefix}${index}"\n`;
  await using pipeline = await createTestPipeline({ db, target, rules: rule("a") });
  const next = pipeline.withRules(rule("b"));
  const reloads = new ReloadRequests();
  await using run = await pipeline.start({ reloads });
  await reloads.ask(next.config);
  expect((await pipeline.checkpoint())["fingerprint"]).toBe(configFingerprint(next.config));
  await run.caughtUp();
});

test("rules are checked against tables as they are: a new column is known before its first row, a table that was dropped is no hindrance", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query(
    "create table s_1 (id int primary key, a int); create table s_2 (id int primary key, a int)",
  );
  const rule = (column: string): string =>
    `[[rules]]\nname = "s"\nindex = "${target.prefix}s"\nquery = "select id, ${column} as v from ${db.name}.s_%"\n`;
  await using pipeline = await createTestPipeline({ db, target, rules: rule("a") });
  const reloads = new ReloadRequests();
  await using run = await pipeline.start({ reloads });
  await db.query("insert into s_1 values (1, 1); insert into s_2 values (2, 1)");
  await run.caughtUp();
  await db.query("drop table s_1; alter table s_2 add column b int default 5");
  await run.caughtUp();
  await reloads.ask(pipeline.withRules(rule("b")).config);
  await db.query("insert into s_2 values (3, 1, 6)");
  await run.caughtUp();
  const found = await target.all(`${target.prefix}s`);
  expect(found.map(({ _id, _source }) => `${_id} ${String(_source["v"])}`).toSorted()).toEqual([
    "1 1",
    "2 1",
    "3 6",
  ]);
});

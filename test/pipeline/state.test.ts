import { rm } from "node:fs/promises";
import { expect, test } from "vitest";
import { openTestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { createTestPipeline } from "../support/pipeline.ts";

test("a pipeline whose state was lost begins with higher versions than the index has", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query("create table t (id int primary key, v int)");
  const index = `${target.prefix}t`;
  const rules = `[[rules]]\ntable = "${db.name}.t"\nindex = "${index}"\n`;
  await using pipeline = await createTestPipeline({ db, target, rules });
  {
    await using run = await pipeline.start();
    await db.query("insert into t values (1, 1)");
    await run.caughtUp();
  }
  await rm(pipeline.statePath, { recursive: true });
  await using run = await pipeline.start();
  await db.query("update t set v = 2");
  await run.caughtUp();
  const document = await target.get(index, "1");
  expect(document?._source["v"]).toEqual(2);
  expect(document!._version >> 55n).toBe(1n);
  expect(run.status().sink.conflicts).toBe(0);
});

test("checkpoint and dead letters live in indices where the configuration says so", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query("create table t (id int primary key, v varchar(9))");
  const index = `${target.prefix}t`;
  await target.request("PUT", `/${index}`, {
    mappings: { properties: { v: { type: "integer" } } },
  });
  const pipelineOptions = {
    db,
    target,
    rules: `[[rules]]\ntable = "${db.name}.t"\nindex = "${index}"\ncreate_index = false\n`,
    state: `type = "elasticsearch"\nindex = "${target.prefix}state"`,
    more: `[dead_letters]\ntype = "elasticsearch"\nindex = "${target.prefix}dead"`,
  };
  await using pipeline = await createTestPipeline(pipelineOptions);
  {
    await using run = await pipeline.start();
    await db.query("insert into t values (1, '1'), (2, 'x')");
    await run.caughtUp();
  }
  await db.query("insert into t values (3, '3')");
  {
    await using run = await pipeline.start();
    await run.caughtUp();
  }
  expect((await target.all(index)).map((document) => document._id).toSorted()).toEqual(["1", "3"]);
  expect((await target.all(`${target.prefix}dead`)).map((letter) => letter._source["id"])).toEqual([
    "2",
  ]);
});

test("rules that name another index than the checkpoint's are refused until they are accepted", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query("create table t (id int primary key)");
  const rule = (index: string): string =>
    `[[rules]]\ntable = "${db.name}.t"\nindex = "${target.prefix}${index}"\n`;
  await using pipeline = await createTestPipeline({ db, target, rules: rule("a") });
  await (await pipeline.start())[Symbol.asyncDispose]();
  const changed = pipeline.withRules(rule("b"));
  await expect(changed.start()).rejects.toMatchObject({ code: "CONFIG_RULES_CHANGED" });
  await using run = await changed.start({ acceptChanges: true });
  expect(run.troubles).toEqual([]);
});

test("a second process with the same checkpoint is refused", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  const rules = `[[rules]]\ntable = "${db.name}.t"\nindex = "${target.prefix}t"\n`;
  await using pipeline = await createTestPipeline({ db, target, rules });
  await using first = await pipeline.start();
  await expect(pipeline.start()).rejects.toMatchObject({ code: "STATE_FOREIGN" });
  expect(first.troubles).toEqual([]);
});

test("without a checkpoint, a start and a load nothing is guessed", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  const rules = `[[rules]]\ntable = "${db.name}.t"\nindex = "${target.prefix}t"\n`;
  const more = '[load]\nmode = "never"\n';
  await using pipeline = await createTestPipeline({ db, target, rules, begin: "", more });
  await expect(pipeline.start()).rejects.toMatchObject({ code: "CONFIG_START_MISSING" });
});

test("a checkpoint that the server has purged is an error that names what is missing", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query("create table t (id int primary key)");
  const rules = `[[rules]]\ntable = "${db.name}.t"\nindex = "${target.prefix}t"\n`;
  await using pipeline = await createTestPipeline({ db, target, rules });
  await (await pipeline.start())[Symbol.asyncDispose]();
  const checkpoint = await pipeline.checkpoint();
  const uuid = String(checkpoint["serverUuid"]);
  await pipeline.writeCheckpoint({ ...checkpoint, gtidSet: `${uuid}:1-999999999` });
  await expect(pipeline.start()).rejects.toMatchObject({
    code: "SOURCE_POSITION_LOST",
    message: expect.stringContaining(uuid),
  });
  await pipeline.writeCheckpoint({ ...checkpoint, gtidSet: undefined, file: "binlog.999999" });
  await expect(pipeline.start()).rejects.toMatchObject({ code: "SOURCE_POSITION_LOST" });
  await pipeline.writeCheckpoint({
    ...checkpoint,
    gtidSet: undefined,
    serverUuid: "00000000-0000-0000-0000-000000000000",
  });
  await expect(pipeline.start()).rejects.toMatchObject({ code: "SOURCE_IDENTITY_CHANGED" });
});

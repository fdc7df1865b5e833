import { expect, test } from "vitest";
import { openTestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { createTestPipeline } from "../support/pipeline.ts";

test("columns of any name become fields, read at once or again by key", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  const names = [
    "__proto__",
    'a"b',
    "a\nb",
    "ünï世",
    "constructor",
    "x y",
    "*",
    " lead",
    "_x",
    "'",
  ];
  const columns = names.map((name) => `\`${name}\` int`);
  await db.query(`create table t (${columns.join(", ")}, id int primary key)`);
  const index = `${target.prefix}t`;
  const rules = `[[rules]]\ntable = "${db.name}.t"\nindex = "${index}"\n`;
  await using pipeline = await createTestPipeline({ db, target, rules });
  await using run = await pipeline.start();
  await db.query(`insert into t values (${names.map((_, i) => i).join(", ")}, 100)`);
  await run.caughtUp();
  const source = (): Promise<string> =>
    target.request("GET", `/${index}/_source/100`).then(({ body }) => JSON.stringify(body));
  const expected = (first: number): string =>
    `{${names.map((name, i) => `${JSON.stringify(name)}:${i === 0 ? first : i}`).join(",")},"id":100}`;
  expect(await source()).toBe(expected(0));
  await db.query("set session binlog_row_image = 'MINIMAL'; update t set `__proto__` = 77");
  await run.caughtUp();
  expect(await source()).toBe(expected(77));
  expect(await pipeline.deadLetters()).toEqual([]);
});

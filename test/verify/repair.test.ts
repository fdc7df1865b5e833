import { expect, test } from "vitest";
import { openTestTarget, type TestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase, type TestDatabase } from "../support/mysql.ts";
import { createTestPipeline } from "../support/pipeline.ts";
import { verifyTables } from "../support/verify.ts";
import type { VerifyRequest } from "../../src/pipeline/verify/open-verification.ts";
import { appliedBy, briefly, runVerify } from "./scene.ts";

const ROWS = 3_000;

async function createItems(db: TestDatabase): Promise<void> {
  const row = (i: string) => `${i}, concat('item "', ${i}, '"'), ${i} * 7, if(${i} % 2, "n", null)`;
  await db.query(
    `create table items (id int primary key, name varchar(40), price bigint, note varchar(40));
     insert into items with recursive n as (select 1 i union all select i + 1 from n where i < 1000) select ${row("i")} from n;
     insert into items select ${row("id + 1000")} from items;
     insert into items select ${row("id + 2000")} from items where id <= 1000`,
  );
}

const bulk = (target: TestTarget, lines: readonly unknown[]) =>
  target.request("POST", "_bulk", `${lines.map((line) => JSON.stringify(line)).join("\n")}\n`);

test.each([
  ["mysql", "another process"],
  ["mariadb", "this process"],
] as const)(
  "documents damaged by hand in all four ways are found, exactly those, and repaired, on %s by a pipeline in %s",
  async (server, place) => {
    await using db = await openTestDatabase(server);
    await using target = await openTestTarget();
    await createItems(db);
    const index = `${target.prefix}items`;
    await using pipeline = await createTestPipeline({
      db,
      target,
      begin: "",
      rules: `[[rules]]\ntable = "${db.name}.items"\nindex = "${index}"\n`,
    });
    const oracle = () =>
      verifyTables({
        mysql: db.url,
        elasticsearch: target.url,
        tables: [{ database: db.name, table: "items", index }],
      });
    await using run = await pipeline.start();
    await run.caughtUp();
    await expect.poll(async () => (await oracle()).isEqual, { timeout: 20_000 }).toBe(true);
    expect(run.troubles).toEqual([]);
    const verify = (request: Partial<VerifyRequest> = {}) =>
      runVerify(pipeline.config, {
        ...request,
        ...(place === "this process" && { applied: appliedBy(run) }),
      });

    const clean = await verify();
    expect(clean).toMatchObject({ unsettled: 0, differences: [], failures: [], stuckAt: null });
    expect(clean.tables).toMatchObject([{ rows: ROWS, documents: ROWS, missing: 0, stale: 0 }]);
    expect(clean.indices).toMatchObject([{ index, documents: ROWS, extra: 0 }]);

    const source = (await target.get(index, "5"))!._source;
    const answer = await bulk(target, [
      { delete: { _index: index, _id: "1" } },
      { delete: { _index: index, _id: "2" } },
      { index: { _index: index, _id: "3" } },
      { id: 3, name: "older", price: 1, note: "n" },
      { update: { _index: index, _id: "4" } },
      { doc: { name: "changed" } },
      { index: { _index: index, _id: "5" } },
      { ...source, id: 5, price: 1, note: "n", name: 17 },
      {
        index: {
          _index: index,
          _id: "6",
          version: "9000000000000000000",
          version_type: "external",
        },
      },
      { id: 6, name: "of a version that was raised", price: 1, note: "n" },
      { index: { _index: index, _id: "foreign" } },
      { name: "nobody's" },
      { index: { _index: index, _id: `${ROWS + 7}` } },
      { id: ROWS + 7, name: "gone", price: 1, note: null },
      { delete: { _index: index, _id: "8" } },
      { index: { _index: index, _id: "8" } },
      { id: 8 },
    ]);
    expect(answer.body).toMatchObject({ errors: false });
    const expected = [
      "missing 1",
      "missing 2",
      "stale 3",
      "stale 4",
      "different 5",
      "stale 6",
      "different 8",
      "extra foreign",
      `extra ${ROWS + 7}`,
    ].toSorted();

    const found = await verify();
    expect(briefly(found.differences)).toEqual(expected);
    expect(found.unsettled).toBe(0);
    expect(found.differences.find(({ id }) => id === "4")).toMatchObject({
      table: `${db.name}.items`,
      key: { id: "4" },
      fields: [{ field: "name", expected: String.raw`"item \"4\""`, found: '"changed"' }],
    });

    const repaired = await verify({ repair: true });
    expect(briefly(repaired.differences)).toEqual(expected);
    expect(repaired.differences.map(({ repair }) => repair)).not.toContain("left");
    expect(repaired.repaired).toBe(expected.length);
    expect(await oracle()).toMatchObject({ isEqual: true });
    expect((await verify()).differences).toEqual([]);
    expect(await pipeline.deadLetters()).toEqual([]);
  },
  60_000,
);

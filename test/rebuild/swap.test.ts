import { expect, test } from "vitest";
import { openJsonClient } from "../../src/sink/client.ts";
import { createNewIndex } from "../../src/pipeline/rebuild/create-index.ts";
import { readServedIndex } from "../../src/pipeline/rebuild/served-index.ts";
import { swapAliases } from "../../src/pipeline/rebuild/swap-aliases.ts";
import {
  blockWrites,
  isWriteBlocked,
  unblockWrites,
} from "../../src/pipeline/rebuild/write-block.ts";
import { openTestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { createTestPipeline } from "../support/pipeline.ts";
import { until } from "../support/until.ts";

test("the new index takes over every alias of the old one with its properties, in one request", async () => {
  await using target = await openTestTarget();
  await using client = openJsonClient({ hosts: [target.url.origin] });
  const [name, read] = [`${target.prefix}orders`, `${target.prefix}read`];
  const [one, two] = [`${name}-1`, `${name}-2`];
  const filter = { term: { state: "open" } };
  const aliases = {
    [name]: { is_write_index: true },
    [read]: { filter, index_routing: "7", search_routing: "7" },
  };
  await target.request("PUT", one, { aliases });
  await target.request("PUT", two);
  expect(await readServedIndex(client, name)).toEqual({ index: one, isAlias: true, aliases });
  await swapAliases(client, { name, newIndex: two });
  expect(await readServedIndex(client, name)).toEqual({ index: two, isAlias: true, aliases });
  expect((await target.request("GET", `${one}/_alias`)).body).toEqual({ [one]: { aliases: {} } });
  // what was done is not done again
  await swapAliases(client, { name, newIndex: two });
  expect(await readServedIndex(client, name)).toMatchObject({ index: two });
});

test("an alias comes in the place of an index that bears its name", async () => {
  await using target = await openTestTarget();
  await using client = openJsonClient({ hosts: [target.url.origin] });
  const [name, other] = [`${target.prefix}orders`, `${target.prefix}other`];
  await target.request("PUT", name, { aliases: { [other]: {} } });
  await target.request("PUT", `${name}-1`);
  expect(await readServedIndex(client, name)).toMatchObject({ index: name, isAlias: false });
  await swapAliases(client, { name, newIndex: `${name}-1` });
  expect(await readServedIndex(client, name)).toEqual({
    index: `${name}-1`,
    isAlias: true,
    aliases: { [name]: {}, [other]: {} },
  });
});

test("an alias of several indices, and a data stream, cannot be rebuilt", async () => {
  await using target = await openTestTarget();
  await using client = openJsonClient({ hosts: [target.url.origin] });
  const name = `${target.prefix}orders`;
  await target.request("PUT", `${name}-1`, { aliases: { [name]: { is_write_index: true } } });
  await target.request("PUT", `${name}-2`, { aliases: { [name]: {} } });
  await expect(readServedIndex(client, name)).rejects.toMatchObject({ code: "REBUILD_IMPOSSIBLE" });
  expect(await readServedIndex(client, `${name}-none`)).toBeNull();
});

test("settings that users gave the old index are those of the new one; the cluster's own are not", async () => {
  await using target = await openTestTarget();
  await using client = openJsonClient({ hosts: [target.url.origin] });
  const name = `${target.prefix}orders`;
  const analysis = { analyzer: { words: { type: "standard", max_token_length: "10" } } };
  const chosen = { number_of_shards: "2", number_of_replicas: "0", refresh_interval: "7s" };
  await target.request("PUT", `${name}-1`, { settings: { ...chosen, analysis } });
  await blockWrites(client, `${name}-1`);
  const indexMeta = { pipeline: "p", epoch: 3 };
  const indices = { oldIndex: `${name}-1`, newIndex: `${name}-2` };
  await createNewIndex(client, { ...indices, rules: [], indexMeta });
  const { body } = await target.request("GET", `${name}-2`);
  const { settings, mappings } = (body as Record<string, never>)[`${name}-2`]!;
  const { index } = settings as { index: Record<string, unknown> };
  expect(index).toMatchObject({ ...chosen, gc_deletes: "1h", analysis: {} });
  expect(index).not.toHaveProperty("blocks");
  expect(index).not.toHaveProperty("verified_read_only");
  expect(mappings).toMatchObject({ _meta: { tailrace: indexMeta } });
  await unblockWrites(client, `${name}-1`);
  expect(await isWriteBlocked(client, `${name}-1`)).toBe(false);
});

test("a pipeline waits while its index takes no writes, and goes on in the index that was swapped in", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await using client = openJsonClient({ hosts: [target.url.origin] });
  const name = `${target.prefix}orders`;
  await db.query("create table orders (id int primary key, state varchar(20))");
  const mapping = { properties: { id: { type: "long" }, state: { type: "keyword" } } };
  await target.request("PUT", `${name}-1`, { aliases: { [name]: {} } });
  await target.request("PUT", `${name}-2`, { mappings: mapping });
  const rules = `[[rules]]\nname = "orders"\ntable = "${db.name}.orders"\nindex = "${name}"`;
  await using pipeline = await createTestPipeline({ db, target, rules });
  await using run = await pipeline.start();
  await db.query("insert into orders values (1, 'new')");
  await run.caughtUp();
  // the mapping of an alias is that of its index
  expect((await target.get(`${name}-1`, "1"))?._source).toEqual({ id: 1, state: "new" });

  await blockWrites(client, `${name}-1`);
  await db.query("insert into orders values (2, 'new')");
  await until("the sink waits", () => run.status().sink.waitingFor !== null);
  expect(run.status().sink).toMatchObject({ rejected: 0 });
  expect(await target.get(`${name}-1`, "2")).toBeNull();

  await swapAliases(client, { name, newIndex: `${name}-2` });
  await run.caughtUp();
  expect((await target.get(`${name}-2`, "2"))?._source).toEqual({ id: 2, state: "new" });
  await db.query("delete from orders where id = 2");
  await db.query("insert into orders values (3, 'new')");
  await run.caughtUp();
  expect(await target.all(name)).toMatchObject([{ _id: "3" }]);
  expect(await pipeline.deadLetters()).toEqual([]);
  expect(run.troubles.filter((line) => !/cluster_block/.test(line))).toEqual([]);
});

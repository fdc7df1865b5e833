import { expect, test } from "vitest";
import { ReloadRequests } from "../../src/pipeline/reload-requests.ts";
import { canalRecord, type OrderRow } from "../support/canal-record.ts";
import { openTestTarget } from "../support/elasticsearch.ts";
import { openTestTopics, type TestRecord } from "../support/kafka-topics.ts";
import { createTestSync } from "../support/sync-pipeline.ts";

/** A change of an order, or of a row of another table. */
function change(type: "INSERT" | "UPDATE" | "DELETE", row: OrderRow, table = "orders"): TestRecord {
  return canalRecord(type, [row], { table });
}

test("records pass the same rules as the log, and other rules without a restart", async () => {
  await using topics = openTestTopics();
  await using target = await openTestTarget();
  const topic = `${topics.prefix}orders`;
  await topics.create(topic, 1);
  const { prefix } = target;
  const orders = `[[rules]]
name = "orders"
index = "${prefix}o-{id % 2}"
routing = "{id}"
query = "select id, concat(v, '!') as loud from shop.orders where id < 100"
`;
  await using sync = await createTestSync({ topics, names: [topic], target, rules: orders });
  const reloads = new ReloadRequests();
  await using run = await sync.start({ reloads });
  await topics.produce(topic, [
    change("INSERT", { id: 1, v: "a" }),
    change("INSERT", { id: 2, v: "b" }),
    change("INSERT", { id: 100, v: "c" }),
    change("INSERT", { id: 7, v: "i" }, "items"),
    change("UPDATE", { id: 1, v: "A" }),
    change("DELETE", { id: 2, v: "b" }),
  ]);
  await run.committed(topic, [6]);
  const idsOf = async (index: string): Promise<string[]> =>
    (await target.all(`${prefix}${index}`)).map(({ _id }) => _id).toSorted();
  expect(await target.all(`${prefix}o-1`)).toMatchObject([
    { _id: "1", _source: { id: 1, loud: "A!" } },
  ]);
  expect(await idsOf("o-0")).toEqual([]);
  expect(run.status().rows).toMatchObject({ filtered: 1, failed: 0 });

  const refused = sync.with({ rules: orders.replace("concat(v", "concat(nix") }).config;
  await expect(reloads.ask(refused)).rejects.toThrow("nix");
  const more = `${orders.replace("id < 100", "id >= 0")}[[rules]]
name = "items"
index = "${prefix}items"
id = "i{id}"
table = "shop.items"
`;
  expect(await reloads.ask(sync.with({ rules: more }).config)).toMatchObject({
    needsReload: true,
    changes: [
      { rule: "orders", change: "changed" },
      { rule: "items", change: "added" },
    ],
  });
  await topics.produce(topic, [
    change("INSERT", { id: 200, v: "d" }),
    change("INSERT", { id: 8, v: "j" }, "items"),
  ]);
  await run.committed(topic, [8]);
  expect(await idsOf("o-0")).toEqual(["200"]);
  expect(await idsOf("items")).toEqual(["i8"]);
  expect(run.troubles).toEqual([]);
});

import { expect, test } from "vitest";
import { ReloadRequests } from "../../src/pipeline/reload-requests.ts";
import { canalRecord, type OrderRow } from "../support/canal-record.ts";
import { createTestCapture } from "../support/capture-pipeline.ts";
import { openTestTarget, type TestTarget } from "../support/elasticsearch.ts";
import { openTestTopics, type TestRecord } from "../support/kafka-topics.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { createTestPipeline } from "../support/pipeline.ts";
import { createTestSync } from "../support/sync-pipeline.ts";
import { until } from "../support/until.ts";

const TABLE = `create table orders (
  id bigint primary key, status varchar(20) not null, sku varchar(20) character set latin1 collate latin1_general_cs,
  kind enum('Shop', 'web') not null, price decimal(10,2), qty int unsigned, created_at datetime not null, deleted_at datetime(3)
)`;

/** The example of the documentation: texts that are compared in a filter and in a CASE, an index by year. */
const ordersRule = (database: string, prefix: string): string => `[[rules]]
name = "orders"
index = "${prefix}orders-{year(created_at)}"
routing = "{id % 3}"
query = """
  select id, price * qty as total, upper(sku) as sku, sku = 'ab-1' as is_first, kind,
         case status when 'PAID' then 1 else 0 end as is_paid
  from ${database}.orders
  where status <> 'Cancelled' and kind in ('shop', 'WEB') and deleted_at is null
"""
`;

const CHANGES = [
  `insert into orders values
    (1, 'new', 'ab-1', 'shop', 10.50, 2, '2024-05-01', null), (2, 'Paid', 'AB-1', 'web', 3, 7, '2025-01-01', null),
    (3, 'CANÇELLED', 'x', 'web', 1, 1, '2024-01-01', null), (4, 'cancelled ', 'é', 'shop', 1, 4294967295, '2024-01-01', null),
    (5, 'paid', null, 'web', null, 1, '2023-12-31 23:59:59', null), (6, 'new', 'y', 'shop', 5, 5, '2025-06-01', null)`,
  // out of the filter, into it, within it
  "update orders set status = 'cancelled' where id = 1",
  "update orders set status = 'PAID' where id = 3",
  "update orders set sku = 'ab-1', qty = qty + 1 where id = 2",
  "update orders set status = 'Paid' where id = 2",
  // to another index, and there and out
  "update orders set created_at = '2026-02-02' where id = 2",
  "update orders set created_at = '2026-02-02', status = 'cancelled' where id = 5",
  "update orders set deleted_at = '2026-01-01 00:00:00.123' where id = 6",
  "update orders set deleted_at = null, created_at = '2022-01-01' where id = 6",
  "update orders set id = 40 where id = 4",
  "delete from orders where id = 3",
  "delete from orders where id = 1",
];

interface Hit {
  readonly _index: string;
  readonly _id: string;
  readonly _routing?: string;
  readonly _source: Readonly<Record<string, unknown>>;
}

/** Every document with its place. */
async function placesOf(target: TestTarget): Promise<unknown[]> {
  const pattern = `${target.prefix}orders-*`;
  await target.request("POST", `${pattern}/_refresh`);
  const { body } = await target.request("GET", `${pattern}/_search?size=1000`);
  const { hits } = (body as { hits: { hits: readonly Hit[] } }).hits;
  return hits
    .map(({ _id, _index, _routing, _source }) => {
      const index = _index.slice(target.prefix.length);
      return { id: _id, index, routing: _routing, source: _source };
    })
    .toSorted((a, b) => Number(a.id) - Number(b.id));
}

test.each(["canal", "debezium", "maxwell"] as const)(
  "a rule that compares texts writes through %s records what it writes directly",
  async (format) => {
    await using db = await openTestDatabase();
    await using direct = await openTestTarget();
    await using target = await openTestTarget();
    await using topics = openTestTopics();
    await db.query(TABLE);
    const rules = ordersRule(db.name, direct.prefix);
    await using pipeline = await createTestPipeline({ db, target: direct, rules });
    await using capture = await createTestCapture({ db, topics, sink: `format = "${format}"` });
    await using run = await pipeline.start();
    await using captured = await capture.start();
    for (const sql of CHANGES) await db.query(sql);
    await run.caughtUp();
    await capture.caughtUp(captured);
    await using sync = await createTestSync({
      topics,
      names: [`${topics.prefix}orders`],
      target,
      rules: ordersRule(db.name, target.prefix),
      source: `mysql = "${db.url.href}"`,
    });
    await using synced = await sync.start();
    const wanted = await placesOf(direct);
    expect(wanted).toMatchObject([
      {
        id: "2",
        index: "orders-2026",
        routing: "2",
        source: { total: "24.00", is_paid: 1, is_first: 1 },
      },
      { id: "6", index: "orders-2022", routing: "0", source: { kind: "Shop" } },
      { id: "40", index: "orders-2024", routing: "1", source: { is_paid: 0, sku: "É" } },
    ]);
    await until("the documents are the same", async () => {
      expect(await placesOf(target)).toEqual(wanted);
      return true;
    });
    expect(synced.troubles).toEqual([]);
    expect(run.troubles).toEqual([]);
  },
);

/** A change of `orders` as Canal writes it. */
function change(database: string, rows: readonly OrderRow[]): TestRecord {
  return canalRecord("INSERT", rows, { database });
}

test("a deletion does not create the index that its row would have had", async () => {
  await using topics = openTestTopics();
  await using target = await openTestTarget();
  const topic = `${topics.prefix}orders`;
  await topics.create(topic, 1);
  const rules = `[[rules]]\nindex = "${target.prefix}o-{v}"\ntable = "shop.orders"\n`;
  await using sync = await createTestSync({ topics, names: [topic], target, rules });
  await using run = await sync.start();
  await topics.produce(topic, [
    canalRecord("DELETE", [
      { id: 1, v: "a" },
      { id: 2, v: "b" },
    ]),
    canalRecord("UPDATE", [{ id: 2, v: "b" }], { old: [{ v: "c" }] }),
    canalRecord("INSERT", [{ id: 3, v: "d" }]),
    canalRecord("DELETE", [{ id: 3, v: "d" }]),
  ]);
  await run.committed(topic, [4]);
  const { body } = await target.request("GET", `${target.prefix}o-*/_mapping`);
  const names = Object.keys(body as object).map((name) => name.slice(target.prefix.length));
  expect(names.toSorted()).toEqual(["o-b", "o-d"]);
  expect(await target.all(`${target.prefix}o-*`)).toMatchObject([{ _id: "2" }]);
  expect(run.troubles).toEqual([]);
});

test("updates without the row before are told once, for rules whose documents move", async () => {
  await using topics = openTestTopics();
  await using target = await openTestTarget();
  const topic = `${topics.prefix}orders`;
  await topics.create(topic, 1);
  const rules = `[[rules]]\nname = "by_v"\nindex = "${target.prefix}o-{v}"\ntable = "shop.orders"
[[rules]]\nname = "plain"\nindex = "${target.prefix}all"\nquery = "select id, concat(v, '!') as v from shop.orders"\n`;
  await using sync = await createTestSync({ topics, names: [topic], target, rules });
  await using run = await sync.start();
  const blind = { old: null };
  await topics.produce(topic, [
    canalRecord("UPDATE", [{ id: 1, v: "a" }], blind),
    canalRecord("UPDATE", [{ id: 1, v: "b" }], blind),
    canalRecord("UPDATE", [{ id: 2, v: "b" }], blind),
  ]);
  await run.committed(topic, [3]);
  expect(await target.all(`${target.prefix}o-*`)).toHaveLength(3);
  expect(await target.all(`${target.prefix}all`)).toHaveLength(2);
  expect(run.troubles).toEqual([expect.stringMatching(/do not tell the row before an update/)]);
});

test("without a server behind the records, a comparison of texts says what would help", async () => {
  await using topics = openTestTopics();
  await using target = await openTestTarget();
  const topic = `${topics.prefix}orders`;
  await topics.create(topic, 1);
  await topics.produce(topic, [change("shop", [{ id: 1, v: "a" }])]);
  const rules = (text: string): string =>
    `[[rules]]\nindex = "${target.prefix}orders"\nquery = "select * from shop.orders where ${text}"\n`;
  const options = { topics, names: [topic], target };
  await using sync = await createTestSync({ ...options, rules: rules("v <> 'A'") });
  const error = await sync.runToFailure();
  expect(error).toMatchObject({ code: "RULE_EXPRESSION_UNSUPPORTED" });
  expect(error.message).toMatch(/COLLATE .* or name the MySQL server .* in source\.mysql/);
  const collated = sync.with({ rules: rules("v collate utf8mb4_0900_ai_ci <> 'B'") });
  await using run = await collated.start({ acceptChanges: true });
  await run.committed(topic, [1]);
  expect(await target.all(`${target.prefix}orders`)).toHaveLength(1);
});

test("the server behind the records is asked when a rule needs it, and again when a table changes", async () => {
  await using db = await openTestDatabase();
  await using topics = openTestTopics();
  await using target = await openTestTarget();
  await db.query("create table orders (id int primary key, v varchar(100))");
  const topic = `${topics.prefix}orders`;
  await topics.create(topic, 1);
  const rule = (what: string): string =>
    `[[rules]]\nname = "orders"\nindex = "${target.prefix}orders"\nquery = "select id, ${what} from ${db.name}.orders"\n`;
  await using sync = await createTestSync({
    topics,
    names: [topic],
    target,
    rules: rule("v"),
    source: `mysql = "${db.url.href}"`,
  });
  const reloads = new ReloadRequests();
  await using run = await sync.start({ reloads });
  await topics.produce(topic, [change(db.name, [{ id: 1, v: "a" }])]);
  await run.committed(topic, [1]);
  // what the server has now is looked at, too
  await expect(reloads.ask(sync.with({ rules: rule("w") }).config)).rejects.toMatchObject({
    code: "RULE_COLUMN_UNKNOWN",
  });
  await reloads.ask(sync.with({ rules: rule("v = 'A' as is_a") }).config);
  await topics.produce(topic, [change(db.name, [{ id: 2, v: "a" }])]);
  await run.committed(topic, [2]);
  const sql = "alter table orders modify v varchar(100) collate utf8mb4_bin";
  await db.query(sql);
  await topics.produce(topic, [
    canalRecord("INSERT", [], {
      database: db.name,
      type: "ALTER",
      sql,
      isDdl: true,
      data: null,
      mysqlType: null,
      pkNames: null,
    }),
    change(db.name, [{ id: 3, v: "a" }]),
  ]);
  await run.committed(topic, [4]);
  const found = await target.all(`${target.prefix}orders`);
  expect(
    found.map(({ _source }) => _source).toSorted((a, b) => Number(a["id"]) - Number(b["id"])),
  ).toEqual([
    { id: 1, v: "a" },
    { id: 2, is_a: 1 },
    { id: 3, is_a: 0 },
  ]);
  expect(run.troubles).toEqual([]);
});

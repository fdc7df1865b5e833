import { expect, test } from "vitest";
import { startService } from "../../scripts/services/start-service.ts";
import { openTestTarget, type TestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase, type TestDatabase } from "../support/mysql.ts";
import { createTestPipeline, type TestPipeline } from "../support/pipeline.ts";
import { openProxy } from "../support/proxy.ts";
import { verifyTables, type VerifyResult } from "../support/verify.ts";
import { testServerUrl } from "../support/servers.ts";
import { until } from "../support/until.ts";

interface Scene extends AsyncDisposable {
  readonly db: TestDatabase;
  readonly target: TestTarget;
  readonly pipeline: TestPipeline;
  /** Compares the tables that have rules with their documents. */
  verify(): Promise<VerifyResult>;
}

interface SceneOptions {
  readonly server?: "mysql" | "mariadb" | URL;
  readonly schema: string;
  /** Keys of the rule by table. */
  readonly rules: Readonly<Record<string, string>>;
  readonly elasticsearchUrl?: URL;
  readonly top?: string;
  readonly begin?: string;
  readonly more?: string;
}

const SYNTHESIZE = 'cascade = "synthesize"';

/** Tables with foreign keys, and a pipeline of those that have rules. */
async function openScene({
  server = "mariadb",
  schema,
  rules,
  ...options
}: SceneOptions): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const db = stack.use(await openTestDatabase(server));
  const target = stack.use(await openTestTarget());
  await db.query(schema);
  const toml = Object.entries(rules).map(
    ([table, keys]) =>
      `[[rules]]\ntable = "${db.name}.${table}"\nindex = "${target.prefix}${table}"\n${keys}\n`,
  );
  const pipeline = stack.use(
    await createTestPipeline({ db, target, rules: toml.join(""), ...options }),
  );
  const held = stack.move();
  return {
    db,
    target,
    pipeline,
    verify: () =>
      verifyTables({
        mysql: db.url,
        elasticsearch: target.url,
        tables: Object.keys(rules).map((table) => ({
          database: db.name,
          table,
          index: `${target.prefix}${table}`,
        })),
      }),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

const ORDERS = `
create table customers (id int primary key, name varchar(20));
create table orders (id bigint primary key, customer_id int, note varchar(20),
  constraint of_customer foreign key (customer_id) references customers (id) on delete cascade on update cascade);
`;

test("children of a deleted parent lose their documents, also those that came in just before", async () => {
  await using scene = await openScene({ schema: ORDERS, rules: { orders: SYNTHESIZE } });
  const { db, pipeline } = scene;
  await using run = await pipeline.start();
  const values = Array.from(
    { length: 1_500 },
    (_, i) => `(${9_007_199_254_740_993n + BigInt(i)},${1 + (i % 2)},'n')`,
  );
  await db.query(
    `insert into customers values (1,'a'),(2,'b'); insert into orders values ${values.join()};
     delete from customers where id = 1; insert into customers values (1,'c'); insert into orders values (5, 1, 'new')`,
  );
  await run.caughtUp();
  const verified = await scene.verify();
  expect(verified).toMatchObject({ isEqual: true, tables: [{ rows: 751 }] });
  expect(run.troubles).toEqual([]);
});

test("in one transaction parents and children come and go", async () => {
  await using scene = await openScene({
    schema: ORDERS,
    rules: { orders: SYNTHESIZE, customers: "" },
  });
  const { db, pipeline } = scene;
  await using run = await pipeline.start();
  await db.query(
    `insert into customers values (1,'a'),(2,'b'); insert into orders values (1,1,'x'),(2,2,'y');
     start transaction; insert into orders values (3,1,'z'); delete from customers where id = 1;
     insert into customers values (1,'again'); insert into orders values (1,1,'again'),(4,1,'w');
     delete from customers where id = 2; commit`,
  );
  await run.caughtUp();
  expect(await scene.verify()).toMatchObject({ isEqual: true });
});

test("children follow a changed key, their own key included, and SET NULL", async () => {
  await using scene = await openScene({
    schema: `
      create table parents (id int primary key, code varchar(10) collate utf8mb4_bin not null, unique (code));
      create table pieces (parent_id int, line int, v int, primary key (parent_id, line),
        foreign key (parent_id) references parents (id) on delete cascade on update cascade);
      create table notes (id int primary key, code varchar(10) collate utf8mb4_bin,
        foreign key (code) references parents (code) on delete set null on update set null);
      create table pairs (a int, b int, c int, primary key (a), unique (b, c));
      create table halves (id int primary key, b int, c int,
        foreign key (b, c) references pairs (b, c) on delete set null on update cascade)`,
    rules: { pieces: SYNTHESIZE, notes: SYNTHESIZE, halves: SYNTHESIZE },
  });
  const { db, pipeline } = scene;
  await using run = await pipeline.start();
  await db.query(
    `insert into parents values (1,'a'),(2,'A'),(3,'c'); insert into pieces values (1,1,10),(1,2,20),(2,1,30),(3,1,40);
     insert into notes values (1,'a'),(2,'A'),(3,'c'),(4,'a'); insert into pairs values (1,1,1),(2,1,2),(3,2,1);
     insert into halves values (1,1,1),(2,1,2),(3,2,1),(4,1,null)`,
  );
  await db.query(
    `update parents set id = id + 10 where id < 3; update parents set code = 'x' where code = 'A'; delete from parents where id = 3;
     update pairs set b = 7 where a = 1; delete from pairs where a = 2`,
  );
  await run.caughtUp();
  expect(await scene.verify()).toMatchObject({ isEqual: true });
  expect(run.troubles).toEqual([]);
});

const TREE = `
create table customers (id int primary key);
create table orders (id int primary key, customer_id int,
  foreign key (customer_id) references customers (id) on delete cascade);
create table items (id int primary key, order_id int, foreign key (order_id) references orders (id) on delete cascade);
create table nodes (id int primary key, parent_id int, foreign key (parent_id) references nodes (id) on delete cascade)
`;

test("children of children follow, and trees of one table", async () => {
  await using scene = await openScene({
    schema: TREE,
    rules: { orders: SYNTHESIZE, items: SYNTHESIZE, nodes: SYNTHESIZE },
  });
  const { db, pipeline } = scene;
  await using run = await pipeline.start();
  await db.query(
    `insert into customers values (1),(2); insert into orders values (1,1),(2,2),(3,1);
     insert into items values (1,1),(2,1),(3,2),(4,3); insert into nodes values (1,null),(2,1),(3,2),(4,3),(5,null),(6,5);
     delete from customers where id = 1; delete from nodes where id = 1`,
  );
  await run.caughtUp();
  expect(await scene.verify()).toMatchObject({ isEqual: true });
  expect(await db.query("select id from items")).toEqual([{ id: 3 }]);
});

test("a run that is broken off half-way through a cascade is finished by the next", async () => {
  await using stack = new AsyncDisposableStack();
  const proxy = stack.use(await openProxy(testServerUrl("elasticsearch")));
  await using scene = await openScene({
    schema: TREE,
    rules: { orders: SYNTHESIZE, items: SYNTHESIZE },
    elasticsearchUrl: proxy.url,
    top: 'drain_timeout = "1s"',
  });
  const { db, target, pipeline } = scene;
  {
    await using run = await pipeline.start();
    const orders = Array.from({ length: 1_200 }, (_, i) => `(${i},1)`).join();
    await db.query(
      `insert into customers values (1); insert into orders values ${orders}; insert into items values ${orders.replaceAll(",1)", ",0)")}`,
    );
    await db.query("insert into items select id + 5000, id from orders");
    await run.caughtUp();
    await db.query("delete from customers");
    const { actionsTaken } = run.status();
    // documents of children go before those of their parents: break off in between
    await until("the cascade is under way", () => run.status().actionsTaken > actionsTaken);
    await proxy.refuse();
    proxy.cut();
  }
  expect((await target.all(`${target.prefix}orders`)).length).toBeGreaterThan(0);
  await proxy.accept();
  await using run = await pipeline.start();
  await run.caughtUp();
  expect(await scene.verify()).toMatchObject({ isEqual: true, tables: [{ rows: 0 }, { rows: 0 }] });
});

test("rows that a load has read before their parent went leave no documents", async () => {
  const orders = Array.from({ length: 6_000 }, (_, i) => `(${i},${i % 60},'n')`).join();
  const customers = Array.from({ length: 60 }, (_, i) => `(${i},'c')`).join();
  await using scene = await openScene({
    schema: `${ORDERS} insert into customers values ${customers}; insert into orders values ${orders}`,
    rules: { orders: SYNTHESIZE },
    begin: "",
    more: '[load]\nchunk_size = "4KiB"',
  });
  const { db, pipeline } = scene;
  await using run = await pipeline.start();
  for (let id = 0; id < 60; id += 2) await db.query(`delete from customers where id = ${id}`);
  await until("all is loaded", () => run.status().loads.every(({ state }) => state === "done"));
  await run.caughtUp();
  expect(await scene.verify()).toMatchObject({ isEqual: true, tables: [{ rows: 3_000 }] });
  expect(run.troubles).toEqual([]);
});

test("parents whose images lack columns tell which children they had", async () => {
  await using scene = await openScene({
    schema: `${ORDERS} insert into customers values (1,'a'),(2,'b'),(3,'c')`,
    rules: { orders: SYNTHESIZE },
  });
  const { db, pipeline } = scene;
  await using run = await pipeline.start();
  await db.query(
    `insert into orders values (1,1,'x'),(2,2,'y'),(3,3,'z'); set session binlog_row_image = minimal;
     delete from customers where id = 1; update customers set id = 20 where id = 2; update customers set name = 'w' where id = 3`,
  );
  await run.caughtUp();
  expect(await scene.verify()).toMatchObject({ isEqual: true, tables: [{ rows: 2 }] });
});

test("foreign keys that nothing is done about are told at the start, with what to do", async () => {
  const warn = "rows that a foreign key changes are not in the server's log";
  await using scene = await openScene({ schema: TREE, rules: { items: "", nodes: SYNTHESIZE } });
  await using run = await scene.pipeline.start();
  // of the rule's table, and of its parent's
  expect(run.troubles.filter((trouble) => trouble.includes(warn))).toHaveLength(2);
  await using logged = await openScene({
    server: "mysql",
    schema: TREE,
    rules: { items: "", nodes: SYNTHESIZE },
  });
  await using other = await logged.pipeline.start();
  expect(other.troubles).toEqual([]);
});

test.each([
  [
    "the foreign key is no field",
    "fields = { exclude = ['customer_id'] }",
    "do not hold the column customer_id",
  ],
  ["the primary key is no field", "fields = { exclude = ['id'] }", "do not hold the column id"],
])("a rule whose documents cannot be found is refused: %s", async (_, rule, why) => {
  await using scene = await openScene({
    schema: ORDERS,
    rules: { orders: `${SYNTHESIZE}\n${rule}` },
  });
  const refusal = scene.pipeline.start();
  await expect(refusal).rejects.toMatchObject({ code: "RULE_CASCADE_UNUSABLE" });
  await expect(refusal).rejects.toThrow(why);
});

test("where the server logs what foreign keys do, rows come once", async () => {
  await using scene = await openScene({
    server: "mysql",
    schema: TREE,
    rules: { orders: SYNTHESIZE, items: SYNTHESIZE, customers: "" },
  });
  const { db, pipeline } = scene;
  await using run = await pipeline.start();
  await db.query(
    `insert into customers values (1),(2); insert into orders values (1,1),(2,2),(3,1);
     insert into items values (1,1),(2,1),(3,2),(4,3); delete from customers where id = 1`,
  );
  await run.caughtUp();
  expect(await scene.verify()).toMatchObject({ isEqual: true });
  // 9 rows came, 6 went
  expect(run.status().actionsTaken).toBe(15);
  expect(run.troubles).toEqual([]);
});

test("a MySQL that leaves foreign keys to InnoDB is treated as one that never logged them", async () => {
  const options = { innodb_native_foreign_keys: "ON" };
  await using service = await startService("mysql", { owned: true, dedicated: true, options });
  await using scene = await openScene({
    server: new URL(service.url),
    schema: TREE,
    rules: { orders: SYNTHESIZE, items: SYNTHESIZE },
  });
  const { db, pipeline } = scene;
  await using run = await pipeline.start();
  await db.query(
    `insert into customers values (1),(2); insert into orders values (1,1),(2,2),(3,1);
     insert into items values (1,1),(2,1),(3,2),(4,3); delete from customers where id = 1`,
  );
  await run.caughtUp();
  expect(await scene.verify()).toMatchObject({ isEqual: true, tables: [{ rows: 1 }, { rows: 1 }] });
  expect(run.troubles).toEqual([]);
}, 180_000);

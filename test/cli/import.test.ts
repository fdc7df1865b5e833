import { mkdir, mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { openTestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { tailrace } from "./tailrace.ts";

/** A document and its place, as `rule test --json` prints them. */
interface Shown {
  readonly place: unknown;
  readonly document: unknown;
}

/** Files of another program, what `import` makes of them, and what its rules make of live rows. */
async function openImport(files: Readonly<Record<string, string>>, args: readonly string[]) {
  const folder = await mkdtempDisposable(join(tmpdir(), "tailrace-"));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder.path, name)), { recursive: true });
    await writeFile(join(folder.path, name), text);
  }
  const output = join(folder.path, "tailrace.toml");
  const paths = args.map((arg) => arg.replace("FOLDER", folder.path));
  const result = await tailrace(["import", ...paths, "--output", output]);
  const env = { MYSQL_PASSWORD: "" };
  return {
    result,
    documents: async (rule: string): Promise<readonly Shown[]> => {
      const flags = ["--rule", rule, "--sample", "10", "--json"];
      const { code, stdout, stderr } = await tailrace(["rule", "test", output, ...flags], env);
      expect(stderr).toBe("");
      expect(code, stdout).toBe(0);
      const shown = JSON.parse(stdout) as readonly Shown[];
      return shown.map(({ place, document }) => ({ place, document }));
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

test("rules of go-mysql-elasticsearch make the documents that it makes", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  // the tables of its river_test.go, less what it has twice
  await db.query(`
    CREATE TABLE river_0001 (id INT PRIMARY KEY, title VARCHAR(256), mylist VARCHAR(256), mydate INT, tenum ENUM('e1', 'e2', 'e3'), tset SET('a', 'b', 'c'), tdate DATE);
    CREATE TABLE extra (id INT PRIMARY KEY, title VARCHAR(256), pid INT);
    CREATE TABLE for_id (id INT PRIMARY KEY, tag VARCHAR(20) NOT NULL, hidden INT);
    INSERT INTO river_0001 VALUES (1, 'first', 'x,y', 1458131094, 'e1', 'a,b', '2026-01-02');
    INSERT INTO extra VALUES (1, 'second', 7);
    INSERT INTO for_id VALUES (1, 'red', 5)`);
  const { prefix } = target;
  const river = `
my_addr = "${db.url.host}"
my_user = "root"
es_addr = "${target.url.host}"
[[source]]
schema = "${db.name}"
tables = ["river_[0-9]{4}", "extra", "for_id"]
[[rule]]
schema = "${db.name}"
table = "river_[0-9]{4}"
index = "${prefix}river"
type = "river"
  [rule.field]
  title = "es_title"
  mylist = "es_mylist,list"
  mydate = ",date"
[[rule]]
schema = "${db.name}"
table = "extra"
index = "${prefix}river"
parent = "pid"
[[rule]]
schema = "${db.name}"
table = "for_id"
index = "${prefix}ids"
id = ["id", "tag"]
filter = ["id", "tag"]
`;
  await using imported = await openImport({ "etc/river.toml": river }, ["FOLDER/etc/river.toml"]);
  expect(imported.result).toMatchObject({ code: 0, stdout: "" });
  expect(imported.result.stderr).toContain("3 rules\n");
  expect(await imported.documents("river_n")).toEqual([
    {
      place: { index: `${prefix}river`, id: "1", routing: null },
      document: {
        id: 1,
        es_title: "first",
        es_mylist: ["x", "y"],
        mydate: "2016-03-16T12:24:54Z",
        tenum: "e1",
        tset: "a,b",
        tdate: "2026-01-02",
      },
    },
  ]);
  expect(await imported.documents("extra")).toEqual([
    {
      place: { index: `${prefix}river`, id: "1", routing: "7" },
      document: { id: 1, title: "second", pid: 7 },
    },
  ]);
  expect(await imported.documents("for_id")).toEqual([
    {
      place: { index: `${prefix}ids`, id: "1:red", routing: null },
      document: { id: 1, tag: "red" },
    },
  ]);
});

test("mappings of Canal's adapter make the documents that it makes", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query(`
    CREATE TABLE biz_order (id INT PRIMARY KEY, customer_id INT, serial_code VARCHAR(20), labels VARCHAR(50), latitude DOUBLE, longitude DOUBLE, c_time TIMESTAMP NULL);
    SET time_zone = '+00:00';
    INSERT INTO biz_order VALUES (1, 7, 'A-1', 'x;y', 51.5, NULL, '2026-01-02 03:04:05')`);
  const application = `
canal.conf:
  mode: tcp
  srcDataSources:
    defaultDS:
      url: jdbc:mysql://${db.url.host}/${db.name}?useUnicode=true
      username: root
  canalAdapters:
  - instance: example
    groups:
    - groupId: g1
      outerAdapters:
      - name: es7
        hosts: ${target.url.origin}
        properties:
          mode: rest
`;
  const order = `
dataSourceKey: defaultDS
destination: example
groupId: g1
esMapping:
  _index: ${target.prefix}customer
  _id: _id
  relations:
    customer_order:
      name: order
      parent: customer_id
  sql: "select concat('oid_', t.id) as _id, t.customer_id, t.id+10000 as order_id, t.serial_code as order_serial, t.labels,
        concat(IFNULL(t.latitude, 0), ',', IFNULL(t.longitude, 0)) AS location, t.c_time as order_time
        from biz_order t"
  objFields:
    labels: array:;
  skips:
    - customer_id
  etlCondition: "where t.c_time>={}"
  commitBatch: 3000
`;
  const files = { "conf/application.yml": application, "conf/es7/biz_order.yml": order };
  await using imported = await openImport(files, ["--canal", "FOLDER/conf"]);
  expect(imported.result).toMatchObject({ code: 0, stdout: "" });
  expect(await imported.documents("biz_order")).toEqual([
    {
      place: { index: `${target.prefix}customer`, id: "oid_1", routing: "7" },
      document: {
        order_id: 10_001,
        order_serial: "A-1",
        labels: ["x", "y"],
        location: "51.5,0",
        order_time: "2026-01-02T03:04:05Z",
        customer_order: { name: "order", parent: "7" },
      },
    },
  ]);
});

test("import asks for one thing to read, and keeps files that exist", async () => {
  const { code, stderr } = await tailrace(["import"]);
  expect(code).toBe(2);
  expect(stderr).toContain("give either a river.toml or --canal FOLDER");
  const river = '[[source]]\nschema = "s"\ntables = ["*"]\n';
  await using imported = await openImport({ "river.toml": river, "tailrace.toml": "mine" }, [
    "FOLDER/river.toml",
  ]);
  expect(imported.result).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("exists; --force replaces it") as string,
  });
  await using nothing = await openImport({ "river.toml": river }, ["FOLDER/river.toml"]);
  expect(nothing.result).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("0 rules, 1 left out as comments") as string,
  });
});

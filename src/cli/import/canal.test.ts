import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parse } from "smol-toml";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../config/load.ts";
import { readCanalFolder } from "./canal-files.ts";
import { importCanal } from "./canal.ts";
import { allNotes, type ImportedConfig } from "./imported.ts";
import { writeImported } from "./write.ts";

// Written after the adapter's own resources: application.yml after client-adapter/launcher, parents and children after customer.yml and biz_order.yml of es7x,
// a join and upsert after mytest_user.yml of es6x, objFields, computed fields and geo points after client-adapter/README.md.
const APPLICATION = `
canal.conf:
  mode: tcp #tcp kafka rocketMQ rabbitMQ
  flatMessage: true
  consumerProperties:
    canal.tcp.server.host: 127.0.0.1:11111
    kafka.bootstrap.servers: kafka-1:9092,kafka-2:9092
    kafka.auto.offset.reset: earliest
  srcDataSources:
    shopDS:
      url: jdbc:mysql://db.internal:3307/shop?useUnicode=true
      username: \${MYSQL_USER:sync}
      password: s3cret
  canalAdapters:
  - instance: example
    groups:
    - groupId: g1
      outerAdapters:
      - name: logger
      - name: rdb
        key: mysql1
      - name: es7
        hosts: es-1:9300,es-2:9200
        properties:
          mode: transport
          security.auth: elastic:s3cret
          cluster.name: search
`;

const CUSTOMER = `
dataSourceKey: shopDS
destination: example
groupId: g1
esMapping:
  _index: customer
  _id: id
  relations:
    customer_order:
      name: customer
  sql: "select t.id, t.name, t.email from customer t"
  etlCondition: "where t.c_time>={}"
  commitBatch: 3000
`;

const ORDER = `
dataSourceKey: shopDS
destination: example
groupId: g1
esMapping:
  _index: customer
  _type: _doc
  _id: _id
  relations:
    customer_order:
      name: order
      parent: customer_id
  sql: "select concat('oid_', t.id) as _id,
        t.customer_id,
        t.id as order_id,
        t.code as \`order\`,
        concat(IFNULL(t.latitude, 0), ',', IFNULL(t.longitude, 0)) AS location,
        t.total+t.tax gross, t.labels, t.attrs as attrs
        from biz_order t"
  objFields:
    labels: array:;
    attrs: object
  skips:
    - customer_id
`;

const USER = `
dataSourceKey: shopDS
destination: example
groupId: g1
esMapping:
  _index: mytest_user
  _id: _id
  upsert: true
  sql: "select a.id as _id, a.name as _name, b.role_name as _role_name, c.labels as _labels from user a
        left join role b on b.id=a.role_id
        left join (select user_id, group_concat(label order by id desc separator ';') as labels from label
        group by user_id) c on c.user_id=a.id"
`;

/** A conf folder of these files. */
async function folderOf(files: Readonly<Record<string, string>>) {
  const path = await mkdtemp(join(tmpdir(), "tailrace-canal-"));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), text);
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

async function imported(
  files: Readonly<Record<string, string>>,
  destination?: string,
): Promise<{ readonly config: ImportedConfig; readonly document: Record<string, unknown> }> {
  await using folder = await folderOf(files);
  const config = importCanal(await readCanalFolder(folder.path), { folder: "conf", destination });
  return { config, document: parse(writeImported(config)) };
}

const ALL = {
  "application.yml": APPLICATION,
  "es7/customer.yml": CUSTOMER,
  "es7/order.yml": ORDER,
  "es7/user.yml": USER,
  "es8/customer.yml": CUSTOMER,
};

describe("importCanal", () => {
  it("reads MySQL itself in place of a Canal server, and writes to the adapter's hosts", async () => {
    const { config, document } = await imported(ALL);
    expect(document).toMatchObject({
      name: "example",
      source: { url: "mysql://sync:${env:MYSQL_PASSWORD}@db.internal:3307" },
      sink: {
        hosts: ["http://es-1:9200", "http://es-2:9200"],
        username: "elastic",
        password: "${env:ELASTICSEARCH_PASSWORD}",
      },
    });
    expect(config.variables).toEqual(["MYSQL_PASSWORD", "ELASTICSEARCH_PASSWORD"]);
    expect(writeImported(config)).not.toContain("s3cret");
  });

  it("reads the topic with Canal's records where the adapter does", async () => {
    const kafka = APPLICATION.replace("mode: tcp", "mode: kafka");
    const { document } = await imported({ ...ALL, "application.yml": kafka });
    expect(document["source"]).toEqual({
      type: "kafka",
      brokers: ["kafka-1:9092", "kafka-2:9092"],
      topics: ["example"],
      group: "g1",
      format: "canal",
      start: "earliest",
      mysql: "mysql://sync:${env:MYSQL_PASSWORD}@db.internal:3307",
    });
  });

  it("makes queries of the SQL: the id is no field, skips are left out, objects and lists are made by functions", async () => {
    const { document } = await imported(ALL);
    expect(document["rules"]).toEqual([
      {
        name: "customer",
        index: "customer",
        id: ["id"],
        query:
          "select name,\n  email,\n  object('name', 'customer') as customer_order\nfrom shop.customer\n",
        mapping: { customer_order: { type: "join", relations: { customer: ["order"] } } },
      },
      {
        name: "order",
        index: "customer",
        id: "oid_{id}",
        routing: "{customer_id}",
        query: [
          "select id as order_id,",
          "  code as `order`,",
          "  concat(IFNULL(latitude, 0), ',', IFNULL(longitude, 0)) as location,",
          "  total+tax as gross,",
          "  split(labels, ';') as labels,",
          "  json(attrs) as attrs,",
          "  object('name', 'order', 'parent', cast(customer_id as char)) as customer_order",
          "from shop.biz_order\n",
        ].join("\n"),
        mapping: { customer_order: { type: "join", relations: { customer: ["order"] } } },
      },
    ]);
  });

  it("writes what loads as a configuration", async () => {
    const env = { MYSQL_PASSWORD: "a", ELASTICSEARCH_PASSWORD: "b" };
    for (const mode of ["tcp", "kafka"]) {
      const application = APPLICATION.replace("mode: tcp", `mode: ${mode}`);
      const { config } = await imported({ ...ALL, "application.yml": application });
      const text = writeImported(config);
      const loaded = parseConfig(text, { syntax: "toml", file: "t.toml", folder: "/", env });
      expect(loaded).toMatchObject({
        topology: mode === "tcp" ? "direct" : "sync",
        rules: [
          { name: "customer", table: "shop.customer" },
          { name: "order", table: "shop.biz_order" },
        ],
      });
    }
  });

  it("writes a rule for joined tables as a comment, with what the first table gives", async () => {
    const { config } = await imported(ALL);
    const text = writeImported(config);
    expect(text).toContain(
      "# Left out: it joins role, a sub-query, and documents of several tables",
    );
    expect(text).toContain("without _role_name, _labels");
    expect(text).toContain(
      "# upsert = true\n# on_delete = \"delete\"\n# query = '''\n# select name as _name\n# from shop.user",
    );
  });

  it("tells what has no equivalent, each with its place", async () => {
    const places = allNotes((await imported(ALL)).config).map((note) => note.place);
    expect(places).toEqual([
      "application.yml: canal.conf.mode",
      "application.yml: outerAdapters.hosts",
      "es8",
      "application.yml: outerAdapters",
      "commitBatch",
      "values",
      "es7/customer.yml: etlCondition",
      "es7/user.yml: esMapping",
    ]);
  });

  it("reads a folder of mappings alone, with places to fill in", async () => {
    const { config, document } = await imported({ "customer.yml": CUSTOMER });
    expect(document["source"]).toMatchObject({
      url: "mysql://USER:${env:MYSQL_PASSWORD}@127.0.0.1:3306",
    });
    expect(allNotes(config).map((note) => note.place)).toContain("application.yml: srcDataSources");
    expect(document["rules"]).toMatchObject([
      { query: expect.stringContaining("from `DATABASE`.customer") as string },
    ]);
  });

  it("imports one destination of several", async () => {
    const files = { "a.yml": CUSTOMER, "b.yml": CUSTOMER.replace("example", "other") };
    await expect(imported(files)).rejects.toThrow(/"example", "other".*--destination/);
    await expect(imported(files, "third")).rejects.toThrow(/"example", "other"/);
    const { document } = await imported(files, "other");
    expect(document).toMatchObject({ name: "other", rules: [{ name: "b" }] });
  });

  it.each([
    ["_id: id", "pk: id", /search for the field id/],
    ["_id: id", "_id: _id", /no field of the SQL is named _id/],
    ["commitBatch: 3000", "syncByTimestamp: true", /not from changes/],
    ["from customer t", "from customer t group by t.id", /it has GROUP/],
    ["t.email from customer t", "(t.a) from customer t", /a field has no name: \(t\.a\)/],
    ["from customer t", "from (select 1) t", /first table is a sub-query/],
  ])("writes %s as %s as a comment", async (from, to, reason) => {
    const { config } = await imported({ "customer.yml": CUSTOMER.replace(from, to) });
    expect(config.rules[0]?.obstacle?.message).toMatch(reason);
  });

  it("says which file is no mapping", async () => {
    await expect(imported({ "es7/a.yml": "esMapping: 3\n" })).rejects.toThrow(
      /a\.yml is no mapping: esMapping/,
    );
    await expect(imported({ "es7/a.yml": "a: [\n" })).rejects.toThrow(/a\.yml: /);
    await expect(imported({ "es7/README.md": "" })).rejects.toThrow(/no mapping file/);
  });
});

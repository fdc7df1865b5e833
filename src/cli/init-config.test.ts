import { expect, test } from "vitest";
import { parseConfig, parsePipelines } from "../config/load.ts";
import type { Column, TableSchema } from "../core/schema.ts";
import { hidePassword, requiredVariables, writeConfig } from "./init-config.ts";
import { proposeRules } from "./init-rules.ts";

const MYSQL = { option: "--mysql", schemes: ["mysql:"], variable: "MYSQL_PASSWORD" } as const;
const ELASTIC = {
  option: "--elasticsearch",
  schemes: ["http:", "https:"],
  variable: "ELASTICSEARCH_PASSWORD",
  keepPath: true,
} as const;

const ID: Column = {
  name: "id",
  type: { kind: "integer", bytes: 4, unsigned: true },
  nullable: false,
};
const PHOTO: Column = {
  name: 'the "photo"',
  type: { kind: "binary", maxBytes: 65_535, large: true },
  nullable: true,
};

function table(name: string, columns: readonly Column[] = [ID], primaryKey = [0]): TableSchema {
  return { database: "shop", table: name, columns, primaryKey };
}

test("what is written loads, with the password from the environment", () => {
  const text = writeConfig({
    name: "shop",
    source: hidePassword("mysql://sy%40nc:hunter2@db:3307/shop", MYSQL),
    sink: hidePassword("https://elastic:hunter2@es:9200/prefix/", ELASTIC),
    rules: proposeRules([
      table("orders", [ID, PHOTO]),
      table("part_1"),
      table("part_2"),
      table("no\nkey", [ID], []),
    ]),
  });
  expect(text).toBe(`# Written by \`tailrace init\`; docs/configuration.md has every key.
# Needs the environment variables MYSQL_PASSWORD and ELASTICSEARCH_PASSWORD.

name = "shop"

[source]
url = "mysql://sy%40nc:\${env:MYSQL_PASSWORD}@db:3307"
# Without \`start\` the rows that are there are loaded first; changes are followed meanwhile.

[sink]
hosts = ["https://elastic:\${env:ELASTICSEARCH_PASSWORD}@es:9200/prefix"]

# 2 columns, key: id
[[rules]]
table = "shop.orders"
index = "orders"
# fields = { exclude = ["the \\"photo\\""] } # would leave out what may be large

# 2 tables, part_1 … part_2; 1 column, key: id, which must be unique across them
[[rules]]
table = "shop.part_#"
index = "part"

# left out: the table has no primary key and the rule no id. Add a primary key to the table, or name unique NOT NULL columns in the rule's id.
# [[rules]]
# table = "shop.\`no\\nkey\`"
# index = "no_key"
`);
  const config = parseConfig(text, {
    syntax: "toml",
    file: "x.toml",
    folder: "/",
    env: { MYSQL_PASSWORD: "a/b@c", ELASTICSEARCH_PASSWORD: "e" },
  });
  expect(config.source).toMatchObject({
    host: "db",
    port: 3307,
    user: "sy@nc",
    password: "a/b@c",
  });
  expect(config).toMatchObject({ load: { mode: "initial" } });
  expect(config.sink).toMatchObject({
    hosts: ["https://es:9200/prefix"],
    auth: { kind: "basic", username: "elastic", password: "e" },
  });
  expect(config.rules.map((rule) => rule.table)).toEqual(["shop.orders", "shop.part_#"]);
});

test("with brokers both halves of a pipeline with Kafka are described", () => {
  const text = writeConfig({
    name: "shop",
    source: hidePassword("mysql://root@db", MYSQL),
    sink: hidePassword("http://es:9200", ELASTIC),
    brokers: ["k-1:9092", "k-2:9093"],
    rules: proposeRules([table("orders")]),
  });
  const halves = parsePipelines(text, { syntax: "toml", file: "x.toml", folder: "/", env: {} });
  const connection = expect.objectContaining({ brokers: ["k-1:9092", "k-2:9093"] });
  expect(halves).toMatchObject([
    { topology: "capture", sink: { connection, topic: "{database}.{table}" } },
    { topology: "sync", source: { connection, topics: ["shop.orders"] } },
  ]);
});

test("without passwords no variable is needed", () => {
  const source = hidePassword("mysql://root@127.0.0.1", MYSQL);
  const sink = hidePassword("http://127.0.0.1:9200", ELASTIC);
  expect([source, sink]).toEqual([
    { text: "mysql://root@127.0.0.1" },
    { text: "http://127.0.0.1:9200" },
  ]);
  expect(requiredVariables({ name: "x", source, sink, rules: [] })).toEqual([]);
});

test("a bad URL is named by its option, without its content", () => {
  expect(() => hidePassword("postgres://u:hunter2@h", MYSQL)).toThrow(
    "--mysql must begin with mysql://",
  );
});

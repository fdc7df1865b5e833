import { describe, expect, it } from "vitest";
import { parse } from "smol-toml";
import { parseConfig } from "../../config/load.ts";
import { allNotes } from "./imported.ts";
import { importRiver, readMasterInfo } from "./river.ts";
import { readRiverTable } from "./river-tables.ts";
import { writeImported } from "./write.ts";

// Written after etc/river.toml and README.md of go-mysql-elasticsearch: wildcards, rules without settings, es_https and skip_no_pk_table are in its
// README, [rule.field] with list and date, filter, parent, pipeline and id in README and river_test.go.
const RIVER = `
my_addr = "db.internal:3307"
my_user = "sync@home"
my_pass = "s3cret"
my_charset = "utf8mb4"
es_addr = "es.internal:9200"
es_https = true
es_user = "elastic"
es_pass = "\${x}"
data_dir = "./var"
stat_addr = "127.0.0.1:12800"
server_id = 1234
flavor = "mysql"
mysqldump = "mysqldump"
bulk_size = 128
flush_bulk_time = "500ms"
skip_no_pk_table = true

[[source]]
schema = "Shop"
tables = ["Users", "orders_[0-9]{2}", "reviews", "notes"]

[[source]]
schema = "archive"
tables = ["*"]

[[rule]]
schema = "shop"
table = "orders_[0-9]{2}"
index = "Orders"
type = "order"
parent = "user_id"
id = ["shop_id", "number"]
pipeline = "clean"
filter = ["number", "total", "tags", "created"]

    [rule.field]
    number = "no"
    tags = "labels,list"
    created = ",date"
    total = "sum,decimal"

[[rule]]
schema = "shop"
table = "reviews"
index = "reviews"
parent = "order"

[[rule]]
schema = "elsewhere"
table = "t"
`;

function imported(position?: { readonly file: string; readonly position: number }) {
  const config = importRiver(RIVER, { file: "river.toml", position });
  return { config, document: parse(writeImported(config)) };
}

describe("importRiver", () => {
  it("writes servers and users, and refers to passwords instead of writing them", () => {
    const { config, document } = imported();
    expect(document["source"]).toEqual({
      url: "mysql://sync%40home:${env:MYSQL_PASSWORD}@db.internal:3307",
      server_id: 1234,
    });
    expect(document["sink"]).toEqual({
      hosts: ["https://es.internal:9200"],
      username: "elastic",
      password: "${env:ELASTICSEARCH_PASSWORD}",
      flush_interval: "500ms",
    });
    expect(document["name"]).toBe("shop");
    expect(config.variables).toEqual(["MYSQL_PASSWORD", "ELASTICSEARCH_PASSWORD"]);
    expect(writeImported(config)).not.toContain("s3cret");
  });

  it("gives every table of a source a rule, with the settings of the [[rule]] for it", () => {
    expect(imported().document["rules"]).toEqual([
      { name: "users", table: "Shop.Users", index: "users" },
      {
        name: "orders_n",
        table: "Shop.orders_##",
        index: "orders",
        id: ["shop_id", "number"],
        routing: "{user_id}",
        pipeline: "clean",
        fields: {
          include: ["number", "total", "tags", "created"],
          rename: { number: "no", tags: "labels", total: "sum" },
          types: { tags: "list", created: "date" },
        },
      },
      { name: "reviews", table: "Shop.reviews", index: "reviews", routing: "{`order`}" },
      { name: "notes", table: "Shop.notes", index: "notes" },
    ]);
  });

  it("writes what loads as a configuration", () => {
    const env = { MYSQL_PASSWORD: "@:/", ELASTICSEARCH_PASSWORD: "s3cret" };
    const text = writeImported(imported().config);
    const config = parseConfig(text, { syntax: "toml", file: "t.toml", folder: "/", env });
    expect(config).toMatchObject({
      topology: "direct",
      source: { host: "db.internal", port: 3307, user: "sync@home", password: "@:/" },
      rules: [{ name: "users" }, { name: "orders_n" }, { name: "reviews" }, { name: "notes" }],
    });
  });

  it("writes rules that would not do the same as comments, with the reason", () => {
    const text = writeImported(imported().config);
    expect(text).toContain("# From river.toml: source archive.*.\n# Left out: each table went to");
    expect(text).toContain('# table = "archive.*"');
    expect(text).toContain("# Left out: its table is in no [[source]]");
    expect(text).toContain('# table = "elsewhere.t"');
  });

  it("tells every key that means nothing here, or not the same", () => {
    const places = allNotes(imported().config).map((note) =>
      note.place.replace("river.toml: ", ""),
    );
    expect(new Set(places)).toEqual(
      new Set([
        "data_dir",
        "mysqldump",
        "server_id",
        "bulk_size",
        "stat_addr",
        "skip_no_pk_table",
        "values",
        "rule Shop.orders_[0-9]{2}",
        "rule Shop.reviews",
        "source archive.*",
        "rule elsewhere.t",
      ]),
    );
    const ofOrders = allNotes(imported().config).filter((note) => note.place.includes("orders"));
    expect(ofOrders.map((note) => note.message).join("\n")).toMatch(
      /whole name[^]*routing[^]*ignored filter[^]*total = "sum,decimal"[^]*seconds since 1970|seconds since 1970[^]*total/,
    );
  });

  it("goes on at the position of master.info", () => {
    const position = readMasterInfo('bin_name = "mysql-bin.000007"\nbin_pos = 4711\n');
    const { config, document } = imported(position);
    expect(document["source"]).toMatchObject({
      start: { file: "mysql-bin.000007", position: 4711 },
    });
    expect(config.notes.some((note) => note.place.endsWith("data_dir"))).toBe(false);
  });

  it("has no position where master.info has none yet", () => {
    expect(readMasterInfo('bin_name = ""\nbin_pos = 0\n')).toBeUndefined();
  });

  it("says what is wrong with a file that is no river.toml, without quoting it", () => {
    const read = (text: string) => () => importRiver(text, { file: "river.toml" });
    expect(read('my_pass = "s3cret\n')).toThrow(/^river\.toml:1: (?!.*s3cret)/);
    expect(read("[[source]]\ntables = 3\n")).toThrow(/source\.0\.schema.*source\.0\.tables/);
  });

  it("tells a table that a wildcard takes beside its own rule", () => {
    const text = `
[[source]]
schema = "s"
tables = ["t", "t_.*", "t.*"]
[[rule]]
schema = "s"
table = "t.*"
index = "all"
`;
    const notes = allNotes(importRiver(text, { file: "river.toml" }));
    expect(notes.map((note) => note.message)).toContain(
      "s.t is taken by a rule of its own, and by this one too.",
    );
  });
});

describe("readRiverTable", () => {
  it.each([
    ["users", "s.users", false],
    ["*", "s.*", true],
    ["t_[0-9]{4}", "s.t_####", true],
    ["t_\\d+", "s.t_#", true],
    ["^t_[0-9][0-9]$", "s.t_##", true],
    ["log_.*_[0-9]{4,}", "s.log_*_####", true],
    ["a\\.b_\\d", "s.a`.`b_#", true],
  ])("reads %s as %s", (table, pattern, isWildcard) => {
    expect(readRiverTable("s", table)).toMatchObject({ pattern, isWildcard });
  });

  it("knows where a pattern takes more tables", () => {
    const isWider = (table: string) => readRiverTable("s", table);
    for (const table of ["t_[0-9]{2}_x", "t_[0-9]{2}$", "t_.", "t_.+"])
      expect(isWider(table), table).toMatchObject({ isWider: true });
    for (const table of ["t_[0-9]{2}", "t_[0-9][0-9]", "t_[0-9]+_x", "t_.*", "*", "t"])
      expect(isWider(table), table).toMatchObject({ isWider: false });
  });

  it.each(["t_(a|b)", "t_[ab]", "t_[0-9]*", "ab?", "t_\\w+"])("has no pattern for %s", (table) => {
    expect(readRiverTable("s", table)).toHaveProperty("problem");
  });
});

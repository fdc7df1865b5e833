import { expect, test } from "vitest";
import { parseConfig } from "../../src/config/load.ts";
import { ofTopology } from "../../src/config/topology.ts";
import type { Finding } from "../../src/core/finding.ts";
import { checkMysqlSource } from "../../src/cli/check-source.ts";
import { openTestDatabase, type TestDatabase } from "../support/mysql.ts";

const SCHEMA = `
create table customers (id int primary key, code varchar(9) not null, unique (code));
create table orders (id int primary key, customer_id int, code varchar(9),
  constraint c1 foreign key (customer_id) references customers (id) on delete cascade);
create table notes (id int primary key, code varchar(9),
  constraint c2 foreign key (code) references customers (code) on delete set null)`;

async function check(db: TestDatabase, tables: readonly string[]): Promise<readonly Finding[]> {
  const rules = tables.map(
    (table) =>
      `[[rules]]\ntable = "${db.name}.${table}"\nindex = "${table}"\ncascade = "synthesize"\n`,
  );
  const text = `name = "check"\n[source]\nurl = "${db.url.href}"\nstart = "latest"\n[sink]\nhosts = ["http://127.0.0.1:1"]\n${rules.join("")}`;
  const parsed = parseConfig(text, { syntax: "toml", file: "check.toml", folder: "/" });
  const { findings } = await checkMysqlSource(ofTopology(parsed, "direct"));
  return findings.filter(({ check: name, message }) => /foreign key/.test(name + message));
}

test("check tells which foreign keys are followed, and which cannot be", async () => {
  await using db = await openTestDatabase("mariadb");
  await db.query(SCHEMA);
  expect(await check(db, ["orders"])).toEqual([
    {
      severity: "ok",
      check: "foreign keys",
      message: `rule orders follows c1 (ON DELETE CASCADE) from ${db.name}.customers`,
    },
  ]);
  expect(await check(db, ["notes"])).toEqual([
    expect.objectContaining({
      severity: "error",
      message: expect.stringContaining("the column code cannot be searched for exactly"),
    }),
  ]);
});

test("check says that a server that logs what foreign keys do leaves nothing to follow", async () => {
  await using db = await openTestDatabase("mysql");
  await db.query(SCHEMA);
  expect(await check(db, ["orders", "notes"])).toMatchObject([
    { severity: "ok", message: "nothing to follow on this server" },
  ]);
});

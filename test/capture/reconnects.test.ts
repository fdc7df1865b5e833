import { expect, test } from "vitest";
import { TailraceError } from "../../src/core/errors.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { recordChanges } from "../support/recorded-changes.ts";

/** Fails the first lookup of each of these tables, which drops the connection. */
function failOnce(...tables: readonly string[]): (table: string) => void {
  const left = new Set(tables);
  return (table) => {
    if (left.delete(table)) throw new TailraceError("SOURCE_QUERY_FAILED", `lookup of ${table}`);
  };
}

test("rows of a committed XA transaction come although the connection is lost among them", async () => {
  await using db = await openTestDatabase("mariadb");
  await db.query("create table x (id int primary key); create table y (id int primary key)");
  const { actions, gaps } = await recordChanges({
    url: db.url.href,
    database: db.name,
    onLookup: failOnce("y"),
    work: async () => {
      const xid = `'${db.name}'`;
      await db.query(
        `xa start ${xid}; insert into x values (1); insert into y values (2); xa end ${xid}; xa prepare ${xid}; xa commit ${xid}`,
      );
    },
  });
  expect(gaps).toEqual([]);
  expect(new Set(actions.map((action) => action.id))).toEqual(new Set(["1", "2"]));
});

test("a prepared XA transaction is read again after a lost connection", async () => {
  await using db = await openTestDatabase("mariadb");
  await db.query("create table x (id int primary key); create table y (id int primary key)");
  const { actions, gaps } = await recordChanges({
    url: db.url.href,
    database: db.name,
    onLookup: failOnce("y", "x"),
    work: async () => {
      const xid = `'${db.name}'`;
      await db.query(`xa start ${xid}; insert into x values (1); xa end ${xid}; xa prepare ${xid}`);
      const other = await openOther(db.name);
      await other.query("insert into y values (2)");
      await other[Symbol.asyncDispose]();
      await db.query(`xa commit ${xid}`);
    },
  });
  expect(gaps).toEqual([]);
  expect(new Set(actions.map((action) => action.id))).toEqual(new Set(["1", "2"]));
});

test("a lookup that fails inside a transaction gives its rows again, with the same versions", async () => {
  await using db = await openTestDatabase("mariadb");
  await db.query("create table x (id int primary key); create table y (id int primary key)");
  const { actions } = await recordChanges({
    url: db.url.href,
    database: db.name,
    onLookup: failOnce("y"),
    work: async () => {
      await db.query("begin; insert into x values (1); insert into y values (2); commit");
    },
  });
  expect(actions.map((action) => action.id)).toEqual(["1", "1", "2"]);
  expect(actions[0]!.version).toBe(actions[1]!.version);
});

async function openOther(database: string) {
  const other = await openTestDatabase("mariadb");
  await other.query(`use ${database}`);
  return other;
}

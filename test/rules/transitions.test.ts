import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openTestTarget, type TestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { createTestPipeline } from "../support/pipeline.ts";

interface Hit {
  readonly _index: string;
  readonly _id: string;
  readonly _routing?: string;
  readonly _source: Readonly<Record<string, unknown>>;
}

/** The documents of all indices under a pattern: place and JSON, sorted. */
async function documents(target: TestTarget, pattern: string): Promise<string[]> {
  await target.request("POST", `${pattern}/_refresh`);
  const { body } = await target.request("GET", `${pattern}/_search?size=1000`);
  const { hits } = (body as { hits: { hits: readonly Hit[] } }).hits;
  return hits
    .map(
      ({ _index, _id, _routing, _source }) =>
        `${_index}/${_id}@${_routing ?? ""} ${JSON.stringify(_source)}`,
    )
    .toSorted();
}

interface Row {
  readonly id: number;
  readonly tenant: number;
  readonly day: string;
  readonly state: number;
  readonly note: string;
}

/** What may change: [column, before, after]; the first leads in or out. */
const CHANGES = ["state", "id", "day", "tenant", "note", "unused"] as const;

/** Every cell: a row that begins inside or outside, and any of the changes. */
function cells(): { readonly before: Row; readonly after: Row; readonly unused: number }[] {
  return Array.from({ length: 128 }, (_, n) => {
    const changed = new Set(CHANGES.filter((_change, i) => ((n >> (i + 1)) & 1) === 1));
    const state = 1 + (n & 1);
    const before = { id: n, tenant: n % 5, day: "mon", state, note: "a" };
    const after = {
      id: changed.has("id") ? n + 1000 : n,
      tenant: changed.has("tenant") ? (n % 5) + 7 : n % 5,
      day: changed.has("day") ? "tue" : "mon",
      state: changed.has("state") ? 3 - state : state,
      note: changed.has("note") ? "b" : "a",
    };
    return { before, after, unused: changed.has("unused") ? 1 : 0 };
  });
}

test("after every transition the index holds what the rows say, each at its place and nowhere else", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query(
    "create table t (id int primary key, tenant int, day varchar(10), state int, note varchar(10), unused int)",
  );
  const prefix = `${target.prefix}t-`;
  await using pipeline = await createTestPipeline({
    db,
    target,
    rules: `[[rules]]
name = "t"
index = "${prefix}{day}"
id = "r{id}"
routing = "{tenant}"
query = "select note, concat(note, '!') as loud from ${db.name}.t where state = 1"
`,
  });
  const place = ({ id, day, tenant, note }: Row): string =>
    `${prefix}${day}/r${id}@${tenant} ${JSON.stringify({ note, loud: `${note}!` })}`;
  const wanted = (rows: readonly Row[]): string[] =>
    rows
      .filter(({ state }) => state === 1)
      .map(place)
      .toSorted();
  const all = cells();
  await using run = await pipeline.start();
  const values = all.map(
    ({ before: { id, tenant, day, state, note } }) =>
      `(${id}, ${tenant}, '${day}', ${state}, '${note}', 0)`,
  );
  await db.query(`insert into t values ${values.join(", ")}`);
  await run.caughtUp();
  expect(await documents(target, `${prefix}*`)).toEqual(wanted(all.map(({ before }) => before)));
  const { filtered } = run.status().rows;
  expect(filtered).toBe(64);

  for (const { before, after, unused } of all)
    await db.query(
      `update t set id = ${after.id}, tenant = ${after.tenant}, day = '${after.day}', state = ${after.state}, note = '${after.note}', unused = ${unused} where id = ${before.id}`,
    );
  await run.caughtUp();
  expect(await documents(target, `${prefix}*`)).toEqual(wanted(all.map(({ after }) => after)));
  // two rows in which only the column without a part has changed
  expect(run.status().rows).toMatchObject({ unchanged: 2, failed: 0 });

  await db.query("delete from t");
  await run.caughtUp();
  expect(await documents(target, `${prefix}*`)).toEqual([]);
  expect(run.troubles).toEqual([]);
  expect(await pipeline.deadLetters()).toEqual([]);
});

test("several rules read one table, and two tables own parts of one document", async () => {
  await using db = await openTestDatabase();
  // fields with objects are replaced by a script, and the test's Elasticsearch has no language for scripts
  await using target = await openTestTarget("opensearch");
  await db.query(
    "create table users (id int primary key, name varchar(20), vip int); create table scores (user_id int primary key, points int, tags json)",
  );
  const { prefix } = target;
  await using pipeline = await createTestPipeline({
    db,
    target,
    rules: `[[rules]]
name = "all"
index = "${prefix}all"
query = "select id, upper(name) as name from ${db.name}.users"
[[rules]]
name = "vips"
index = "${prefix}vips"
query = "select id, name from ${db.name}.users where vip = 1"
[[rules]]
name = "profile"
index = "${prefix}profile"
upsert = true
on_delete = "delete"
id = ["id"]
query = "select id, name from ${db.name}.users"
[[rules]]
name = "points"
index = "${prefix}profile"
upsert = true
on_delete = "clear"
id = ["user_id"]
query = "select points, tags from ${db.name}.scores"
`,
  });
  await using run = await pipeline.start();
  await db.query(
    `insert into users values (1, 'ann', 1), (2, 'bob', 0); insert into scores values (1, 10, '{"a": 1, "b": 2}'), (2, 20, null)`,
  );
  await db.query(`update scores set tags = '{"b": 3}' where user_id = 1`);
  await db.query("update users set vip = 1 - vip, name = concat(name, '!')");
  await run.caughtUp();
  expect(await documents(target, `${prefix}all`)).toEqual([
    `${prefix}all/1@ {"id":1,"name":"ANN!"}`,
    `${prefix}all/2@ {"id":2,"name":"BOB!"}`,
  ]);
  expect(await documents(target, `${prefix}vips`)).toEqual([
    `${prefix}vips/2@ {"id":2,"name":"bob!"}`,
  ]);
  const profiles = async (): Promise<unknown[]> =>
    Promise.all(
      ["1", "2"].map(async (id) => (await target.get(`${prefix}profile`, id))?._source ?? null),
    );
  // the object is the last one, not what all of them were
  expect(await profiles()).toEqual([
    { id: 1, name: "ann!", points: 10, tags: { b: 3 } },
    { id: 2, name: "bob!", points: 20, tags: null },
  ]);
  await db.query("delete from scores; delete from users where id = 2");
  await run.caughtUp();
  expect(await profiles()).toEqual([{ id: 1, name: "ann!", points: null, tags: null }, null]);
  expect(run.troubles).toEqual([]);
});

test("a script has the last word; its errors and rows without a value are dead letters, and the stream goes on", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  const folder = await mkdtempDisposable(join(tmpdir(), "tailrace-script-"));
  await using _ = { [Symbol.asyncDispose]: () => folder.remove() };
  const path = join(folder.path, "orders.ts");
  await writeFile(
    path,
    `interface Doc { id: bigint | number; kind: string; big?: unknown; seen?: unknown }
export default function (doc: Doc, change: { operation: string; rule: string; before?: Doc; commitTimeMs: number }): Doc | null {
  if (doc.kind === "throw") throw new Error("not this one");
  if (doc.kind === "promise") return Promise.resolve(doc) as never;
  if (doc.kind === "none") return null;
  doc.seen = [change.operation, change.rule, change.before?.kind ?? null, change.commitTimeMs > 1e12];
  return doc;
}
`,
  );
  await db.query(
    "create table t (id int primary key, kind varchar(10), big bigint unsigned, price decimal(20,2), n bigint)",
  );
  const index = `${target.prefix}t`;
  await using pipeline = await createTestPipeline({
    db,
    target,
    rules: `[[rules]]
name = "scripted"
index = "${index}"
transform = "${path}"
decimals = "number"
query = "select id, kind, big, price, n * 2 as twice from ${db.name}.t"
[rules.mapping]
seen = { type = "object", enabled = false }
`,
  });
  await using run = await pipeline.start();
  await db.query(
    "insert into t values (1, 'a', 18446744073709551615, 123456789012345678.90, 1), (2, 'throw', 1, 1, 1), (3, 'promise', 1, 1, 1), (4, 'none', 1, 1, 1), (5, 'b', 1, 1.10, 9223372036854775807), (6, 'c', 0, 0, 0)",
  );
  await db.query("update t set kind = 'd' where id = 6; update t set kind = 'none' where id = 1");
  await run.caughtUp();
  const { body } = await target.request("GET", `${index}/_doc/6?_source_includes=*`);
  expect(JSON.stringify((body as Hit)._source)).toContain('"seen":["update","scripted","c",true]');
  expect(await target.get(index, "1")).toBeNull();
  expect(await target.get(index, "4")).toBeNull();
  const letters = await pipeline.deadLetters();
  expect(letters.map(({ kind, code, rule, table, id }) => [kind, code, rule, table, id])).toEqual([
    ["row", "RULE_TRANSFORM_FAILED", "scripted", "t", "2"],
    ["row", "RULE_TRANSFORM_FAILED", "scripted", "t", "3"],
    ["row", "RULE_ROW_FAILED", "scripted", "t", "5"],
  ]);
  expect(JSON.stringify(letters[0]?.["error"])).toContain("orders.ts");
  expect(letters[2]).toMatchObject({ file: expect.any(String), position: expect.any(Number) });
  expect(run.status().rows).toEqual({ filtered: 0, unchanged: 0, failed: 3 });
  expect(run.troubles.length).toBeGreaterThan(0);
});

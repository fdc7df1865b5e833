import { mkdtempDisposable, readFile, rename, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { spawnTailrace } from "../cli/process.ts";
import { openTestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { hasReached, type LogEnd, logEnd } from "../support/pipeline-run.ts";
import { until } from "../support/until.ts";
import { verifyTables } from "../support/verify.ts";
import { churn } from "./load-scene.ts";

const ROWS = 6000;

interface Load {
  readonly table: string;
  readonly rules: readonly string[];
  readonly state: string;
  readonly rows: number;
  readonly where?: string;
}

/** A table of rows that were there before, and a pipeline as a process that has its own checkpoint. */
async function openScene() {
  await using resources = new AsyncDisposableStack();
  const db = resources.use(await openTestDatabase());
  const target = resources.use(await openTestTarget());
  const folder = await mkdtempDisposable(join(tmpdir(), "tailrace-load-"));
  resources.defer(() => folder.remove());
  await db.query(`
    create table orders (id int primary key, state varchar(20), price decimal(10,2));
    set session cte_max_recursion_depth = 100000;
    insert into orders with recursive n (i) as (select 1 union all select i + 1 from n where i < ${ROWS}) select i, 'new', i / 7 from n`);
  const file = join(folder.path, "shop.toml");
  const index = (name: string): string => `${target.prefix}${name}`;
  const rule = (name: string, query: string): string =>
    `[[rules]]\nname = "${name}"\nindex = "${index(name)}"\nquery = "${query}"\n`;
  /** Replaces the configuration as editors do. */
  const name = db.name.replaceAll("_", "-");
  const write = async (rules: string, load = ""): Promise<void> => {
    const text = `name = "${name}"
[admin]
listen = "127.0.0.1:0"
[source]
url = "${db.url.href}"
[sink]
hosts = ["${target.url.origin}"]
[state]
path = "state"
[load]
connections = 2
chunk_size = "4KiB"
${load}
${rules}`;
    await writeFile(`${file}~`, text);
    await rename(`${file}~`, file);
  };
  /** The loads of the checkpoint as it was saved last. */
  const saved = async (): Promise<readonly Load[]> => {
    const path = join(folder.path, "state", `${name}.checkpoint.json`);
    return (JSON.parse(await readFile(path, "utf8")) as { readonly loads: readonly Load[] }).loads;
  };
  const held = resources.move();
  return {
    db,
    target,
    saved,
    file,
    index,
    write,
    whole: rule("orders", `select id, state, price from ${db.name}.orders`),
    dear: rule("dear", `select id, price from ${db.name}.orders where price > 100`),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** Starts the pipeline and gives the ways to look at it and to ask it. */
async function start({ file }: { readonly file: string }) {
  const child = spawnTailrace(["run", file, "--accept-changes"]);
  const lines = (): readonly Record<string, unknown>[] =>
    child.stderr
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const opened = await until("open endpoints", () => lines().find((line) => "port" in line));
  const base = `http://127.0.0.1:${String(opened?.["port"])}`;
  const status = async (): Promise<LogEnd & { readonly loads: readonly Load[] }> => {
    const { pipelines } = (await (await fetch(`${base}/status`)).json()) as {
      readonly pipelines: readonly [LogEnd & { readonly loads: readonly Load[] }];
    };
    return pipelines[0];
  };
  const loads = async (): Promise<readonly Load[]> => (await status()).loads;
  const post = async (path: string, body: object = {}) => {
    const headers = { "content-type": "application/json" };
    const text = JSON.stringify(body);
    const answer = await fetch(`${base}${path}`, { method: "POST", headers, body: text });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  return {
    child,
    lines,
    status,
    loads,
    post,
    metrics: async () => (await fetch(`${base}/metrics`)).text(),
    reach: (state: string, rules = ["orders"]) =>
      until(`the load is ${state}`, async () =>
        (await loads()).find((load) => load.state === state && load.rules.join() === rules.join()),
      ),
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

test("killed in the middle of a load, the process goes on where it was, and rows equal documents", async () => {
  await using scene = await openScene();
  const { db, target } = scene;
  await scene.write(scene.whole, "max_rows_per_second = 2000");
  const change = (n: number): string =>
    [
      `update orders set state = 'paid ${n}' where id = ${1 + ((n * 7919) % ROWS)}`,
      `delete from orders where id = ${1 + ((n * 31) % ROWS)}`,
      `insert into orders values (${ROWS + n}, 'late', ${n})`,
    ][n % 3]!;
  await using changes = await churn(db, change, 1);
  let reached = 0;
  {
    await using run = await start(scene);
    const load = await until("a part is loaded and saved", async () =>
      (await scene.saved()).find(({ rows }) => rows > 1000),
    );
    reached = load!.rows;
    run.child.send("SIGKILL");
    await run.child.exitCode;
  }
  await using run = await start(scene);
  const goesOn = await until("the load goes on", () =>
    run.lines().find(({ msg }) => msg === "a load goes on"),
  );
  expect(goesOn!["rows"]).toBeGreaterThanOrEqual(reached);
  await run.reach("done");
  await changes[Symbol.asyncDispose]();
  const end = await logEnd(db);
  await until("everything is acknowledged", async () => hasReached(await run.status(), end));
  const table = { database: db.name, table: "orders", index: scene.index("orders") };
  const { differences } = await verifyTables({
    mysql: db.url,
    elasticsearch: target.url,
    tables: [table],
  });
  expect(differences).toEqual([]);
});

test("loads are paused, resumed, cancelled and asked for over HTTP; a bad condition harms nothing", async () => {
  await using scene = await openScene();
  await scene.write(scene.whole, "max_rows_per_second = 4000");
  await using run = await start(scene);
  const table = `${scene.db.name}.orders`;
  await run.reach("running");
  expect(await run.post("/load/pause", { table })).toEqual({ status: 200, body: { paused: 1 } });
  expect((await run.post("/load/pause", { table })).body).toEqual({ paused: 0 });
  const paused = await run.reach("paused");
  expect(paused!.rows).toBeLessThan(ROWS);
  const bad = await run.post("/load", { table, where: "nonsense > 1" });
  expect(bad.status).toBe(409);
  expect((await run.post("/load/resume", { rule: "orders" })).body).toEqual({ resumed: 1 });
  await run.reach("done");
  expect(await scene.target.all(scene.index("orders"))).toHaveLength(ROWS);

  const refused = await run.post("/load", { table, where: "nonsense > 1" });
  expect(refused).toMatchObject({
    status: 400,
    body: { error: { code: "SNAPSHOT_WHERE_INVALID" } },
  });
  expect(JSON.stringify(refused.body)).toContain("Unknown column");
  expect((await run.post("/load", { table: "no.such" })).status).toBe(400);
  expect((await run.loads()).map(({ state }) => state)).toEqual(["done"]);

  // damaged by hand: the load of these rows repairs it
  await scene.target.request("DELETE", `${scene.index("orders")}/_doc/17?refresh=true`);
  const asked = await run.post("/load", { table, where: "id < 100" });
  expect(asked).toMatchObject({ status: 202, body: { loads: [{ where: "id < 100" }] } });
  await until("the condition's rows are loaded", async () =>
    (await run.loads()).some(({ state, where }) => state === "done" && where === "id < 100"),
  );
  expect((await run.post("/load", { table })).status).toBe(202);
  expect((await run.post("/load/cancel")).body).toEqual({ cancelled: 1 });
  await run.reach("cancelled");
  expect((await run.post("/load/cancel")).body).toEqual({ cancelled: 0 });
  expect(await run.metrics()).toMatch(/tailrace_load_state\{.*state="cancelled".*\} 1/);
});

test("a rule that a reload brings is loaded at once, and so is one that means something else", async () => {
  await using scene = await openScene();
  await scene.write(scene.whole);
  await using run = await start(scene);
  await run.reach("done");
  await scene.write(scene.whole + scene.dear);
  const added = await run.post("/reload");
  expect(added.body).toMatchObject({ needsReload: false });
  expect(JSON.stringify(added.body)).toContain("being loaded");
  await run.reach("done", ["dear"]);
  const [{ n } = { n: 0 }] = await scene.db.query<{ n: number }>(
    "select count(*) n from orders where price > 100",
  );
  expect(await scene.target.all(scene.index("dear"))).toHaveLength(n);
  await scene.write(scene.whole.replace("price from", "price * 2 as price from") + scene.dear);
  expect((await run.post("/reload")).body).toMatchObject({ needsReload: false });
  const document = async () =>
    (await scene.target.get(scene.index("orders"), "7"))?._source["price"];
  await until("the rows are loaded again", async () => String(await document()) === "2");
});

import { mkdtempDisposable, readFile, rename, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { Admin } from "@platformatic/kafka";
import { expect, test } from "vitest";
import { spawnTailrace } from "../cli/process.ts";
import { openTestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase, type TestDatabase } from "../support/mysql.ts";
import { testServerUrl } from "../support/servers.ts";
import { until } from "../support/until.ts";

/** A pipeline as a process, whose configuration is changed while it runs. */
async function openScene() {
  await using resources = new AsyncDisposableStack();
  const db: TestDatabase = resources.use(await openTestDatabase());
  const target = resources.use(await openTestTarget());
  const folder = await mkdtempDisposable(join(tmpdir(), "tailrace-reload-"));
  resources.defer(() => folder.remove());
  await db.query(
    "create table t (id int primary key, name varchar(20), price decimal(10,2), era int)",
  );
  const file = join(folder.path, "shop.toml");
  const index = `${target.prefix}t`;
  /** Replaces the file as editors do. */
  const write = async (rule: string, more: { source?: string; sink?: string } = {}) => {
    const text = `name = "${db.name.replaceAll("_", "-")}"
[admin]
listen = "127.0.0.1:0"
[source]
host = "${db.url.hostname}"
port = ${db.url.port}
start = "latest"
${more.source ?? 'user = "root"'}
[sink]
hosts = ["${target.url.origin}"]
${more.sink ?? ""}
[[rules]]
name = "t"
index = "${index}"
${rule}
`;
    await writeFile(`${file}~`, text);
    await rename(`${file}~`, file);
  };
  const table = `table = "${db.name}.t"`;
  const held = resources.move();
  return {
    db,
    target,
    file,
    index,
    table,
    write,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

type Scene = Awaited<ReturnType<typeof openScene>>;

/** Starts the pipeline and gives the ways to look at it and to ask it. */
async function start(scene: Scene, ...flags: readonly string[]) {
  const child = spawnTailrace(["run", scene.file, ...flags]);
  const lines = (): readonly Record<string, unknown>[] =>
    child.stderr
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const opened = await until("open endpoints", () => lines().find((line) => "port" in line));
  const base = `http://127.0.0.1:${String(opened?.["port"])}`;
  const isReady = async (): Promise<boolean> => (await fetch(`${base}/readyz`)).ok;
  const ready = (): Promise<unknown> => until("it is ready", isReady, { timeoutMs: 60_000 });
  const status = async () =>
    (await (await fetch(`${base}/status`)).json()) as {
      readonly reload: { readonly version: number; readonly last_error: unknown };
    };
  return {
    child,
    lines,
    isReady,
    ready,
    status,
    metrics: async () => (await fetch(`${base}/metrics`)).text(),
    reload: async () => {
      const answer = await fetch(`${base}/reload`, { method: "POST" });
      const body = (await answer.json()) as Record<string, unknown>;
      return { status: answer.status, body };
    },
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

/** Changes rows all the while; every row says in which era it was written last. */
function writeRows(db: TestDatabase) {
  const stop = new AbortController();
  let [era, count] = [1, 0];
  const ended = (async () => {
    for (let id = 1; !stop.signal.aborted; id = (id % 400) + 1) {
      const price = `${count % 1_000}.${String(count % 100).padStart(2, "0")}`;
      await db.query(
        `insert into t values (${id}, 'name ${count}', ${price}, ${era}) as new on duplicate key update name = new.name, price = new.price, era = new.era`,
      );
      if (count % 7 === 3) await db.query(`delete from t where id = ${((id * 31) % 400) + 1}`);
      count += 1;
    }
  })();
  return {
    get count() {
      return count;
    },
    /** Rows that are written from now on are of this era. */
    begin: (next: number) => {
      era = next;
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await ended;
    },
  };
}

interface Row {
  readonly id: number;
  readonly name: string;
  readonly price: string;
  readonly era: number;
}

test("rules are switched under load: good, bad, good; nothing is lost and the process stays", async () => {
  await using scene = await openScene();
  const { db, target, index, table, write } = scene;
  const documentOf: Readonly<Record<number, (row: Row) => object | null>> = {
    1: ({ id, name, era }) => ({ id, name, era }),
    2: ({ id, name, price, era }) => ({ id, title: name, price: Number(price), era }),
    3: ({ id, name, price, era }) =>
      id % 4 === 0 ? null : { id, name: name.toUpperCase(), price: Number(price), era },
  };
  // what the last rules leave out keeps the document of the first or the second ones, even when its row goes: that is what needs_reload says
  const isLeftOut = (id: number, found: object | null): boolean =>
    id % 4 === 0 && found !== null && ("title" in found || !("price" in found));
  await write(`${table}\nfields.exclude = ["price"]`);
  await using run = await start(scene);
  await run.ready();
  await using resources = new AsyncDisposableStack();
  const writer = resources.use(writeRows(db));
  const someRows = async (): Promise<void> => {
    const before = writer.count;
    await until("more rows", () => writer.count > before + 150);
  };
  await someRows();

  /** Rows of both eras are made into documents by either rules. Resolves when the rows of before were, for rows are taken in order. */
  const beginBoth = async (era: 12 | 23): Promise<void> => {
    writer.begin(era);
    await until("a row that either rules may take", async () =>
      (await target.all(index)).some(({ _source }) => Number(_source["era"]) === era),
    );
  };
  await beginBoth(12);
  await write(`${table}\nfields.rename = { name = "title" }`);
  await until("the second rules", async () => (await run.status()).reload.version === 2);
  writer.begin(2);
  await someRows();

  for (const bad of [
    `${table}\nfields.rename = { nane = "title" }`,
    `${table}\nfields.rename = { name = "title" `,
    `query = "select id, now() as era from ${db.name}.t"`,
  ]) {
    await write(bad);
    const answer = await run.reload();
    expect(answer).toMatchObject({ status: 422, body: { error: { message: expect.any(String) } } });
    const { reload } = await run.status();
    expect(reload).toMatchObject({ version: 2, last_error: { code: expect.any(String) } });
  }
  await someRows();

  await beginBoth(23);
  await write(
    `query = "select id, upper(name) as name, price, era from ${db.name}.t where id % 4 <> 0"`,
  );
  expect(await run.reload()).toMatchObject({ status: 200, body: { version: 3 } });
  expect((await run.status()).reload).toMatchObject({ needs_reload: true, last_error: null });
  writer.begin(3);
  await someRows();
  await resources.disposeAsync();

  const rows = await db.query<Row>("select id, name, cast(price as char) price, era from t");
  /** Lanes end when they end: which documents are not yet as they have to be. */
  const differences = async (): Promise<readonly object[]> => {
    const documents = new Map((await target.all(index)).map(({ _id, _source }) => [_id, _source]));
    const different: object[] = [];
    for (const row of rows) {
      const found = documents.get(String(row.id)) ?? null;
      documents.delete(String(row.id));
      const expected = Array.from(String(row.era)).map((maker) => documentOf[Number(maker)]!(row));
      const isRight = expected.some((document) => isDeepStrictEqual(document, found));
      if (!isRight && !isLeftOut(row.id, found)) different.push({ row, found, expected });
    }
    const strays = [...documents].filter(([id, found]) => !isLeftOut(Number(id), found));
    return [...different, ...strays];
  };
  await expect.poll(differences, { timeout: 30_000 }).toEqual([]);
  expect(rows.filter(({ era }) => era === 3).length).toBeGreaterThan(100);

  const metrics = await run.metrics();
  expect(metrics).toContain("tailrace_rule_set_version 3");
  expect(metrics).toMatch(/tailrace_reloads_total\{outcome="accepted"\} 2/);
  run.child.send("SIGTERM");
  expect(await run.child.exitCode).toBe(0);
});

test("another sink setting is taken over by opening anew; a source that refuses us brings the old one back", async () => {
  await using scene = await openScene();
  const { db, target, index, table, write } = scene;
  await write(table);
  await using run = await start(scene, "--no-watch");
  await run.ready();
  await db.query("insert into t values (1, 'a', 1, 1)");
  await until("a document", async () => (await target.all(index)).length === 1);

  await write(table, { sink: "lanes = 3" });
  expect(await run.reload()).toMatchObject({ status: 200, body: { version: 2 } });
  await db.query("insert into t values (2, 'b', 1, 1)");
  await until("another", async () => (await target.all(index)).length === 2);

  await write(table, { source: 'user = "nobody"\npassword = "hunter2"' });
  const refused = await run.reload();
  expect(refused).toMatchObject({ status: 422 });
  expect(JSON.stringify(refused.body)).not.toContain("hunter2");
  await db.query("insert into t values (3, 'c', 1, 1)");
  await until("one more", async () => (await target.all(index)).length === 3);
  expect((await run.status()).reload).toMatchObject({ version: 2 });

  await write(table.replace(db.name, "elsewhere"), { sink: "lanes = 4" });
  await write(`${table}\n`, { sink: "lanes = 4" });
  run.child.send("SIGHUP");
  await until("the signal's reload", async () => (await run.status()).reload.version === 3);
  await db.query("insert into t values (4, 'd', 1, 1)");
  await until("the last", async () => (await target.all(index)).length === 4);
  run.child.send("SIGTERM");
  expect(await run.child.exitCode).toBe(0);
  expect(run.child.stderr).not.toContain("hunter2");
});

test("a capture and a sync in one process take a change over together", async () => {
  await using scene = await openScene();
  const { db, target, index, table, write } = scene;
  const broker = testServerUrl("kafka").host;
  const topics = [`${db.name}.t`, `checkpoints-${db.name}`];
  await using resources = new AsyncDisposableStack();
  resources.defer(async () => {
    const admin = new Admin({ clientId: "test", bootstrapBrokers: [broker] });
    await admin.deleteTopics({ topics }).catch(() => undefined);
    await admin.close();
  });
  const sink = `[state]
type = "elasticsearch"
index = "${target.prefix}state"
[kafka]
brokers = ["${broker}"]
checkpoint_topic = "${topics[1]}"
create_topics = { partitions = 2 }
`;
  const has = (id: number, fields: object): Promise<unknown> =>
    until(
      `document ${id}`,
      async () => {
        const found = (await target.all(index)).find(({ _id }) => _id === String(id));
        return isDeepStrictEqual(found?._source, fields);
      },
      { timeoutMs: 60_000 },
    );
  await write(`${table}\nfields.exclude = ["name"]`, { sink });
  await using run = await start(scene);
  // there is no topic yet, so that the sync cannot begin: it takes the change all the same
  await until("it waits for topics", () => run.child.stderr.includes("waiting for topics"));
  await until("the capture reads", () => run.child.stderr.includes("reading the binary log"));
  expect(await run.isReady()).toBe(false);
  await write(table, { sink });
  const asked = run.reload();
  await db.query("insert into t values (1, 'one', 1, 1)");
  expect(await asked).toMatchObject({ status: 200, body: { version: 2 } });
  await run.ready();
  await has(1, { id: 1, name: "one", price: 1, era: 1 });
  await write(`${table}\nfields.exclude = ["price", "era"]`, { sink });
  await until("the change is in force", async () => (await run.status()).reload.version === 3);
  await db.query("insert into t values (2, 'two', 2, 2)");
  await has(2, { id: 2, name: "two" });
  expect(await run.metrics()).toMatch(/tailrace_records_pending\{[^}]*part="sync"\} 0/);
  run.child.send("SIGTERM");
  expect(await run.child.exitCode).toBe(0);
});

test("a pipeline that cannot begin takes the configuration that mends it", async () => {
  await using scene = await openScene();
  const { db, target, index, table, write } = scene;
  await write(table, { source: 'user = "root"\nconnect_timeout = "1s"', sink: "lanes = 2" });
  const text = await readFile(scene.file, "utf8");
  await writeFile(scene.file, text.replace(`port = ${db.url.port}`, "port = 1"));
  await using run = await start(scene, "--no-watch");
  await until("it tries again", () => run.child.stderr.includes("trying again"));
  expect(await run.isReady()).toBe(false);
  await write(table);
  expect(await run.reload()).toMatchObject({ status: 200, body: { version: 2 } });
  await run.ready();
  await db.query("insert into t values (1, 'a', 1, 1)");
  await until("a document", async () => (await target.all(index)).length === 1);
  run.child.send("SIGTERM");
  expect(await run.child.exitCode).toBe(0);
});

test("a script that changed behind the same path is loaded anew when a reload is asked for", async () => {
  await using scene = await openScene();
  const { db, target, index, table, write } = scene;
  const script = join(dirname(scene.file), "rename.ts");
  const writeScript = (name: string): Promise<void> =>
    writeFile(script, `export default (doc: object) => ({ ...doc, name: "${name}" });\n`);
  await writeScript("first");
  await write(`${table}\ntransform = "./rename.ts"`);
  await using run = await start(scene);
  await run.ready();
  const nameOf = async (id: number): Promise<unknown> =>
    (await target.all(index)).find(({ _id }) => _id === String(id))?._source["name"];
  await db.query("insert into t values (1, 'a', 1, 1)");
  await until("the first script's document", async () => (await nameOf(1)) === "first");
  await writeScript("second");
  expect(await run.reload()).toMatchObject({
    status: 200,
    body: { version: 2, changes: [{ rule: "t", why: "transform", needsReload: true }] },
  });
  await db.query("insert into t values (2, 'b', 1, 1)");
  await until("the second script's document", async () => (await nameOf(2)) === "second");
  await writeScript('third" + ');
  expect(await run.reload()).toMatchObject({ status: 422, body: { error: {} } });
  await db.query("insert into t values (3, 'c', 1, 1)");
  await until("still the second's", async () => (await nameOf(3)) === "second");
  run.child.send("SIGTERM");
  expect(await run.child.exitCode).toBe(0);
});

import { mkdir, mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startService } from "../../scripts/services/start-service.ts";
import { openTestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { until } from "../support/until.ts";
import { spawnTailrace } from "./process.ts";
import { tailrace } from "./tailrace.ts";

/** A database with a table, a target, and the text of a configuration from one to the other. */
async function openScene() {
  await using resources = new AsyncDisposableStack();
  const db = resources.use(await openTestDatabase());
  const target = resources.use(await openTestTarget());
  const folder = await mkdtempDisposable(join(tmpdir(), "tailrace-sources-"));
  resources.defer(() => folder.remove());
  await db.query("create table t (id int primary key, name varchar(20))");
  const index = `${target.prefix}t`;
  const config = (more: object = {}) => ({
    name: db.name.replaceAll("_", "-"),
    state: { path: join(folder.path, "state") },
    source: { url: `mysql://root@${db.url.host}`, start: "latest" },
    sink: { hosts: [target.url.origin] },
    rules: [{ table: `${db.name}.t`, index, ...more }],
  });
  const held = resources.move();
  return {
    db,
    target,
    index,
    config,
    folder: folder.path,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

test("commands take a folder, a variable and a config centre alike", async () => {
  await using scene = await openScene();
  await using consul = await startService("consul", { owned: true, dedicated: true });
  const { rules, ...main } = scene.config();
  const folder = join(scene.folder, "config");
  await mkdir(join(folder, "rules"), { recursive: true });
  await writeFile(join(folder, "tailrace.json"), JSON.stringify({ ...main, rules: [] }));
  const other = await tailrace(["config", "show", folder]);
  expect(other.stderr).toContain("must have at least one rule");
  await writeFile(join(folder, "rules", "t.json"), JSON.stringify({ rules }));
  const text = JSON.stringify(scene.config());
  const { host } = new URL(consul.url);
  await fetch(`http://${host}/v1/kv/shop`, { method: "PUT", body: text });
  const shown = await Promise.all([
    tailrace(["config", "show", folder, "--json"]),
    tailrace(["config", "show", "env:SHOP", "--json"], { SHOP: text }),
    tailrace(["config", "show", `consul://${host}/shop`, "--json"]),
  ]);
  for (const { code, stdout, stderr } of shown) {
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toEqual(JSON.parse(shown[0].stdout));
  }
});

test("a run follows its config centre, goes on without it, and begins without it from a copy when told to", async () => {
  await using scene = await openScene();
  const { db, target, index, config } = scene;
  await using etcd = await startService("etcd", { owned: true, dedicated: true });
  const put = async (text: string): Promise<void> => {
    const base64 = (part: string): string => Buffer.from(part).toString("base64");
    const body = JSON.stringify({ key: base64("shop"), value: base64(text) });
    const answer = await fetch(new URL("/v3/kv/put", etcd.url), { method: "POST", body });
    expect(answer.ok).toBe(true);
  };
  const location = `etcd://${new URL(etcd.url).host}/shop`;
  const copy = join(scene.folder, "copy.json");
  const has = (id: number, fields: object) =>
    until(`document ${id}`, async () => {
      const found = (await target.all(index)).find(({ _id }) => _id === String(id));
      return JSON.stringify(found?._source) === JSON.stringify(fields);
    });
  await put(JSON.stringify(config()));
  {
    await using child = spawnTailrace(["run", location, "--config-copy", copy]);
    await until("reading the log", () => child.stderr.includes("reading the binary log"));
    await db.query("insert into t values (1, 'one')");
    await has(1, { id: 1, name: "one" });
    await put(JSON.stringify(config({ fields: { rename: { name: "title" } } })));
    await until("the change is in force", () => child.stderr.includes("is in force"));
    await db.query("insert into t values (2, 'two')");
    await has(2, { id: 2, title: "two" });
    await etcd.stop();
    await until("the outage is told", () => child.stderr.includes("CONFIG_CENTRE_UNAVAILABLE"));
    await db.query("insert into t values (3, 'three')");
    await has(3, { id: 3, title: "three" });
    child.send("SIGTERM");
    expect(await child.exitCode).toBe(0);
  }
  const refused = await tailrace(["run", location, "--config-copy", copy]);
  expect(refused).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^CONFIG_CENTRE_UNAVAILABLE: etcd:/),
  });
  await using child = spawnTailrace(["run", location, "--config-copy", copy, "--allow-copy"]);
  await until("reading the log", () => child.stderr.includes("reading the binary log"));
  expect(child.stderr).toContain("beginning with the local copy of the configuration");
  await db.query("insert into t values (4, 'four')");
  await has(4, { id: 4, title: "four" });
  await etcd.start();
  await put(JSON.stringify(config()));
  await until("the centre's change is in force", () => child.stderr.includes("is in force"));
  await db.query("insert into t values (5, 'five')");
  await has(5, { id: 5, name: "five" });
  child.send("SIGTERM");
  expect(await child.exitCode).toBe(0);
});

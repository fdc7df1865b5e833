import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Admin } from "@platformatic/kafka";
import { parse } from "smol-toml";
import { expect, test } from "vitest";
import { openTestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { testServerUrl } from "../support/servers.ts";
import { until } from "../support/until.ts";
import { spawnTailrace } from "./process.ts";
import { tailrace } from "./tailrace.ts";

/** A database with a table `t`, a target, and a configuration from one to the other with Kafka between, in topics of its own. */
async function openScene(options: { readonly rule?: string } = {}) {
  await using resources = new AsyncDisposableStack();
  const db = resources.use(await openTestDatabase());
  const target = resources.use(await openTestTarget());
  const folder = await mkdtempDisposable(join(tmpdir(), "tailrace-"));
  resources.defer(() => folder.remove());
  await db.query("CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20))");
  const brokers = testServerUrl("kafka").host;
  const topics = [`${db.name}.t`, `checkpoints-${db.name}`];
  resources.defer(async () => {
    const admin = new Admin({ clientId: "test", bootstrapBrokers: [brokers] });
    await admin.deleteTopics({ topics }).catch(() => undefined);
    await admin.close();
  });
  const file = join(folder.path, "shop.toml");
  const index = `${target.prefix}t`;
  await writeFile(
    file,
    `name = "${db.name.replaceAll("_", "-")}"
drain_timeout = "20s"
[source]
url = "mysql://root@${db.url.host}"
start = "latest"
[sink]
hosts = ["${target.url.origin}"]
[state]
type = "elasticsearch"
index = "${target.prefix}state"
[kafka]
brokers = ["${brokers}"]
checkpoint_topic = "${topics[1]}"
create_topics = { partitions = 3 }
[[rules]]
table = "${db.name}.t"
index = "${index}"
${options.rule ?? ""}
`,
  );
  const held = resources.move();
  return { db, target, file, index, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** The lines of JSON that were printed in full. */
function linesOf(text: string): readonly Record<string, unknown>[] {
  const lines = text.split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

test("without a part both halves run in one process, tell of themselves and drain", async () => {
  await using scene = await openScene();
  const { db, target, file, index } = scene;
  await using child = spawnTailrace(["run", file, "--json"]);
  await until("reading the log", () => child.stderr.includes("reading the binary log"));
  await db.query("INSERT INTO t VALUES (1, 'one'), (2, 'two'), (3, 'three')");
  await until("three documents", async () => (await target.all(index)).length === 3, {
    timeoutMs: 60_000,
  });
  const lastOf = (topology: string) =>
    linesOf(child.stdout).findLast((line) => line["topology"] === topology);
  await until("both statuses", () => lastOf("sync")?.["rows"] === 3 && lastOf("capture") !== null);
  expect(lastOf("sync")).toMatchObject({ state: "running", partitions: 3, applied: 3 });
  expect(lastOf("capture")).toMatchObject({ state: "running", rows_in_flight: 0, rejected: 0 });
  child.send("SIGTERM");
  expect(await child.exitCode).toBe(0);
  const drained = linesOf(child.stderr).filter((line) => line["msg"] === "drained");
  expect(
    drained.map((line) => String(line["part"])).toSorted((a, b) => a.localeCompare(b)),
  ).toEqual(["capture", "sync"]);
});

test("each part runs in a process of its own, and goes on where it was", async () => {
  await using scene = await openScene();
  const { db, target, file, index } = scene;
  {
    await using capture = spawnTailrace(["run", file, "--part", "capture", "--json"]);
    await until("reading the log", () => capture.stderr.includes("reading the binary log"));
    await db.query("INSERT INTO t VALUES (1, 'one')");
    await until("a record", () => linesOf(capture.stdout).at(-1)?.["rows"] === 1);
    capture.send("SIGTERM");
    expect(await capture.exitCode).toBe(0);
  }
  await db.query("INSERT INTO t VALUES (2, 'two')");
  await using sync = spawnTailrace(["run", file, "--part", "sync"]);
  await until("the first document", async () => (await target.all(index)).length === 1, {
    timeoutMs: 60_000,
  });
  await using again = spawnTailrace(["run", file, "--part", "capture"]);
  await until("the second document", async () => (await target.all(index)).length === 2, {
    timeoutMs: 60_000,
  });
  for (const child of [again, sync]) {
    child.send("SIGTERM");
    expect(await child.exitCode).toBe(0);
  }
});

test("what comes through Kafka is newer than what a direct pipeline with a past wrote", async () => {
  await using scene = await openScene();
  const { db, target, file, index } = scene;
  // After three failovers: versions begin with epoch 3.
  await target.request("PUT", `/${index}`, { mappings: { _meta: { tailrace: { epoch: 3 } } } });
  const version = 3n * 2n ** 55n + 2n ** 35n + 4n;
  const path = `/${index}/_doc/1?version=${version}&version_type=external_gte`;
  await target.request("PUT", path, { id: 1, name: "direct" });
  await using child = spawnTailrace(["run", file]);
  await until("reading the log", () => child.stderr.includes("reading the binary log"));
  await db.query("INSERT INTO t VALUES (1, 'Kafka')");
  await until(
    "the new document",
    async () => (await target.get(index, "1"))?._source["name"] === "Kafka",
    { timeoutMs: 60_000 },
  );
  child.send("SIGTERM");
  expect(await child.exitCode).toBe(0);
});

test("a fatal error of one half stops the other and is told once", async () => {
  await using scene = await openScene({ rule: "create_index = false" });
  await using child = spawnTailrace(["run", scene.file, "--json"]);
  await until("reading the log", () => child.stderr.includes("reading the binary log"));
  await scene.db.query("INSERT INTO t VALUES (1, 'one')");
  expect(await child.exitCode).toBe(1);
  const errors = linesOf(child.stdout).filter((line) => "error" in line);
  expect(errors).toEqual([{ error: expect.objectContaining({ code: "BULK_INDEX_MISSING" }) }]);
  const drained = linesOf(child.stderr).filter((line) => line["msg"] === "drained");
  expect(drained).toMatchObject([{ part: "capture" }]);
});

test("parts that are not there and starts that do not suit end with 2", async () => {
  await using scene = await openScene();
  const from = await tailrace(["run", scene.file, "--part", "sync", "--from", "binlog.000001:4"]);
  expect(from).toMatchObject({ code: 2, stderr: expect.stringContaining("latest or a time") });
  const other = await tailrace(["run", scene.file, "--part", "both"]);
  expect(other.code).toBe(2);
  expect(other.stderr).toContain("Allowed choices are capture, sync");
});

test("config show prints both halves as they would be alone, or one", async () => {
  await using scene = await openScene();
  const both = await tailrace(["config", "show", scene.file]);
  expect(both.stdout).toMatch(/^# capture\n[^]*\n\n# sync\n/);
  const json = await tailrace(["config", "show", scene.file, "--json"]);
  expect(JSON.parse(json.stdout)).toMatchObject([
    { sink: { type: "kafka" } },
    { source: { type: "kafka" } },
  ]);
  const sync = await tailrace(["config", "show", scene.file, "--part", "sync"]);
  expect(parse(sync.stdout)).toMatchObject({
    source: { type: "kafka", topics: [`${scene.db.name}.t`] },
    sink: { type: "elasticsearch" },
  });
});

import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createRandom } from "../../scripts/support/random.ts";
import { openCluster } from "../../src/kafka/cluster.ts";
import { spawnTailrace, type TailraceProcess } from "../cli/process.ts";
import { tailrace } from "../cli/tailrace.ts";
import { canalRecord } from "../support/canal-record.ts";
import { openTestTopics } from "../support/kafka-topics.ts";
import { SEED } from "../support/seed.ts";
import { testServerUrl } from "../support/servers.ts";
import { until } from "../support/until.ts";
import { type FileScene, openFileScene } from "./file-scene.ts";
import { churn } from "./load-scene.ts";

/** A table with Kafka between it and its documents. `load` are keys of `[load]`. */
async function openKafkaScene(rows: number, { load = "", source = "" } = {}): Promise<FileScene> {
  const prefix = `t-${randomBytes(6).toString("hex")}-`;
  const broker = testServerUrl("kafka").host;
  await using resources = new AsyncDisposableStack();
  resources.defer(async () => {
    await using topics = openTestTopics();
    await using cluster = await openCluster({ brokers: [broker] });
    for (const topic of await cluster.listTopics())
      if (topic.startsWith(prefix)) await topics.remove(topic);
  });
  const scene = resources.use(
    await openFileScene({
      rows,
      source,
      more: `[dead_letters]
type = "file"
path = "letters"
[kafka]
brokers = ["${broker}"]
topic = "${prefix}{table}"
checkpoint_topic = "${prefix}checkpoints"
create_topics = { partitions = 3, replication = 1 }
[load]
chunk_size = "16KiB"
connections = 2
${load}`,
    }),
  );
  const held = resources.move();
  return { ...scene, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

const RANDOM_CHANGES = (seed: string, rows: number) => {
  const random = createRandom(SEED, seed);
  return (n: number): string => {
    const id = random.integer(1, rows);
    return [
      `delete from items where id between ${id} and ${id + 2}`,
      `update items set note = 'changed ${n}' where id = ${id}`,
      `insert into items values (${id}, 1, 'again') on duplicate key update note = 'again'`,
      `update items set id = ${20_000 + n} where id = ${id}`,
    ][n % 4]!;
  };
};

/** Resolves when what was changed until now is in the documents. */
async function caughtUp({ db, target, index }: FileScene): Promise<void> {
  await db.query(
    "replace into items values (-1, 0, uuid()), (-2, 0, uuid()), (-3, 0, uuid()), (-4, 0, uuid())",
  );
  const marks = await db.query<{ id: number; note: string }>(
    "select id, note from items where id < 0",
  );
  for (const { id, note } of marks)
    await until("the stream has caught up", async () => {
      const document = await target.get(index, String(id));
      return document?._source["note"] === note;
    });
}

/** A document for every row, and no other; partitions go each at its own pace. */
async function untilEqual(scene: FileScene): Promise<void> {
  await caughtUp(scene);
  await until(
    "rows and documents are equal",
    async () => (await scene.verify()).differences.length === 0,
    { intervalMs: 200 },
  );
}

async function stop(...children: TailraceProcess[]): Promise<void> {
  for (const child of children) child.send("SIGTERM");
  for (const child of children) expect(await child.exitCode, child.stderr).toBe(0);
}

test("rows that were there are loaded when the capture has begun, though nothing changes, by one instance; another takes over when that is killed", async () => {
  const rows = 4_000;
  await using scene = await openKafkaScene(rows, { load: "max_rows_per_second = 400" });
  const { db, file, target, index } = scene;
  await using first = spawnTailrace(["run", file]);
  await until("some rows are loaded", async () => (await target.get(index, "1")) !== null);
  await using second = spawnTailrace(["run", file, "--part", "sync"]);
  await until("the second one reads", () => second.stderr.includes("waiting for topics"));
  {
    await using changes = await churn(db, RANDOM_CHANGES("loads of a sync", rows), 1);
    await until("there were changes", () => changes.count > 20);
  }
  expect(second.stderr).not.toContain("a load");
  first.send("SIGKILL");
  await first.exitCode;
  await until("the second one goes on", () => second.stderr.includes("a load goes on"));
  await using third = spawnTailrace(["run", file, "--part", "capture"]);
  await until("the load is done", () => second.stderr.includes("a load is done"));
  await untilEqual(scene);
  await stop(second, third);
  // what is loaded is not loaded again
  await using again = spawnTailrace(["run", file]);
  await until("it reads", () => again.stderr.includes("partitions assigned"));
  await untilEqual(scene);
  await stop(again);
  expect(again.stderr).not.toMatch(/a load (?:begins|goes on)/);
});

test("a table is loaded by command while a sync writes changes of it", async () => {
  const rows = 6_000;
  await using scene = await openKafkaScene(rows, { source: 'start = "latest"' });
  const { db, file } = scene;
  await using run = spawnTailrace(["run", file]);
  await until("reading the log", () => run.stderr.includes("reading the binary log"));
  await using changes = await churn(db, RANDOM_CHANGES("load beside a sync", rows), 1);
  await until("it reads", () => run.stderr.includes("partitions assigned"));
  const { code, stdout, stderr } = await tailrace(["load", file, "--json"]);
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout.trimEnd().split("\n").at(-1)!)).toMatchObject({ finished: true });
  await changes[Symbol.asyncDispose]();
  await untilEqual(scene);
  await stop(run);
});

test("load --then run goes on where the load began, past what was published before", async () => {
  await using scene = await openKafkaScene(500, { source: 'start = "latest"' });
  const { db, file } = scene;
  const refused = await tailrace(["load", file, "--then", "run"]);
  expect(refused.stderr).toContain("nothing publishes the changes");
  await using capture = spawnTailrace(["run", file, "--part", "capture"]);
  await until("reading the log", () => capture.stderr.includes("reading the binary log"));
  await db.query("update items set note = 'published before' where id <= 50");
  await stop(capture);
  await using run = spawnTailrace(["load", file, "--then", "run"]);
  await until("it reads", () => run.stderr.includes("partitions assigned"));
  await db.query("update items set note = 'later' where id = 5; delete from items where id = 6");
  await untilEqual(scene);
  await stop(run);
});

test("rows are not loaded beside records whose versions are offsets, nor without a server to read", async () => {
  await using scene = await openFileScene({ rows: 10 });
  const { db, target, folder, index } = scene;
  await using topics = openTestTopics();
  const topic = `${topics.prefix}items`;
  await topics.create(topic, 1);
  await topics.produce(topic, [canalRecord("INSERT", [{ id: 1, v: "" }])]);
  const file = join(folder, "sync.toml");
  const write = (source: string, load = ""): Promise<void> =>
    writeFile(
      file,
      `name = "${topics.prefix}sync"
[source]
type = "kafka"
brokers = ["${topics.broker}"]
topics = ["${topic}"]
start = "earliest"
${source}
[sink]
hosts = ["${target.url.origin}"]
[state]
type = "elasticsearch"
index = "${target.prefix}state"
[dead_letters]
type = "file"
path = "letters"
${load}
[[rules]]
table = "${db.name}.items"
index = "${index}"
`,
    );
  await write("", '[load]\nmode = "initial"');
  const invalid = await tailrace(["check", file]);
  expect(invalid.code).toBe(2);
  expect(invalid.stderr).toMatch(/CONFIG_INVALID[^]*load\.mode.*source\.mysql/);
  await write(`mysql = "mysql://root@${db.url.host}"`);
  // before the sync has ever run its generation will be greater than the load's
  expect((await tailrace(["load", file])).code).toBe(0);
  {
    await using run = spawnTailrace(["run", file]);
    await until("it reads", () => run.stderr.includes("partitions assigned"));
    await stop(run);
  }
  const { code, stderr } = await tailrace(["load", file]);
  expect(code).toBe(1);
  expect(stderr).toContain("SNAPSHOT_INCOMPARABLE");
});

import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Finding } from "../../src/core/finding.ts";
import type { SeekStep } from "../../src/pipeline/sync/seek.ts";
import { canalRecord } from "../support/canal-record.ts";
import { openSyncScene, type SyncScene } from "../support/sync-scene.ts";
import { until } from "../support/until.ts";
import { spawnTailrace } from "./process.ts";
import { tailrace } from "./tailrace.ts";

/** The scene's sync as a file. */
async function openConfig({ topics, topic, target, index, sync }: SyncScene, start = "") {
  const folder = await mkdtempDisposable(join(tmpdir(), "tailrace-"));
  const file = join(folder.path, "sync.toml");
  await writeFile(
    file,
    `name = "${sync.config.name}"
[source]
type = "kafka"
brokers = ["${topics.broker}"]
topics = ["${topic}"]
${start}
[sink]
hosts = ["${target.url.origin}"]
[state]
type = "elasticsearch"
index = "${target.prefix}state"
[[rules]]
table = "shop.orders"
index = "${index}"
`,
  );
  return { file, path: folder.path, [Symbol.asyncDispose]: () => folder.remove() };
}

const NOON = Date.UTC(2026, 0, 1, 12);

async function produceNoon({ topics, topic }: SyncScene): Promise<void> {
  const records = [0, 1, 2].map((hour) => ({
    ...canalRecord("INSERT", [{ id: hour, v: "" }]),
    timestampMs: NOON + hour * 3_600_000,
  }));
  for (const record of records) await topics.produce(topic, [record]);
}

test("seek sets the group's offsets for all partitions and shows them before and after; a dry run changes nothing", async () => {
  await using scene = await openSyncScene(2);
  const { topics, topic, sync } = scene;
  await produceNoon(scene);
  await using config = await openConfig(scene);
  const seek = async (...args: string[]): Promise<readonly SeekStep[]> => {
    const { code, stdout, stderr } = await tailrace(["seek", config.file, "--json", ...args]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return JSON.parse(stdout) as readonly SeekStep[];
  };
  expect(await seek("--to", "2026-01-01T14:00:00+01:00", "--dry-run")).toEqual([
    { topic, partition: 0, before: null, after: 1, first: 0, end: 3 },
    { topic, partition: 1, before: null, after: 0, first: 0, end: 0 },
  ]);
  expect(await topics.committed(sync.group, topic)).toEqual([-1, -1]);
  await seek("--to", "2026-01-01T13:00:00Z");
  expect(await topics.committed(sync.group, topic)).toEqual([1, 0]);
  expect(await seek("--to", "latest")).toMatchObject([{ before: 1, after: 3 }, { after: 0 }]);
  const offsets = join(config.path, "offsets.json");
  await writeFile(offsets, JSON.stringify({ [topic]: { "0": 2, "1": 0 } }));
  await seek("--to", offsets);
  expect(await topics.committed(sync.group, topic)).toEqual([2, 0]);
  const table = await tailrace(["seek", config.file, "--to", "earliest"]);
  expect(table.stdout).toMatch(
    new RegExp(`^topic +partition +before +after +change\n${topic} +0 +2 +0 +-2\n`),
  );
});

test("seek refuses offsets that leave a partition out or are not there, and groups that are active", async () => {
  await using scene = await openSyncScene(2);
  const { topic, sync } = scene;
  await produceNoon(scene);
  await using config = await openConfig(scene);
  const offsets = join(config.path, "offsets.json");
  const refusal = async (content: object): Promise<string> => {
    await writeFile(offsets, JSON.stringify({ [topic]: content }));
    const { code, stderr } = await tailrace(["seek", config.file, "--to", offsets]);
    return `${code}: ${stderr}`;
  };
  expect(await refusal({ "0": 1 })).toContain(
    `2: CONFIG_INVALID: no offset is named for ${topic}/1`,
  );
  expect(await refusal({ "0": 4, "1": 0 })).toContain(`the offset 4 is named for ${topic}/0`);
  expect(await refusal({ "0": 1, "1": 0, "2": 0 })).toContain(`named for ${topic}/2`);
  await using run = await sync.start();
  await run.committed(topic, [3, 0]);
  expect(await refusal({ "0": 1, "1": 0 })).toContain("1: KAFKA_GROUP_ACTIVE");
});

test("a run from a time goes on there in every partition, and says how many records it passes over", async () => {
  await using scene = await openSyncScene(2);
  const { topics, topic, sync, target, index } = scene;
  await produceNoon(scene);
  await using config = await openConfig(scene);
  const args = ["run", config.file, "--from-time", "2026-01-01T14:00:00Z", "--margin"];
  {
    await using run = spawnTailrace([...args, "1s"]);
    await until("the rest is read", () =>
      topics.committed(sync.group, topic).then((at) => at[0] === 3),
    );
    run.send("SIGTERM");
    expect(await run.exitCode).toBe(0);
    expect(run.stderr).toMatch(/"skipped":2,"repeated":0,"ahead":1,.*goes on at another place/);
  }
  const documents = async (): Promise<string[]> =>
    (await target.all(index)).map(({ _id }) => _id).toSorted();
  expect(await documents()).toEqual(["2"]);
  {
    await using run = spawnTailrace([...args, "90m"]);
    await until("more is there", async () => (await documents()).length === 2);
    // offsets of a group that is active are not touched
    await using second = spawnTailrace([...args, "1s"]);
    expect(await second.exitCode).toBe(1);
    expect(second.stderr).toContain("KAFKA_GROUP_ACTIVE");
    expect(run.stderr).toContain('"repeated":2');
    run.send("SIGTERM");
    expect(await run.exitCode).toBe(0);
  }
  expect(await documents()).toEqual(["1", "2"]);
});

test("check tells of a sync's brokers, topics, group, start and records", async () => {
  await using scene = await openSyncScene(2);
  const { topics, topic, sync } = scene;
  await produceNoon(scene);
  const check = async (start: string) => {
    await using config = await openConfig(scene, start);
    const { code, stdout, stderr } = await tailrace(["check", config.file, "--json"]);
    expect(stderr).toBe("");
    const findings = JSON.parse(stdout) as readonly Finding[];
    const of = (name: string) => findings.find((finding) => finding.check === name);
    return { code, of };
  };
  const missing = await check("");
  expect(missing.code).toBe(2);
  expect(missing.of("start")).toMatchObject({ severity: "error" });
  const first = await check('start = "earliest"');
  expect(first.code).toBe(0);
  expect(first.of(`topic ${topic}`)).toMatchObject({ severity: "ok", message: "2 partitions" });
  expect(first.of(`group ${sync.group}`)).toMatchObject({ severity: "ok" });
  expect(first.of("start")?.message).toBe("first start, from earliest");
  expect(first.of(`records of ${topic}`)?.message).toBe("hold rows of shop.orders");
  await topics.produce(topic, [{ value: "no JSON", partition: 1 }]);
  {
    await using run = await sync.start();
    await run.committed(topic, [3, 1]);
  }
  const later = await check("");
  expect(later.of("start")?.message).toContain("in 2 of 2 partitions");
  await topics.cutOff(topic, { 0: 3 });
  const poisoned = await check("");
  expect(poisoned.of(`records of ${topic}`)).toMatchObject({ severity: "warning" });
});
